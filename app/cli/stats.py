"""`flask stats …`."""

import click
from flask.cli import AppGroup

from app.db.session import long_transaction
from app.services.counters import verification

group = AppGroup("stats", help="Stored counters.")


@group.command("verify")
def verify() -> None:
    """Recompute every stored counter; fail where one differs from its rows."""
    with long_transaction():
        found = verification.verify()
    for each in found.differences:
        click.echo(f"{each.counter} of {each.id}: stored {each.stored}, actual {each.actual}")
    if found.difference_count:
        raise click.ClickException(f"{found.difference_count} counters differ from their rows.")
    click.echo(f"{len(found.counters)} kinds of counters agree with their rows.")
