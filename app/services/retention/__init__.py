"""Data retention: expired rows, and their removal."""
