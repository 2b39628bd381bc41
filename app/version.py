"""The version of Rollcall, as the OpenAPI document, the metrics and the project's metadata show it."""

VERSION = "1.0.0"
