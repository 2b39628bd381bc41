"""Adapters to what is outside the process: Redis, mail, files, images, CSV and cryptography, each behind one module."""
