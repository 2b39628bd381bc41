"""Categories and courses, and the review workflow of courses."""
