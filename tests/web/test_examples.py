"""The examples of the OpenAPI document work as they stand: they are what Postman, Hoppscotch and readers send."""

import pytest

from demo import load
from tools.examples import log_in, operations_of, send

NOT_FOR_ADMINS = {
    "ask_to_instruct": "an admin has nothing to ask for",
    "enroll": "only students enroll",
    "enroll_in_course": "only students enroll",
    "log_out": "the session has ended by then",
    "refresh_tokens": "a document has no refresh token",
}
"""What an admin's token cannot get a success from, whatever is sent; and why."""


FINDING_NOTHING = {"list_certificates"}
"""Lists of one's own that an admin has nothing in."""


@pytest.fixture
def demo(app, monkeypatch):
    """The demo, with the smallest of its courses."""
    monkeypatch.setattr(load, "SMALL", ("AAA-2014J",))
    loaded = app.test_cli_runner().invoke(args=["demo", "load"])
    assert loaded.exit_code == 0, loaded.output


@pytest.mark.parametrize("with_optional", [False, True], ids=["required only", "everything"])
def test_every_example_succeeds_unchanged(app, demo, with_optional):
    client = app.test_client()
    token = log_in(client, "admin")["access"]
    failed, empty = {}, set()

    for operation in operations_of(client.get("/openapi.json").get_json()):
        response = send(client, operation, token, with_optional=with_optional)
        if not 200 <= response.status_code < 300:
            failed[operation.name] = f"{response.status_code} {response.text[:300]}"
        elif "?" in operation.url(with_optional=True) and (response.get_json() or {}).get("data") == []:
            empty.add(operation.name)

    assert {name: why for name, why in failed.items() if name not in NOT_FOR_ADMINS} == {}
    assert set(failed) == set(NOT_FOR_ADMINS)
    assert empty <= FINDING_NOTHING


@pytest.mark.parametrize("name", ["ask_to_instruct", "enroll", "enroll_in_course", "log_out"])
def test_what_an_admin_may_not_do_a_student_may(app, demo, name):
    client = app.test_client()
    (operation,) = (
        each for each in operations_of(client.get("/openapi.json").get_json()) if each.name == name
    )

    response = send(client, operation, log_in(client, "student5")["access"], with_optional=True)

    assert response.status_code == (200 if name == "log_out" else 201), response.text


def test_the_example_of_every_body_has_what_the_body_requires(_witness):
    schemas = _witness.document["components"]["schemas"]
    incomplete, known = {}, 0

    for path, item in _witness.document["paths"].items():
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {}) if method != "parameters" else {}
            for kind, media in content.items():
                schema = schemas.get(media["schema"].get("$ref", "").rpartition("/")[2], media["schema"])
                if missing := set(schema.get("required", ())) - set(media.get("example", ())):
                    incomplete[f"{method.upper()} {path} {kind}"] = missing
                known += 1

    assert known > 60
    assert incomplete == {}
