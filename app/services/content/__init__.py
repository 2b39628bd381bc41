"""What a course is made of: sections and lessons, in order."""
