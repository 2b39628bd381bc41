"""`flask courses …`."""

from uuid import UUID

import click
from flask.cli import AppGroup

from app.db.session import long_transaction
from app.services.search import courses_search

group = AppGroup("courses", help="The catalogue.")


@group.command("reindex")
def reindex() -> None:
    """Rebuild the courses' text search vectors at once; the sweep does it too after SEARCH_LANGUAGE has changed."""
    count, last = 0, UUID(int=0)
    while True:
        # A commit per batch: an edit of a course never waits for the whole catalogue.
        with long_transaction():
            done = courses_search.index_next(last)
        if not done:
            break
        count, last = count + len(done), done[-1]
    click.echo(f"{count} courses can be searched.")
