"""Every call and every field that `docs/migrating.md` names exists."""

import re

import pytest

from tests.house.test_endpoints_table import anonymous, document, has, operations, resolve, success_of
from tests.support.paths import ROOT

__all__ = ["document", "operations", "resolve"]

LINES = (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8").splitlines()
ROW = re.compile(
    r"^\| `(?P<before>[A-Z]+ /[^`]*)`(?: with a `\w+`)? \| (?P<now>[^|]*) \| (?P<names>[^|]*)\|$"
)
CALL = re.compile(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^`]*)`")
ROWS = [match.groupdict() for line in LINES if (match := ROW.match(line))]


def calls_of(row):
    return CALL.findall(row["now"])


def test_every_row_is_read():
    calls = [line for line in LINES if re.match(r"\| `[A-Z]+ /", line)]
    systems = [line for line in LINES if line.startswith("## System")]

    assert len(ROWS) == len(calls) > 150
    assert len(systems) == 5


def test_every_call_that_is_named_exists(operations):
    named = {
        anonymous(call) for line in LINES for column in line.split("|")[2:] for call in CALL.findall(column)
    }

    assert sorted(named - set(operations)) == []


def test_every_older_call_has_one_equivalent():
    assert [row["before"] for row in ROWS if len(calls_of(row)) != 1] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["before"])
def test_every_field_that_is_named_is_taken_or_given(operations, resolve, row):
    operation = operations[anonymous(calls_of(row)[0])]
    query = {each["name"] for each in operation.get("parameters", [])}
    content = operation.get("requestBody", {}).get("content", {})
    body = {name: member for kind in content.values() for name, member in resolve(kind["schema"]).items()}
    _, schema = success_of(operation)
    given = resolve(resolve(schema).get("data", {})) if schema else {}

    named = re.findall(r"→ `([\w.]+)`", row["names"])
    assert [
        name
        for name in named
        if name not in query and not has(body, name, resolve) and not has(given, name, resolve)
    ] == []
