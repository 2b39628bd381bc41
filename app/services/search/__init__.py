"""Full text search of users and courses, and the rebuild of its index."""
