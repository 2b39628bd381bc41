"""The pages behind the links in mails: confirm an address, or set a password, without the browser client.

Plain forms without a script, so that they work in a text browser. Opening a link changes nothing, because mail scanners
open links, too: the form sends the token, and does what the endpoint of the API does, under the same rate limit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import marshmallow as ma
from flask import Blueprint, Flask, Response, abort, make_response, render_template, request
from werkzeug.exceptions import RequestEntityTooLarge

from app.db.session import transaction
from app.errors.base import Refusal
from app.errors.requests import TooLarge
from app.schemas.auth import MailTokenSchema, PasswordResetSchema
from app.schemas.base import Schema
from app.services.auth import email_changes, email_verification, password_reset
from app.web import problems, rate_limits

pages = Blueprint("mail-pages", __name__)

PREFIX = "/mail"
MOST_BYTES = 4 * 1024


@dataclass(frozen=True)
class MailPage:
    title: str
    about: str
    button: str
    done: str
    afterwards: str
    schema: type[Schema]
    act: Callable[..., None]

    @property
    def asks_password(self) -> bool:
        return self.schema is PasswordResetSchema


PAGES: Mapping[str, MailPage] = {
    "verify-email": MailPage(
        title="Confirm your email address",
        about="A Rollcall account was created with this address.",
        button="Confirm the address",
        done="Email address confirmed.",
        afterwards="You can log in now.",
        schema=MailTokenSchema,
        act=email_verification.verify,
    ),
    "confirm-email": MailPage(
        title="Confirm your new email address",
        about="Your account gets this address once you confirm it.",
        button="Confirm the address",
        done="Email address changed.",
        afterwards="Log in with the new address from now on.",
        schema=MailTokenSchema,
        act=email_changes.confirm,
    ),
    "reset-password": MailPage(
        title="Choose a new password",
        about="It replaces the one that you have forgotten.",
        button="Set the password",
        done="Password set.",
        afterwards="All your sessions have ended: log in with the new password.",
        schema=PasswordResetSchema,
        act=password_reset.reset,
    ),
    "set-password": MailPage(
        title="Choose your password",
        about="An account was created for you. With a password you can log in.",
        button="Set the password",
        done="Password set.",
        afterwards="You can log in now.",
        schema=PasswordResetSchema,
        act=password_reset.reset,
    ),
}
"""By the last part of the address, which the links of mails name."""


def init_app(app: Flask) -> None:
    app.register_blueprint(pages)


@pages.get(f"{PREFIX}/<name>")
def show_form(name: str) -> Response:
    """The form, with the token of the link in it."""
    return _rendered(_page(name), token=request.args.get("token", ""))


@pages.post(f"{PREFIX}/<name>")
def send_form(name: str) -> Response:
    """Do what the mail is about, or show why not."""
    page = _page(name)
    request.max_content_length = MOST_BYTES
    try:
        given = request.form.to_dict()
    except RequestEntityTooLarge:
        return _refused(page, "", TooLarge.beyond(MOST_BYTES))
    token = given.get("token", "")
    try:
        rate_limits.consume(rate_limits.MAIL, None, is_catalogue=False)
        values = page.schema().load(given)
        with transaction():
            page.act(**values)
    except ma.ValidationError as error:
        return _refused(page, token, problems.invalid(problems.flatten(error.messages)))
    except Refusal as refusal:
        return _refused(page, token, refusal)
    return _rendered(page, is_done=True)


def _body_limit_for(method: str, _authorization: str) -> int:
    return MOST_BYTES if method == "POST" else 0


send_form.body_limit_for = _body_limit_for  # type: ignore[attr-defined]


def _page(name: str) -> MailPage:
    if name not in PAGES:
        abort(404)
    return PAGES[name]


def _refused(page: MailPage, token: str, refusal: Refusal) -> Response:
    response = _rendered(page, token=token, refusal=refusal)
    response.status_code = refusal.status
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _rendered(
    page: MailPage, *, token: str = "", refusal: Refusal | None = None, is_done: bool = False
) -> Response:
    shown = render_template("mail_page.html", page=page, token=token, refusal=refusal, is_done=is_done)
    response = make_response(shown)
    response.headers["Cache-Control"] = "no-store"
    return response
