"""`flask demo`: demo data, users and records for trying things out."""

from __future__ import annotations

import time
from collections.abc import Mapping

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from app.db.session import transaction
from app.errors.base import Refusal
from app.settings import settings
from demo import examples, load, people, scenery, totals
from demo.turns import DemoWasResetError, Load

group = AppGroup("demo", help="Demo data, for development.")


@group.command("load")
@click.option("--size", type=click.Choice(["small", "full"]), default="small", show_default=True)
def load_demo(size: str) -> None:
    """Load the demo users and the records of a real platform; what is there already is left alone."""
    if settings().app_env == "production":
        raise click.ClickException("Demo logins have known passwords: not in production.")
    try:
        found = _load(size)
    except (load.DemoHasChangedError, Refusal) as error:
        raise click.ClickException(
            f"What was loaded has been changed since, and the rest does not fit: {error}"
            " DEMO_DATA=0 leaves it at that."
        ) from error
    except DemoWasResetError as error:
        raise click.ClickException(
            "The database was reset while the demo was being loaded; the rest was not loaded."
        ) from error
    except OperationalError as error:
        if not error.connection_invalidated:
            raise
        raise click.ClickException(
            "The database ended the connection, as a reset to a scenario does; the rest was not loaded."
        ) from error
    comparisons = totals.compare(size, found)
    for each in comparisons:
        click.echo(
            f"{'ok' if each.holds else 'DIFFERS':>8}  {each.name}: {each.found:,} of {each.expected:,}"
        )
    if not all(each.holds for each in comparisons):
        raise click.ClickException("The import does not add up to its records.")


def _load(size: str) -> list[Mapping[str, int]]:
    """Load what is missing; return the counts of each course that was loaded."""
    started, found = time.monotonic(), []
    scenery.invite_people()
    run = Load()
    for number, course in enumerate(load.load_records(size, run), start=1):
        state = "already loaded" if course.found is None else f"{time.monotonic() - started:.0f} s"
        click.echo(f"{number:>2} {course.code}: {course.people:,} people ({state})")
        found += [] if course.found is None else [course.found]
    scenery.seed(run)
    examples.create(run)
    return found


@group.command("logins")
def show_logins() -> None:
    """Print who can log in to the demo with its password, the password, and how many courses are loaded."""
    with transaction():
        for person in scenery.logins():
            click.echo(f"  {person.email:<26} {person.role.value}")
        there, all_of_them = load.count_courses()
    click.echo(f"  password: {people.PASSWORD}")
    click.echo(f"  courses:  {there} of {all_of_them}")
