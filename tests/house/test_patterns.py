"""No text takes long to judge: every regular expression of ours, and every search, on what is meant to be slow."""

from __future__ import annotations

import ast
import importlib
import re
from functools import partial
from itertools import product

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.db.session import db
from tests.support.effort import seconds
from tests.support.http import PREFIX
from tests.support.paths import ROOT

SOURCES = [
    *(path for folder in ("app", "deploy") for path in sorted((ROOT / folder).rglob("*.py"))),
    *(
        ROOT / name
        for name in ("config.py", "environment.py", "production.py", "setting_parsers.py", "sentinel_urls.py")
    ),
]
USES = {"match", "fullmatch", "search", "sub", "findall", "finditer", "split"}
LENGTH = 10_000
LONGEST_SECONDS = 0.05
LONGEST_SECONDS_OF_SEARCH = 0.25

UNITS = [
    *(
        "a",
        "A",
        "0",
        "9",
        "-",
        "_",
        ".",
        "@",
        "/",
        ":",
        "+",
        "=",
        "%",
        " ",
        "\t",
        "\r",
        "\n",
        "\\",
        '"',
        "'",
        "(",
    ),
    *(
        "a-",
        "a.",
        "a@",
        "a@a.",
        "0.",
        "1,",
        "-0",
        "aa-",
        "a_",
        "://",
        "a://",
        "a:a@",
        "\\\\",
        '\\"',
        '""',
        "{[",
        "]}",
    ),
    *(
        "token=",
        "password",
        "bearer ",
        "eyJ",
        "eyJaaaaaaaa.",
        "$argon2",
        "+0 ",
        "() ",
        "1e",
        "%a",
        "%%",
        "\u00e9",
    ),
    *("<!---->", "<!--", "-->", "<a ", '="', "&#", "<"),
    *("2026-01-01T", "00000000-", "127.0.0.1", "http://", "\r\n", "\u2028", "\u0301", "&:*", "| !", "<->"),
]
ENDINGS = ["", "!", "\x00", "\n", "@"]
SEARCHES = ["/courses?search=", "/reviews?search=", "/users?search=", "/courses?q=", "/users?department="]


def patterns():
    """Every expression that is written in our code and how it is used, by its place."""
    found = {}
    for path in SOURCES:
        source = path.read_text(encoding="utf-8")
        name = str(path.relative_to(ROOT).with_suffix("")).replace("/", ".").removesuffix(".__init__")
        uses = set(re.findall(rf"\.({'|'.join(sorted(USES))})\(", source)) or {"search"}
        tree = ast.parse(source)
        private = {
            each.value: each.targets[0].id
            for each in tree.body
            if isinstance(each, ast.Assign) and getattr(each.targets[0], "id", "").startswith("_")
        }
        for node in ast.walk(tree):
            if is_expression(node):
                own = {node.func.attr} & USES or ({"match"} if node.func.attr == "Regexp" else set())
                own = own or uses_of(private.get(node), source) or uses
                found[f"{name}:{node.lineno}"] = compiled(node, vars(importlib.import_module(name))), own
    return found


def uses_of(name, source):
    """How a private expression is used in its module, which is the only one that uses it."""
    return set() if name is None else set(re.findall(rf"\b{name}\.({'|'.join(sorted(USES))})\(", source))


def is_expression(node):
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
        return False
    owner = node.func.value
    is_ours = isinstance(owner, ast.Name) and owner.id in {"re", "validate"}
    return is_ours and node.func.attr in USES | {"compile", "Regexp"}


def compiled(call, names):
    """The expression as it is written: constants of its module may stand in it, and flags behind it."""
    written = call.args[0]
    if isinstance(written, ast.JoinedStr):
        source = "".join(
            str(names[part.value.id]) if hasattr(part.value, "id") else part.value for part in written.values
        )
    else:
        source = ast.literal_eval(written)
    flags = [
        node.attr for extra in call.args[1:] for node in ast.walk(extra) if isinstance(node, ast.Attribute)
    ]
    return re.compile(source, sum(getattr(re, flag) for flag in flags if hasattr(re, flag)))


