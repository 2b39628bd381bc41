"""Full text search of people and courses, and the rebuild of what is indexed."""
