"""Categories and courses, and their way through review."""
