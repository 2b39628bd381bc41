"""`/sandbox`: the page with everything, and the requests behind its buttons.

Values are taken from the query or from a form. A form is answered with the page again, other clients with JSON.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.adapters import mail_folder
from app.errors.base import Forbidden, NotFound
from app.errors.requests import UnsupportedMediaType
from app.values import characters
from app.web import cors, problems
from app.web.request_body import check_query
from app.web.sandbox import faults
from app.web.sandbox.faults import Fault
from app.web.sandbox.mails import MOST
from demo import clock, scenarios

pages = Blueprint("sandbox", __name__)

MOST_DAYS = 3650
MOST_BYTES = 4 * 1024
_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
_VALUES = {
    "show_sandbox": (),
    "advance_clock": ("days",),
    "confirm_scenario": ("name",),
    "reset_scenario": ("name",),
    "list_faults": (),
    "add_fault": ("call", "kind", "seconds"),
    "remove_faults": ("call",),
}
"""The values that each view takes."""


@pages.before_request
def refuse_other_sites() -> None:
    """A page of another site could send these forms through the browser of a developer."""
    origin = request.headers.get("Origin")
    if request.method != "POST" or origin is None or cors.is_allowed(origin):
        return
    if urlsplit(origin).netloc != request.host:
        raise Forbidden("Only pages of this address can do this.")


@pages.before_request
def refuse_unknown_values() -> None:
    """Ignoring them would hide an error: a fault of another kind, a scenario that was not meant."""
    known = set(_VALUES[(request.endpoint or "").rpartition(".")[2]])
    check_query(known)
    if request.method == "POST" and request.mimetype not in _FORMS and request.get_data():
        raise UnsupportedMediaType("Send the values in the query, or as a form.")
    if unknown := {characters.printable(name) for name in request.form} - known:
        raise problems.invalid({name: ["Unknown field."] for name in unknown})


@pages.get("/sandbox")
def show_sandbox() -> str:
    """The page for testers."""
    return render_template(
        "sandbox.html",
        mails=mail_folder.newest(MOST),
        scenarios=scenarios.SCENARIOS,
        faults=faults.listed(),
        calls=faults.calls(),
        kinds=faults.KINDS,
    )


@pages.post("/sandbox/clock")
def advance_clock() -> AnyResponse:
    """Let days pass: what comes due comes due."""
    days = _whole("days", 1, MOST_DAYS)
    clock.advance(days)
    return _answer("Clock advanced.", {"days": days})


@pages.get("/sandbox/scenario")
def confirm_scenario() -> str:
    """What loading a scenario deletes, and the button that does it."""
    name = _one_of("name", tuple(scenarios.SCENARIOS))
    return render_template("sandbox_scenario.html", name=name, scenario=scenarios.SCENARIOS[name])


@pages.post("/sandbox/scenario")
def reset_scenario() -> AnyResponse:
    """Delete everything and load a scenario."""
    name = _one_of("name", tuple(scenarios.SCENARIOS))
    scenarios.reset(name)
    return _answer("Scenario loaded.", {"name": name})


@pages.get("/sandbox/faults")
def list_faults() -> Response:
    return jsonify(success=True, message="OK.", data=[asdict(fault) for fault in faults.listed()])


@pages.post("/sandbox/faults")
def add_fault() -> AnyResponse:
    """Make a call slow, unavailable, or drop its connection; for an hour."""
    kind = _one_of("kind", faults.KINDS)
    fault = Fault(request.values.get("call", ""), kind, _whole("seconds", 0, faults.LONGEST_SECONDS, 3))
    faults.add(fault)
    return _answer("Fault added.", asdict(fault))


@pages.post("/sandbox/faults/remove")
def remove_faults() -> AnyResponse:
    """Remove the fault of one call, or all of them."""
    call = request.values.get("call", "")
    if not faults.remove(call) and call:
        raise NotFound("This call has no fault.")
    return _answer("Faults removed.", {"call": call})


def _answer(message: str, content: dict[str, Any]) -> AnyResponse:
    if request.mimetype == "application/x-www-form-urlencoded":
        return redirect(url_for("sandbox.show_sandbox"), 303)
    return jsonify(success=True, message=message, data=content)


def _whole(name: str, least: int, most: int, default: int | None = None) -> int:
    value = request.values.get(name, "")
    if not value and default is not None:
        return default
    if not value.isascii() or not value.isdecimal() or len(value) > 9 or not least <= int(value) <= most:
        raise problems.invalid({name: [f"Send a whole number from {least} to {most}."]})
    return int(value)


def _one_of(name: str, allowed: tuple[str, ...]) -> str:
    value = request.values.get(name, "")
    if value not in allowed:
        raise problems.invalid({name: [f"Send one of {', '.join(allowed)}."]})
    return value


def _body_limit_for(method: str, _authorization: str) -> int:
    return MOST_BYTES if method == "POST" else 0


for _view in (advance_clock, reset_scenario, add_fault, remove_faults):
    _view.body_limit_for = _body_limit_for  # type: ignore[attr-defined]
