"""Enrollments, progress, completion, certificates and reviews."""