def beginning_of(pattern):
    """The text that every match begins with, such as the name of a header: without it a text is refused at once."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("ascii")
    plain = re.match(r"(?:\\[rnt]|[\w :/-](?![*+?{]))*", source)[0]
    return plain.encode("ascii").decode("unicode_escape")


PATTERNS = patterns()


def used(pattern, use, hostile):
    if use == "sub":
        pattern.sub(b"" if isinstance(hostile, bytes) else "", hostile)
    elif use == "finditer":
        list(pattern.finditer(hostile))
    else:
        getattr(pattern, use)(hostile)


def test_every_expression_is_found():
    written = sum(path.read_text(encoding="utf-8").count("re.compile(") for path in SOURCES)

    assert len(PATTERNS) >= written > 20


@pytest.mark.parametrize("place", PATTERNS)
def test_no_expression_is_slow_on_any_text(place, record_property):
    (pattern, uses), slow, slowest = PATTERNS[place], {}, 0
    is_bytes = isinstance(pattern.pattern, bytes)
    for beginning, unit, ending, use in product({"", beginning_of(pattern)}, UNITS, ENDINGS, uses):
        hostile = beginning + (unit * LENGTH)[: LENGTH - len(ending)] + ending
        spent = seconds(
            partial(used, pattern, use, hostile.encode() if is_bytes else hostile), enough=LONGEST_SECONDS / 5
        )
        slowest = max(slowest, spent)
        if spent > LONGEST_SECONDS:
            slow[f"{use} {beginning!r} {unit!r} … {ending!r}"] = round(spent, 3)

    record_property("slowest", slowest)
    assert slow == {}


def test_the_beginning_of_an_expression_is_found():
    assert beginning_of(re.compile(rb"\r\ncontent-length:[ \t]*([0-9]+)")) == "\r\ncontent-length:"
    assert beginning_of(re.compile(r"ab*c")) == "a"
    assert beginning_of(re.compile(r"[ab]c|d")) == ""


def test_an_expression_that_is_slow_would_be_noticed():
    slow = re.compile(r"(a|aa)+!")

    assert seconds(lambda: slow.fullmatch("a" * 30)) > LONGEST_SECONDS


@pytest.mark.parametrize("address", SEARCHES)
def test_no_search_is_slow_on_any_text(app, api, make, address, record_property):
    client, slow, slowest = api.as_(make.admin()), {}, 0
    make.course(lessons=1)
    for unit in (
        "%",
        "_",
        "%_",
        "a",
        "a ",
        "\\",
        "'",
        '"',
        "&",
        "| ",
        "!(",
        ":*",
        "<-> ",
        "\u00e9",
        "a\u0301",
        ".",
    ):
        for length in (100, 2_000, LENGTH):
            query = {address.rpartition("?")[2].rstrip("="): (unit * length)[:length]}

            def ask(query=query):
                response = client.get(address.partition("?")[0], query_string=query)
                assert response.status_code in {200, 414, 422}

            spent = seconds(ask, enough=LONGEST_SECONDS_OF_SEARCH / 5)
            slowest = max(slowest, spent)
            if spent > LONGEST_SECONDS_OF_SEARCH:
                slow[f"{unit!r} × {length}"] = round(spent, 3)

    record_property("slowest", slowest)
    assert slow == {}


def test_a_statement_that_takes_too_long_is_cut(app, config):
    with app.app_context():
        limit = db.session.scalar(
            text("SELECT setting::int FROM pg_settings WHERE name = 'statement_timeout'")
        )
        db.session.execute(text("SET LOCAL statement_timeout = 50"))
        with pytest.raises(OperationalError, match="statement timeout"):
            db.session.execute(text("SELECT pg_sleep(10)"))
        db.session.rollback()

    assert limit == config.statement_timeout_ms == 15_000


def test_a_request_that_takes_too_long_is_asked_to_try_again(app, api, monkeypatch):
    def view():
        db.session.execute(text("SET LOCAL statement_timeout = 50"))
        db.session.execute(text("SELECT pg_sleep(10)"))

    monkeypatch.setitem(app.view_functions, "categories.list_categories", view)

    assert app.test_client().get(f"{PREFIX}/categories").status_code == 503
