"""Security and cache headers: every response says what a browser may do with it, and who may store it."""

import json
import re
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from app.blueprints import ALL
from setting_parsers import Rate
from tests.corpus.generated import good_body, opened, operations_of
from tests.corpus.harness import Platform
from tests.support.good_requests import REQUESTS, path_of
from tests.support.http import PREFIX
from tests.support.watching import WatchingClient, missing_from

BUDGETS = ("anonymous", "user", "catalogue", "bulk", "register", "refresh", "login", "mail_address")
OUTSIDE = [
    "/",
    "/developers",
    "/docs",
    "/redoc",
    "/openapi.json",
    "/problems",
    "/healthz",
    "/metrics",
    "/static/pages.css",
]


@pytest.fixture(scope="module")
def operations(app):
    return operations_of(app.test_client().get("/openapi.json").get_json())


@pytest.fixture
def platform(app, _janitor):
    return Platform(app, _janitor)


@pytest.mark.parametrize("person", [None, "student", "instructor", "admin"])
def test_every_operation_answers_with_them(operations, api, make, person):
    client = api.as_(getattr(make, person)()) if person else api

    for operation in operations:
        path = re.sub(r"{\w+}", lambda _: str(uuid4()), operation.name.split()[1])
        body = {"json": {}} if operation.method in {"POST", "PUT", "PATCH"} else {}
        client.request(operation.method, path, **body)

    assert len(operations) > 80


TREATMENTS = {
    "as it should be": ({200, 201, 202, 204}, {}),
    "without a token": ({401}, {"caller": None}),
    "with a bad token": ({401}, {"caller": None, "headers": {"Authorization": "Bearer nonsense"}}),
    "as a user who may not": ({403}, {"caller": "person"}),
    "about nothing": ({404}, {}),
    "by another method": ({405}, {"method": "PROPFIND"}),
    "with a body that is too large": ({413}, {"data": b" " * 8_000_000}),
    "with another media type": ({415}, {"data": b"x", "content_type": "text/plain"}),
    "about another version": ({412}, {"headers": {"If-Match": '"another"'}}),
    "with an unknown parameter": ({422}, {"query": "surprise=1"}),
    "once too often": ({429}, {}),
    "while we are broken": ({500}, {}),
    "while the database is away": ({503}, {}),
}
"""What an operation answers then, and what is changed of a good request to it."""

WITH_EFFECT = {
    "as it should be",
    "about nothing",
    "about another version",
    "as a user who may not",
    "once too often",
}
FEWEST = {
    "as a user who may not": 40,
    "about nothing": 70,
    "with a body that is too large": 40,
    "with another media type": 50,
    "about another version": 48,
}
"""How many operations can be answered so; otherwise nearly all."""


@pytest.mark.timeout(240)
@pytest.mark.parametrize("treatment", TREATMENTS)
def test_every_operation_answers_with_them_whatever_happens(
    app, platform, operations, setting, treatment, monkeypatch, record_property
):
    """The client holds each answer against the headers: what is counted here is that there were such answers."""
    statuses, changes = TREATMENTS[treatment]
    met = set()
    if treatment == "once too often":
        setting(ratelimit_enabled=True, **{f"ratelimit_{name}": Rate(1, 3_600) for name in BUDGETS})
    if treatment == "while we are broken":
        break_down(app, monkeypatch, RuntimeError("a defect"))
    if treatment == "while the database is away":
        break_down(app, monkeypatch, OperationalError("SELECT 1", {}, Exception()))

    for operation in operations:
        if treatment in WITH_EFFECT:
            platform.stage_afresh(status=REQUESTS[operation.name].course_is)
        for _ in range(3 if treatment == "once too often" else 1):
            response = platform.send(**good_request(operation, platform, treatment) | changes)
        if response.status_code in statuses:
            met.add(operation.name)

    record_property(f"operations that answered {statuses}", len(met))
    assert len(met) >= FEWEST.get(treatment, len(operations) - 30)


