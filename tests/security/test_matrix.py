"""The authorization matrix: every operation, every caller, every variant of the row that it is about.

The cells come from the OpenAPI document and the stage, the expected answer of each from `policy.py`. A refused call
changes no table, and no response holds a word that its reader must not see.
"""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import text

from tests.security.policy import OK, POLICY
from tests.support.callers import CALLERS
from tests.support.good_requests import REQUESTS
from tests.support.http import Client
from tests.support.paths import ROOT


def cells(stage, rule):
    """Every caller, with every variant of the object that there is for them."""
    for caller in CALLERS:
        for variant in stage.variants(rule.about, caller) if rule.kind else [None]:
            yield caller, variant


def body_of(rule, stage, operation, caller, variant):
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    request = REQUESTS[rule.operation]
    body = {**content["example"], **request.body(stage)}
    if rule.kind.endswith(" in body"):
        body.pop("course_id", None)
        body[f"{rule.about}_id"] = str(stage.id_of(rule.about, variant, caller))
    if request.order:
        body["order"] = [str(key) for key in _in_order(rule, stage, variant)]
    return {field: value for field, value in body.items() if value is not None}


def _in_order(rule, stage, variant):
    if variant == "EMPTY":
        return [stage.empty_section_id]
    ordered = stage.ids[REQUESTS[rule.operation].order]
    if rule.about == "section" and variant == "PUBLISHED":
        return [ordered["PREVIEW"], ordered["PUBLISHED"]]
    return [ordered.get(variant, stage.empty_section_id)]


def call(client, stage, rule, operation, caller, variant):
    """The response, and the words in it that its reader must not see."""
    method, path = rule.operation.split()
    path = re.sub(r"{\w+}", lambda _: str(stage.id_of(rule.about, variant, caller)), path)
    client = client.with_token(stage.tokens.get(caller))
    file = REQUESTS[rule.operation].file
    if file is not None:
        sent = {**REQUESTS[rule.operation].form, "file": (io.BytesIO(file), "file")}
        response = client.request(method, path, data=sent, content_type="multipart/form-data")
        return response, leaked(stage, rule, caller, {}, response)
    body = body_of(rule, stage, operation, caller, variant)
    response = client.request(method, path, json=body)
    return response, leaked(stage, rule, caller, body, response)


def leaked(stage, rule, caller, sent, response):
    # A login identifies the user, whatever token is sent along.
    reader = "bystander" if rule.who == "E" else caller
    answered = response.get_data().decode(errors="replace")
    searched = "" if REQUESTS[rule.operation].gives_tokens else answered
    found = set(stage.secret.findall(answered)) - set(stage.secret.findall(str(sent)))
    return {word for word in found if reader not in stage.secrets[word]} | set(
        re.findall(r"eyJ\w+\.", searched)
    )


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


def test_every_caller_meets_something_of_every_kind(stage):
    for rule in POLICY.values():
        assert {caller for caller, _ in cells(stage, rule)} == set(CALLERS)


def test_the_documentation_has_the_size_of_the_matrix(stage):
    answers = [rule.answer(stage, *cell) for rule in POLICY.values() for cell in cells(stage, rule)]
    refused = sum(answer != OK for answer in answers)
    read = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/security.md")}

    assert (
        f"{len(answers):,} of {len(answers):,} over {len(POLICY)} operations, {refused:,} of them refused"
        in read["docs/security.md"]
    )
    assert (
        f"{len(answers):,} of {len(answers):,} cells right, over {len(POLICY)} operations"
        in read["README.md"]
    )


@pytest.mark.parametrize("name", sorted(POLICY))
def test_only_the_right_people_get_through(app, _witness, stage, snapshot, put_back, operations, name):
    rule, operation = POLICY[name], operations[name]
    client = Client(app, _witness)
    expected = {cell: rule.answer(stage, *cell) for cell in cells(stage, rule)}
    refused = [cell for cell in expected if expected[cell] != OK]
    allowed = [cell for cell in expected if expected[cell] == OK]
    wrong, sentences = {}, set()

    def ask(cell):
        response, leaks = call(client, stage, rule, operation, *cell)
        answered = answer_of(response)
        if answered == (404, "not_found"):
            sentences.add(response.get_json()["message"])
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
    assert len(sentences) <= 1, "a sentence says whether the row is missing or hidden"
    assert "Not found." not in sentences


def test_a_demoted_instructor_only_reads_what_was_theirs(
    app, _witness, stage, snapshot, put_back, operations
):
    """The owner of a course in the wrong role: a cell that the matrix does not have."""
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
