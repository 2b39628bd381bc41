"""`flask demo`: a platform with people and records in it, to try things on."""

from __future__ import annotations

import time

import click
from flask.cli import AppGroup

from app.db import transaction
from app.settings import settings
from demo import load, people, scenery, totals

group = AppGroup("demo", help="Demo data, for development.")


@group.command("load")
@click.option("--size", type=click.Choice(["small", "full"]), default="small", show_default=True)
def load_demo(size: str) -> None:
    """Load the demo people and the records of a real platform; what is there already is left alone."""
    if settings().app_env == "production":
        raise click.ClickException("Demo logins have known passwords: not in production.")
    started = time.monotonic()
    scenery.invite_people()
    for number, course in enumerate(load.load_records(size), start=1):
        state = "was there" if course.was_there else f"{time.monotonic() - started:.0f} s"
        click.echo(f"{number:>2} {course.code}: {course.people:,} people ({state})")
    scenery.furnish()
    with transaction():
        comparisons = totals.compare(size, load.codes_of(size))
    for each in comparisons:
        click.echo(
            f"{'ok' if each.holds else 'DIFFERS':>8}  {each.name}: {each.found:,} of {each.expected:,}"
        )
    if not all(each.holds for each in comparisons):
        raise click.ClickException("The import does not add up to its records.")


@group.command("logins")
def show_logins() -> None:
    """Print who can log in to the demo, and the password."""
    for person in people.PEOPLE:
        click.echo(f"  {person.email:<26} {person.role.value}")
    click.echo(f"  password: {people.PASSWORD}")
