"""The `flask` commands, a module per group: parse, open a transaction, call a service, echo."""

from click import Command
from flask import Flask

GROUPS: list[Command] = []


def init_app(app: Flask) -> None:
    for group in GROUPS:
        app.cli.add_command(group)
