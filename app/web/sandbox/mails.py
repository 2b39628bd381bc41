"""`/sandbox/mails`: the mails that were sent, as JSON."""

from __future__ import annotations

import time
from dataclasses import asdict

from flask import Blueprint, Response, jsonify, request

from app.adapters import mail_folder
from app.adapters.mail_folder import WrittenMail
from app.web import problems
from app.web.request_body import check_query

pages = Blueprint("sandbox-mails", __name__)

MOST = 50
LONGEST_WAIT = 10
_PAUSE = 0.1


@pages.get("/sandbox/mails")
def list_mails() -> Response:
    """The newest mails, of one address with `to`; with `wait_seconds` it waits until there is one."""
    check_query({"to", "wait_seconds"})
    found = _await(request.args.get("to", ""), _seconds(request.args.get("wait_seconds", "")))
    return jsonify(success=True, message="OK.", data=[asdict(mail) for mail in found])


def _seconds(value: str) -> int:
    if not value:
        return 0
    if not value.isascii() or not value.isdecimal() or int(value) > LONGEST_WAIT:
        raise problems.invalid({"wait_seconds": [f"Send a whole number from 0 to {LONGEST_WAIT}."]})
    return int(value)


def _await(to: str, seconds: int) -> list[WrittenMail]:
    deadline = time.monotonic() + seconds
    while not (found := mail_folder.newest(MOST, to)) and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    return found
