"""Who may call what about what: every operation, every kind of caller, every state of what it is about.

The cells come from the OpenAPI document and the stage; what each has to answer, from `policy.py`. Whatever is refused
leaves every table as it was, and no answer holds a word that is not for its reader.
"""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import text

from app.enums import MailTokenPurpose
from tests.security.policy import OK, POLICY
from tests.security.stage import CALLERS, PASSWORD
from tests.support.http import Client

BODIES = {
    "POST /auth/change-password": lambda _: {"old_password": PASSWORD},
    "POST /auth/change-email": lambda _: {"password": PASSWORD},
    "POST /auth/confirm-email": lambda stage: {"token": stage.email_change_token()},
    "POST /auth/login": lambda stage: {"email": stage.emails["bystander"], "password": PASSWORD},
    "POST /auth/logout": lambda _: {"refresh": None},
    "POST /auth/refresh": lambda stage: {"refresh": stage.refresh_token()},
    "POST /auth/register": lambda _: {"email": "new@stage.example.org"},
    "POST /auth/reset-password": lambda stage: {"token": stage.mail_token(MailTokenPurpose.RESET_PASSWORD)},
    "POST /auth/verify-email": lambda stage: {"token": stage.mail_token(MailTokenPurpose.VERIFY_EMAIL)},
    "POST /courses/{course_id}/assign": lambda stage: {"email": stage.emails["bystander"]},
}
"""What a body's example cannot know. None leaves a field out."""

ORDERS = {
    "POST /courses/{course_id}/sections/reorder": "section",
    "POST /sections/{section_id}/lessons/reorder": "lesson",
}
"""Whose ids are put in order, of the same variant."""

TOKENS_FOR = {"POST /auth/change-password", "POST /auth/login", "POST /auth/refresh"}
"""Who answers with tokens."""

FILES = {
    "POST /users/import": b"email,first_name\nnew@example.org,New\n",
    "PUT /auth/me/picture": bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
        "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
    ),
}
"""Where a file is sent, one that is accepted."""


def cells(stage, rule):
    """Every caller, with every variant of the object that there is for them."""
    for caller in CALLERS:
        for variant in stage.variants(rule.about, caller) if rule.kind else [None]:
            yield caller, variant


def body_of(rule, stage, operation, caller, variant):
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    body = {**content["example"], **BODIES.get(rule.operation, lambda _: {})(stage)}
    if rule.kind.endswith(" in body"):
        body.pop("course_id", None)
        body[f"{rule.about}_id"] = str(stage.id_of(rule.about, variant, caller))
    if rule.operation in ORDERS:
        body["order"] = [str(key) for key in _in_order(rule, stage, variant)]
    return {field: value for field, value in body.items() if value is not None}


def _in_order(rule, stage, variant):
    if variant == "EMPTY":
        return [stage.empty_section_id]
    ordered = stage.ids[ORDERS[rule.operation]]
    if rule.about == "section" and variant == "PUBLISHED":
        return [ordered["PREVIEW"], ordered["PUBLISHED"]]
    return [ordered.get(variant, stage.empty_section_id)]


def call(client, stage, rule, operation, caller, variant):
    """The answer, and the words in it that are not for whoever gets it."""
    method, path = rule.operation.split()
    path = re.sub(r"{\w+}", lambda _: str(stage.id_of(rule.about, variant, caller)), path)
    client = client.with_token(stage.tokens.get(caller))
    if rule.operation in FILES:
        sent = {"file": (io.BytesIO(FILES[rule.operation]), "file")}
        response = client.request(method, path, data=sent, content_type="multipart/form-data")
        return response, leaked(stage, rule, caller, {}, response)
    body = body_of(rule, stage, operation, caller, variant)
    response = client.request(method, path, json=body)
    return response, leaked(stage, rule, caller, body, response)


def leaked(stage, rule, caller, sent, response):
    # Whoever logs in proves to be somebody, whatever token they send along.
    reader = "bystander" if rule.who == "E" else caller
    told = "" if rule.operation in TOKENS_FOR else response.text
    found = set(stage.secret.findall(response.text)) - set(stage.secret.findall(str(sent)))
    return {word for word in found if reader not in stage.secrets[word]} | set(re.findall(r"eyJ\w+\.", told))


def answer_of(response):
    if response.status_code < 400:
        return response.status_code, "ok"
    return response.status_code, response.get_json()["error"]["code"]


def is_as_promised(expected, answered, operation):
    status, code = expected
    if expected == OK:
        return str(answered[0]) in operation["responses"] and answered[0] < 300
    return status == answered[0] and code in (None, answered[1])


def test_the_policy_has_every_operation_and_no_other(operations):
    assert set(POLICY) == set(operations)


def test_everybody_meets_something_of_every_kind(stage):
    for rule in POLICY.values():
        assert {caller for caller, _ in cells(stage, rule)} == set(CALLERS)


@pytest.mark.parametrize("name", sorted(POLICY))
def test_only_the_right_people_get_through(app, _witness, stage, snapshot, put_back, operations, name):
    rule, operation = POLICY[name], operations[name]
    client = Client(app, _witness)
    expected = {cell: rule.answer(stage, *cell) for cell in cells(stage, rule)}
    refused = [cell for cell in expected if expected[cell] != OK]
    allowed = [cell for cell in expected if expected[cell] == OK]
    wrong = {}

    def ask(cell):
        response, leaks = call(client, stage, rule, operation, *cell)
        answered = answer_of(response)
        if leaks:
            wrong[cell] = {"leaks": leaks}
        if not is_as_promised(expected[cell], answered, operation):
            wrong[cell] = {"expected": expected[cell], "answered": answered}

    for cell in refused:
        ask(cell)
    assert (wrong, snapshot.changed()) == ({}, set())

    for cell in allowed:
        ask(cell)
        if not name.startswith("GET"):
            put_back()  # the next one finds everything as this one did
    assert (wrong, snapshot.changed()) == ({}, set())


def test_a_demoted_instructor_only_reads_what_was_theirs(
    app, _witness, stage, snapshot, put_back, operations
):
    """One's own course and the wrong role: the cell that suites of other people's objects leave out."""
    courses = {"course", "section", "lesson", "enrollment", "review"}
    writes = [rule for name, rule in POLICY.items() if rule.about in courses and not name.startswith("GET")]
    demote = text("UPDATE users SET role = 'STUDENT' WHERE id = :id")
    snapshot.connection.execute(demote, {"id": stage.own["user"]["owner"]})
    before = snapshot.digest()

    answers = {
        (rule.operation, variant): call(
            Client(app, _witness), stage, rule, operations[rule.operation], "owner", variant
        )[0].status_code
        for rule in writes
        for variant in ("DRAFT", "PUBLISHED")
    }

    assert {cell: status for cell, status in answers.items() if status not in (403, 404, 409)} == {}
    assert snapshot.digest() == before
