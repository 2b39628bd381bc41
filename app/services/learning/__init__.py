"""Learning: enrollments, progress, completion, certificates and reviews."""
