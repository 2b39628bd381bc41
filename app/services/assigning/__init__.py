"""Bulk assignment: runs, their ledger, and the set-based writes that follow from it."""
