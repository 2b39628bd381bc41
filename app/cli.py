"""The `flask` commands: parse, open a transaction, call a service, echo."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the command groups."""
