"""Login, sessions, passwords, and what is confirmed by mail."""