def good_request(operation, platform, treatment):
    sent = good_body(operation, platform.scene)
    if isinstance(sent.get("data"), dict):
        sent = {**sent, "data": opened(sent["data"])}
    elif "json" in sent:
        sent = {"data": json.dumps(sent["json"]), "content_type": "application/json"}
    path = path_of(operation.name, platform.scene)
    if treatment == "about nothing":
        path = re.sub(r"{\w+}", lambda _: str(uuid4()), operation.name.split()[1])
    is_entrance = (
        operation.tag == "auth" and operation.method == "POST" and operation.document.get("security") == []
    )
    return {
        **sent,
        "method": operation.method,
        "path": path,
        "caller": None if is_entrance else operation.caller,
    }


def test_refusals_of_every_kind_answer_with_them(app, api, make, monkeypatch):
    admin = api.as_(make.admin())
    answers = {
        400: admin.post("/categories", data="{", content_type="application/json"),
        401: api.with_token("nonsense").get("/auth/me"),
        403: api.as_(make.student()).get("/users"),
        404: api.get("/nowhere"),
        405: api.delete("/courses"),
        413: admin.post("/categories", data=b"[" * 5_000_000, content_type="application/json"),
        415: admin.post("/categories", data="name=x", content_type="text/plain"),
        422: api.get("/courses?colour=blue"),
    }
    for status, error in {
        500: RuntimeError("a defect"),
        503: OperationalError("SELECT 1", {}, Exception()),
    }.items():
        break_down(app, monkeypatch, error)
        answers[status] = app.test_client().get(f"{PREFIX}/categories")

    assert {status: answer.status_code for status, answer in answers.items()} == {
        status: status for status in answers
    }
    assert {status: missing_from(answer) for status, answer in answers.items() if missing_from(answer)} == {}
    assert {answer.headers["Cache-Control"] for answer in answers.values()} == {"no-store"}


def break_down(app, monkeypatch, error):
    def view(**_):
        raise error

    for endpoint in app.view_functions:
        if "." in endpoint and app.blueprints[endpoint.rpartition(".")[0]] in ALL:
            monkeypatch.setitem(app.view_functions, endpoint, view)


@pytest.mark.parametrize("path", OUTSIDE)
def test_what_is_not_the_api_answers_with_them(app, path):
    response = app.test_client().get(path, buffered=True)

    assert response.status_code < 400
    assert missing_from(response) == []


def test_what_one_may_keep_is_asked_for_again_each_time(api, make):
    course = make.course()
    stranger, student = api.get(f"/courses/{course.id}"), api.as_(make.student()).get(f"/courses/{course.id}")

    again = api.get(f"/courses/{course.id}", headers={"If-None-Match": stranger.headers["ETag"]})

    assert stranger.headers["Cache-Control"] == "no-cache"
    assert student.headers["Cache-Control"] == "private, no-cache"
    assert (again.status_code, again.headers["Cache-Control"]) == (304, "no-cache")


def test_tokens_are_stored_by_no_cache(api, make):
    user = make.student(password="Correct-horse-1")

    response = api.post("/auth/login", json={"email": user.email, "password": "Correct-horse-1"})

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", [f"{PREFIX}/courses", "/", "/docs", "/healthz", "/static/app.css"])
def test_options_has_no_content_and_no_type_of_it(app, path):
    response = app.test_client().options(path)

    assert (response.status_code, response.data) == (204, b"")
    assert "Content-Type" not in response.headers
    assert {"GET", "HEAD", "OPTIONS"} <= response.allow.as_set(preserve_casing=True)
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_an_answer_without_content_names_no_type_of_it(api, make):
    response = api.as_(make.admin()).delete(f"/users/{make.student().id}")

    assert response.status_code == 204
    assert "Content-Type" not in response.headers


@pytest.mark.parametrize(
    "name", ["X-Content-Type-Options", "Content-Security-Policy", "X-Request-ID", "Vary", "Cache-Control"]
)
def test_a_client_fails_on_an_answer_without_them(name):
    bare = Flask("bare")

    @bare.get(f"{PREFIX}/things")
    def show_things():
        return {}

    with pytest.raises(AssertionError, match="Authorization" if name == "Vary" else "default-src|" + name):
        WatchingClient(bare).get(f"{PREFIX}/things")
