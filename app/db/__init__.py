"""PostgreSQL: session and transaction, pagination of lists, column types and full text search."""
