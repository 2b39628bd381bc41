"""Everything outside the process: Redis, mail, files, images, sheets and cryptography, each behind one module."""
