"""Every answer tells the browser what it may make of it, and who may keep it."""

from uuid import uuid4

import pytest
from sqlalchemy.exc import OperationalError

from app.security_headers import ALWAYS
from tests.http import PREFIX

METHODS = {"get", "post", "put", "patch", "delete"}
OUTSIDE = ["/", "/docs", "/redoc", "/openapi.json", "/problems", "/healthz", "/metrics", "/static/pages.css"]


@pytest.fixture(scope="module")
def operations(app):
    document = app.test_client().get("/openapi.json").get_json()
    return [
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in item
        if method in METHODS
    ]


def missing_from(response):
    """What an answer ought to say and does not."""
    headers = response.headers
    wrong = [name for name, value in ALWAYS.items() if headers.get(name) != value]
    policy = headers.get("Content-Security-Policy", "")
    wrong += [] if "frame-ancestors 'none'" in policy else ["frame-ancestors"]
    if response.mimetype != "text/html" and not policy.startswith("default-src 'none'"):
        wrong.append("default-src")
    return wrong


def wrongly_kept(response, *, signed_in):
    """What an answer of the API says wrongly about who may keep it."""
    tagged = "private, no-cache" if signed_in else "no-cache"
    expected = tagged if "ETag" in response.headers else "no-store"
    wrong = [] if response.headers.get("Cache-Control") == expected else ["Cache-Control"]
    return wrong + [name for name in ("Authorization", "Origin") if name not in response.vary]


@pytest.mark.parametrize("person", [None, "student", "instructor", "admin"])
def test_every_operation_answers_with_them(operations, api, make, person):
    client = api.as_(getattr(make, person)()) if person else api
    wrong = {}

    for method, template in operations:
        path = template.format_map(Anything()).removeprefix(PREFIX)
        body = {"json": {}} if method in {"POST", "PUT", "PATCH"} else {}
        response = client.request(method, path, **body)
        found = missing_from(response) + wrongly_kept(response, signed_in=person is not None)
        if found:
            wrong[f"{method} {template} {response.status_code}"] = found

    assert len(operations) > 80
    assert wrong == {}


class Anything(dict):
    """A value for every parameter of a path: an id of nothing."""

    def __missing__(self, name):
        return str(uuid4())


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
    answers |= {
        status: break_down(app, monkeypatch, error)
        for status, error in {
            500: RuntimeError("a defect"),
            503: OperationalError("SELECT 1", {}, Exception()),
        }.items()
    }

    assert {status: answer.status_code for status, answer in answers.items()} == {
        status: status for status in answers
    }
    assert {status: missing_from(answer) for status, answer in answers.items() if missing_from(answer)} == {}
    assert {answer.headers["Cache-Control"] for answer in answers.values()} == {"no-store"}


def break_down(app, monkeypatch, error):
    def view(**_):
        raise error

    monkeypatch.setitem(app.view_functions, "categories.list_categories", view)
    return app.test_client().get(f"{PREFIX}/categories")


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


def test_tokens_are_kept_by_nobody(api, make):
    user = make.student(password="Correct-horse-1")

    response = api.post("/auth/login", json={"email": user.email, "password": "Correct-horse-1"})

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
