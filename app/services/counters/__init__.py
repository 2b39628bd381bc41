"""Tallies, the sums that triggers keep, and their verification."""
