"""Reports of many rows in one request."""
