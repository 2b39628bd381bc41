"""The `flask` commands, a module per group: parse, open a transaction, call a service, echo."""

from click import Command, Group
from flask import Flask
from flask.cli import with_appcontext

from app.cli import collections, courses, demo, doctor, stats, users, work
from app.db.session import connect_directly

GROUPS: list[Command] = [
    collections.group,
    courses.group,
    demo.group,
    doctor.doctor,
    stats.group,
    users.group,
    work.worker,
    work.sweep,
]


def init_app(app: Flask) -> None:
    for group in GROUPS:
        if isinstance(group, Group):
            # click calls it before each of the group's commands.
            group.callback = with_appcontext(connect_directly)
        app.cli.add_command(group)
