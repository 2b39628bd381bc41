"""The language of code, documentation and API: plain words of the field, and one form for each kind of sentence."""

import re

import pytest

from app.errors.base import catalogue
from tests.support.paths import ROOT

FOLDERS = ("app", "bench", "demo", "deploy", "docs", "frontend", "tools")
PAGES = (
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "compose.yaml",
    "compose.two-nodes.yaml",
    "pyproject.toml",
    "requirements.in",
)
KINDS = {
    *(".cfg", ".conf", ".css", ".html", ".ini", ".js", ".json", ".md", ".py"),
    *(".service", ".sh", ".sql", ".txt", ".yaml", ".yml"),
}
NOT_OURS = (
    "app/static/vendor/",
    "frontend/vendor/",
    "frontend/strings/",
    "app/adapters/common_passwords.txt",
    "demo/oulad/",
    "tools/service_user.py",
)
"""Texts of others; the last one has the name of a system account in it."""

MANNERED = re.compile(
    r"\b(?:tells?|told|somebody|nobody|anybody|everybody|whoever|anew|stands|heed|furnish)\b", re.IGNORECASE
)
METHODS = {"get", "post", "put", "patch", "delete"}
GLOSSARY = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## Glossary\n")[2]


@pytest.fixture(scope="module")
def operations(app):
    document = app.test_client().get("/openapi.json").get_json()
    return {
        operation["operationId"]: operation
        for item in document["paths"].values()
        for method, operation in item.items()
        if method in METHODS
    }


def written():
    """Every file whose words are ours."""
    yield from (ROOT / name for name in PAGES)
    yield from sorted(ROOT.glob("*.py"))
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            name = path.relative_to(ROOT).as_posix()
            if path.is_file() and path.suffix in KINDS and not name.startswith(NOT_OURS):
                yield path


def mannered_in(text):
    return MANNERED.findall(text)


def test_no_mannered_word_is_left():
    found = {
        path.relative_to(ROOT).as_posix(): mannered_in(path.read_text(encoding="utf-8")) for path in written()
    }

    assert len(found) > 250
    assert {name: words for name, words in found.items() if words} == {}


def test_a_mannered_word_is_found():
    assert mannered_in("Nobody's rows are told anew; LOGIN_EVERYBODY and foretold are names.") == [
        "Nobody", "told", "anew",
    ]  # fmt: skip


def test_every_summary_is_a_sentence(operations):
    wrong = [
        operation["summary"]
        for operation in operations.values()
        if not re.fullmatch(r"[A-Z][^.]*\.", operation["summary"])
    ]

    assert len(operations) > 120
    assert wrong == []


def test_every_success_message_is_a_sentence(operations):
    messages = {
        name: media["example"]["message"]
        for name, operation in operations.items()
        for status, answer in operation["responses"].items()
        if status.startswith("2")
        for kind, media in answer.get("content", {}).items()
        if kind == "application/json"
    }

    assert len(messages) > 110
    assert {name: said for name, said in messages.items() if not re.fullmatch(r"[A-Z].*\.", said)} == {}


def test_every_refusal_is_a_sentence():
    titles = {code: kind.title for code, kind in catalogue().items()}

    assert len(titles) > 50
    assert {code: title for code, title in titles.items() if not re.fullmatch(r"[A-Z].*\.", title)} == {}


def test_every_module_of_the_glossary_exists_and_every_term_is_there_once():
    rows = re.findall(
        r"^\| (?P<term>[^|]+) \| (?P<meaning>[^|]+\.) \| `(?P<path>[\w/.]+)` \|$", GLOSSARY, re.MULTILINE
    )
    terms = [term for term, _, _ in rows]

    assert len(rows) == GLOSSARY.count("\n| ") - 2 >= 20
    assert len(set(terms)) == len(terms)
    assert [path for _, _, path in rows if not (ROOT / path).is_file()] == []
