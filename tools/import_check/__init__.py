"""`make import-check`: what importers, linters and generators of clients make of the OpenAPI document."""
