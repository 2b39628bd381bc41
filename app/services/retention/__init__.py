"""Rows that expire, and their removal."""
