"""The OpenAPI document: its parts, each operation, and the examples."""
