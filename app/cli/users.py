"""`flask users`: account commands for operators."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from marshmallow import ValidationError

from app.db.session import transaction
from app.errors.base import Refusal
from app.schemas import fields
from app.services.people import users

group = AppGroup("users", help="Accounts.")


class EmailParameter(click.ParamType):
    name = "email"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            address: str = fields.Email().deserialize(value)
        except ValidationError as error:
            self.fail(" ".join(error.messages), param, ctx)
        return address


@group.command("create-admin")
@click.option(
    "--email", type=EmailParameter(), envvar="ADMIN_EMAIL", prompt="Email address", help="Or ADMIN_EMAIL."
)
@click.option(
    "--password",
    envvar="ADMIN_PASSWORD",
    prompt="Password",
    hide_input=True,
    confirmation_prompt=True,
    help="Or ADMIN_PASSWORD. An account with a confirmed address keeps its own.",
)
def create_admin(email: str, password: str) -> None:
    """Make sure that there is an admin with this address."""
    try:
        with transaction():
            found = users.ensure_admin(email=email, password=password)
    except Refusal as refusal:
        raise click.ClickException(_explained(refusal)) from refusal
    click.echo(f"{found.user.email} is an admin, with the username {found.user.username}.")
    if found.keeps_password:
        click.echo("The account was there before and keeps its own password. Make sure that it is yours.")


def _explained(refusal: Refusal) -> str:
    details = [f"{field}: {' '.join(sentences)}" for field, sentences in refusal.details.items()]
    return "\n".join([refusal.message, *details])
