"""`make import-check`: test the OpenAPI document with importers, linters and client generators."""
