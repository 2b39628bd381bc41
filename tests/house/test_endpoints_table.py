"""`docs/endpoints.md` is a promise: what it lists is there, under those names, for those people."""

import dataclasses
import re

import pytest

from app import create_app
from tests.support.http import PREFIX
from tests.support.paths import ROOT

TABLE = ROOT / "docs" / "endpoints.md"
ROW = re.compile(
    r"^\| `(?P<call>[A-Z]+ /[^`]*)` \| (?P<who>[PUSIA ]+) \| (?P<takes>[^|]*)\| (?P<gives>[^|]*)\| (?P<state>(?:later )?)\|$"
)
NOUN = re.compile(r"^\| (?P<noun>[a-z ]+) \| (?P<fields>`[^|]*) \|$")
OUTSIDE = re.compile(r"^\| `(?P<path>/[^` ]*)` \| [^|]* \| (?P<state>(?:later )?)\|$")
ROLES = {"S": "STUDENT", "I": "INSTRUCTOR", "A": "ADMIN"}
METHODS = {"get", "post", "put", "patch", "delete"}
PAGING = {"page", "page_size", "after"}
ENVELOPE = {
    *("success", "message", "data"),
    *("count", "count_is_exact", "next", "previous", "page", "page_size"),
}

LINES = TABLE.read_text(encoding="utf-8").splitlines()
ROWS = [match.groupdict() for line in LINES if (match := ROW.match(line))]
NOUNS = {
    match["noun"]: re.findall(r"`([\w.]+)`", match["fields"]) for line in LINES if (match := NOUN.match(line))
}
LANDED = [row for row in ROWS if not row["state"]]


def anonymous(call):
    """A call without the names of its parameters: `GET /users/{}`."""
    return re.sub(r"\{[^}]*\}", "{}", call)


@pytest.fixture(scope="module")
def document(app):
    return app.test_client().get("/openapi.json").get_json()


@pytest.fixture(scope="module")
def operations(document):
    return {
        anonymous(f"{method.upper()} {path.removeprefix(PREFIX) or '/'}"): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


@pytest.fixture(scope="module")
def resolve(document):
    def resolved(schema):
        """A schema's own members: behind references, null alternatives and the items of lists."""
        while "properties" not in schema:
            if "$ref" in schema:
                schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            elif "items" in schema:
                schema = schema["items"]
            elif inner := [each for key in ("allOf", "anyOf", "oneOf") for each in schema.get(key, [])]:
                schema = next(each for each in inner if each.get("type") != "null")
            else:
                return {}
        return schema["properties"]

    return resolved


def success_of(operation):
    """Status and schema of the answer that is no refusal. Besides it, a large run may be answered 202."""
    ((status, answer),) = [
        each for each in operation["responses"].items() if each[0][0] == "2" and each[0] != "202"
    ]
    return status, answer.get("content", {}).get("application/json", {}).get("schema", {})


def has(members, path, resolve):
    first, _, rest = path.partition(".")
    return first in members and (not rest or has(resolve(members[first]), rest, resolve))


def test_the_table_is_read_whole():
    calls = [line for line in LINES if re.match(r"\| `[A-Z]+ /", line)]

    assert len(ROWS) == len(calls) > 130
    assert len({anonymous(row["call"]) for row in ROWS}) == len(ROWS)
    assert {noun for row in ROWS for noun in re.findall(r"\*([a-z ]+)\*", row["gives"])} == set(NOUNS)


def test_every_operation_is_in_the_table_and_the_other_way_round(operations):
    promised = {anonymous(row["call"]) for row in LANDED}

    assert sorted(promised - set(operations)) == []
    assert sorted(set(operations) - promised) == []


@pytest.mark.parametrize("row", LANDED, ids=lambda row: row["call"])
def test_an_operation_is_for_the_people_that_the_table_names(operations, row):
    operation = operations[anonymous(row["call"])]
    who = row["who"].split()

    is_public = "security" in operation
    assert is_public == ("P" in who)
    assert operation.get("x-roles", []) == sorted(ROLES[each] for each in who if each in ROLES)


@pytest.mark.parametrize("row", LANDED, ids=lambda row: row["call"])
def test_an_operation_takes_what_the_table_names(operations, resolve, row):
    operation = operations[anonymous(row["call"])]
    query = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
    content = operation.get("requestBody", {}).get("content", {})
    body = {name for kind in content.values() for name in resolve(kind["schema"])}

    assert sorted(re.findall(r"`(\??\w+)`", row["takes"])) == sorted(
        [*body, *(f"?{name}" for name in query - PAGING)]
    )


@pytest.mark.parametrize("row", LANDED, ids=lambda row: row["call"])
def test_an_operation_gives_what_the_table_names(operations, resolve, row):
    status, schema = success_of(operations[anonymous(row["call"])])
    frame = resolve(schema) if schema else {}
    members = resolve(frame.get("data", {}))

    named = re.findall(r"`([\w.]+)`", row["gives"])
    named += [field for noun in re.findall(r"\*([a-z ]+)\*", row["gives"]) for field in NOUNS[noun]]
    assert status == (re.match(r"20\d", row["gives"]) or ["200"])[0]
    assert [path for path in named if not has(members, path, resolve) and path not in frame] == []
    if row["gives"].startswith("list"):
        assert {"count", "next", "previous", "page", "page_size"} <= set(frame) or "POST" in row["call"]


@pytest.mark.parametrize(
    "row", [row for row in LANDED if "…" not in row["gives"]], ids=lambda row: row["call"]
)
def test_the_table_names_everything_that_an_operation_gives(operations, resolve, row):
    _, schema = success_of(operations[anonymous(row["call"])])
    frame = resolve(schema) if schema else {}
    given = {*resolve(frame.get("data", {})), *(frame.keys() - ENVELOPE)}

    named = re.findall(r"`(\w+)[\w.]*`", row["gives"])
    named += [
        field.partition(".")[0]
        for noun in re.findall(r"\*([a-z ]+)\*", row["gives"])
        for field in NOUNS[noun]
    ]
    assert sorted(given - set(named)) == []


OUTSIDERS = {match["path"]: match["state"] for line in LINES if (match := OUTSIDE.match(line))}
CONDITIONAL = {"/.well-known/did.json", "/did.json", "/sandbox", "/sandbox/…"}
"""Where badges are signed, and in development."""


def test_every_path_outside_the_prefix_is_in_the_table(config):
    """All but the files and pages of the browser client."""
    development = create_app(dataclasses.replace(config, app_env="development"))
    paths = {
        re.sub(r"<[^>]*>", "{}", rule.rule)
        for rule in development.url_map.iter_rules()
        if not rule.rule.startswith(PREFIX) and rule.endpoint.partition(".")[0] not in {"static", "frontend"}
    }
    listed = {anonymous(path) for path in OUTSIDERS} | {"/problems/{}"}

    assert {path for path in paths - listed if not path.startswith("/sandbox/")} == set()


@pytest.mark.parametrize(
    ("path", "state"),
    [(path, state) for path, state in OUTSIDERS.items() if "{" not in path and path not in CONDITIONAL],
)
def test_what_is_outside_the_prefix_answers(app, path, state):
    status = app.test_client().get(path, buffered=True).status_code

    assert (status < 400) == (not state)
