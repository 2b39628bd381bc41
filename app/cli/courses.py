"""`flask courses …`."""

import click
from flask.cli import AppGroup

from app.db import transaction
from app.services import courses_search

group = AppGroup("courses", help="The catalogue.")


@group.command("reindex")
def reindex() -> None:
    """Rebuild what search reads, after SEARCH_LANGUAGE has changed."""
    with transaction():
        count = courses_search.index_for_search()
    click.echo(f"{count} courses can be searched.")
