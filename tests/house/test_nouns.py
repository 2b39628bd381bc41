"""What the shared tables of the tests hold of a noun is declared in its module of `tests/nouns`, and only there."""

import ast
from types import SimpleNamespace

import pytest

from app.blueprints import ALL
from tests.security.policy import rules_in
from tests.security.writable import fields_in
from tests.support import nouns
from tests.support.http import PREFIX
from tests.support.nouns import DECLARATIONS, NOUNS, merged
from tests.support.paths import ROOT

BUILDING_BLOCKS = {"tests.support.callers", "tests.support.declarations", "tests.support.rows"}
NOUN_OF = {blueprint.name: blueprint.import_name.rpartition(".")[2] for blueprint in ALL}


@pytest.fixture(scope="module")
def operations(app):
    """By noun and operation, whether it takes a body."""
    found = {noun: {} for noun in NOUN_OF.values()}
    for path, item in app.test_client().get("/openapi.json").get_json()["paths"].items():
        for method in item.keys() - {"parameters"}:
            name = f"{method.upper()} {path.removeprefix(PREFIX) or '/'}"
            found[NOUN_OF[item[method]["tags"][0]]][name] = "requestBody" in item[method]
    return found


def tree_of(noun):
    return ast.parse((ROOT / "tests" / "nouns" / f"{noun}.py").read_text(encoding="utf-8"))


def names_in(statement):
    if isinstance(statement, ast.Assign):
        return [target.id for target in statement.targets]
    return [statement.name] if isinstance(statement, (ast.FunctionDef, ast.ClassDef)) else []


def test_every_blueprint_has_a_module():
    assert sorted(NOUNS) == sorted(NOUN_OF.values())


@pytest.mark.parametrize("noun", NOUNS)
def test_every_operation_has_its_policy_and_its_good_request_in_the_module_of_its_noun(operations, noun):
    assert rules_in(NOUNS[noun].POLICY).keys() == operations[noun].keys()
    assert NOUNS[noun].REQUESTS.keys() == operations[noun].keys()


@pytest.mark.parametrize("noun", NOUNS)
def test_what_a_body_may_hold_is_declared_in_the_module_of_its_noun(operations, noun):
    takes_body = {name for name, has_body in operations[noun].items() if has_body}

    assert set(fields_in(getattr(NOUNS[noun], "WRITABLE", ""))) == takes_body


@pytest.mark.parametrize("noun", NOUNS)
def test_a_module_declares_only_what_is_collected(noun):
    public = {
        name for statement in tree_of(noun).body for name in names_in(statement) if not name.startswith("_")
    }

    assert public - set(DECLARATIONS) == set()


@pytest.mark.parametrize("noun", NOUNS)
def test_a_module_imports_no_other_noun(noun):
    imported = {node.module for node in ast.walk(tree_of(noun)) if isinstance(node, ast.ImportFrom)}

    assert {name for name in imported if name.startswith("tests")} <= BUILDING_BLOCKS


def test_no_factory_method_is_declared_twice():
    methods = merged("Make", lambda make: {name: make for name in vars(make) if not name.startswith("_")})

    assert {"course", "student"} <= methods.keys()


def test_what_two_nouns_declare_is_refused(monkeypatch):
    twice = SimpleNamespace(LISTS={"/courses": "course"})
    monkeypatch.setattr(nouns, "NOUNS", {"courses": twice, "lessons": twice})

    with pytest.raises(ValueError, match="LISTS of lessons repeats"):
        merged("LISTS")
