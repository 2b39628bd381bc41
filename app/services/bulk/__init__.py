"""Bulk calls by id: rows, their outcomes, and the report."""
