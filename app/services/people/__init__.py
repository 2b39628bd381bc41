"""Users: accounts, roles, imports and instructor requests."""
