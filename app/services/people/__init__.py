"""Users, their roles, imports and requests."""
