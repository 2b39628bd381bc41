"""Authentication: login, sessions, passwords, and confirmation by mail."""
