"""The `flask` commands, a module per group: parse, open a transaction, call a service, echo."""

from click import Command
from flask import Flask

from app.cli import collections, courses, demo, stats, users, work

GROUPS: list[Command] = [
    collections.group,
    courses.group,
    demo.group,
    stats.group,
    users.group,
    work.worker,
    work.sweep,
]


def init_app(app: Flask) -> None:
    for group in GROUPS:
        app.cli.add_command(group)
