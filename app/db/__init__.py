"""PostgreSQL: the session and its one commit, lists in pages, column types and full text search."""
