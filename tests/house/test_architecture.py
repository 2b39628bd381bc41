"""House rules that no linter holds. The direction of imports is import-linter's."""

import ast
import importlib
import re

import pytest

from app.adapters import queue
from tests.support.paths import ROOT

FOLDERS = ("app", "bench", "demo", "deploy", "migrations", "tests", "tools")
PYTHON = [
    *(path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))),
    *(
        ROOT / name
        for name in (
            "config.py",
            "dev.py",
            "environment.py",
            "production.py",
            "sentinel_urls.py",
            "setting_parsers.py",
            "wsgi.py",
        )
    ),
]
SERVICES = sorted((ROOT / "app" / "services").rglob("*.py"))
BLUEPRINTS = sorted((ROOT / "app" / "blueprints").glob("*.py"))

LONGEST_MODULE = {"app": 300}
LONGEST_ELSEWHERE = 350
LISTS = {"config.py", "app/enums.py", "app/web/openapi/examples/requests.py"}
"""Long lists of short entries: settings, closed sets of words, and an example for each operation."""

BANNED = {
    "utils", "util", "helpers", "helper", "common", "constants", "core", "misc", "manager", "handler",
    "data", "info", "obj", "process", "get_all", "extensions",
}  # fmt: skip
# Names that a framework calls by.
GIVEN = {"data"}


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path):
    return str(path.relative_to(ROOT))


def functions_of(path):
    return [
        node for node in ast.walk(tree_of(path)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


def calls_in(tree):
    return [
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]


def imports_of(tree, name, names, *, is_package):
    """The modules among `names` that a module imports, whether at run time, in a function or for types only."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parent = name.split(".")[: len(name.split(".")) - node.level + is_package] if node.level else []
            source = ".".join([*parent, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{source}.{alias.name}"
                found.add(inner if inner in names else source)
    return found & set(names) - {name}


def circles_of(graph):
    """The groups of modules that reach each other, from what each imports."""
    reached = {}
    for start in graph:
        seen, waiting = set(), list(graph[start])
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen.add(each)
                waiting += graph.get(each, ())
        reached[start] = seen
    groups = {
        frozenset(other for other in graph if other in reached[name] and name in reached[other])
        for name in graph
        if name in reached[name]
    }
    return sorted(sorted(group) for group in groups)


def test_circles_are_found_in_a_small_graph():
    graph = {
        "course": {"user", "section"},
        "section": {"course"},
        "lesson": {"section"},
        "notice": {"words"},
        "words": {"text"},
        "text": {"notice", "user"},
        "user": set(),
        "self": {"self"},
    }

    assert circles_of(graph) == [["course", "section"], ["notice", "text", "words"], ["self"]]
    assert circles_of({"lesson": {"section"}, "section": {"course"}, "course": set()}) == []


@pytest.mark.parametrize(
    "source",
    [
        "from app.models.lesson import Lesson",
        "from app.models import lesson",
        "from app.models import lesson as other",
        "import app.models.lesson",
        "from .lesson import Lesson",
        "from . import lesson",
        "if TYPE_CHECKING:\n    from app.models.lesson import Lesson",
        "def late():\n    from app.models.lesson import Lesson",
    ],
)
def test_every_way_to_import_a_module_is_seen(source):
    names = {"app.models", "app.models.section", "app.models.lesson"}

    found = imports_of(ast.parse(source), "app.models.section", names, is_package=False)

    assert found == {"app.models.lesson"}


def test_no_import_goes_in_circles_type_only_ones_included():
    paths = {}
    for path in sorted((ROOT / "app").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path

    graph = {
        name: imports_of(tree_of(path), name, paths, is_package=path.stem == "__init__")
        for name, path in paths.items()
    }

    assert len(graph) > 250
    assert sum(map(len, graph.values())) > 1_000
    assert circles_of(graph) == []


def test_only_the_transaction_commits_and_rolls_back():
    # The method of the connection itself, which it calls.
    allowed = {ROOT / "app" / "db" / name for name in ("session.py", "traced_connections.py")}
    guilty = {
        name_of(path): call
        for path in (ROOT / "app").rglob("*.py")
        if path not in allowed
        for call in calls_in(tree_of(path))
        if call in {"commit", "rollback", "begin_nested"}
    }

    assert guilty == {}


def test_no_rule_of_the_linter_is_switched_off_in_passing():
    mark = "# no" + "qa"

    assert {name_of(path) for path in PYTHON if mark in path.read_text(encoding="utf-8").lower()} == set()


def test_every_module_fits_a_head():
    lengths = {
        name_of(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in PYTHON
        if path.relative_to(ROOT).parts[0] != "tests" and name_of(path) not in LISTS
    }

    assert {
        name: length
        for name, length in lengths.items()
        if length > LONGEST_MODULE.get(name.partition("/")[0], LONGEST_ELSEWHERE)
    } == {}


def test_every_module_says_what_it_is_about():
    written = [path for path in PYTHON if path.read_text(encoding="utf-8").strip()]

    assert {name_of(path) for path in written if not ast.get_docstring(tree_of(path))} == set()


def test_nothing_is_named_for_not_having_a_name():
    modules = {name_of(path) for path in PYTHON if path.stem in BANNED or path.parent.name in BANNED}
    named = {
        f"{name_of(path)}: {node.name}"
        for path in (ROOT / "app").rglob("*.py")
        for node in ast.walk(tree_of(path))
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name.lower() in BANNED
    }
    assigned = {
        f"{name_of(path)}: {node.id}"
        for path in (ROOT / "app").rglob("*.py")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in BANNED - GIVEN
    }

    assert modules | named | assigned == set()


def shared_names(trees):
    """The names that two classes have, with the modules; a class inside another is read with its owner's name."""
    places = {}
    for module, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(module)
    return {name: modules for name, modules in places.items() if len(modules) > 1}


def test_two_classes_of_one_name_are_found():
    trees = {
        "ledger": ast.parse("class Line:\n    class Meta: ..."),
        "rows": ast.parse("class Line: ...\nclass Report:\n    class Meta: ..."),
    }

    assert shared_names(trees) == {"Line": ["ledger", "rows"]}


def test_no_two_classes_have_one_name():
    trees = {name_of(path): tree_of(path) for path in sorted((ROOT / "app").rglob("*.py"))}
    classes = sum(isinstance(node, ast.ClassDef) for tree in trees.values() for node in tree.body)

    assert classes > 400
    assert shared_names(trees) == {}


def test_every_job_named_by_string_exists():
    names = {
        value for name, value in vars(queue).items() if name.isupper() and str(value).startswith("app.jobs.")
    }

    assert names
    for dotted in names:
        module, _, function = dotted.rpartition(".")
        assert callable(getattr(importlib.import_module(module), function))


def test_every_service_lies_in_an_area():
    loose = {path.stem for path in SERVICES if path.parent.name == "services"}

    assert loose == {"__init__"}
    assert len(SERVICES) > 80


def test_every_area_of_the_services_is_on_the_map_once():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = page.partition("| folder of `app/services/` | subject |")[2].partition("\n\n")[0]

    areas = {path.relative_to(ROOT / "app" / "services").parts[0] for path in SERVICES} - {"__init__.py"}
    assert sorted(re.findall(r"^\| `(\w+)` \|", rows, re.MULTILINE)) == sorted(areas)


@pytest.mark.parametrize("path", SERVICES, ids=name_of)
def test_a_service_builds_no_envelope_and_catches_nothing_wholesale(path):
    tree = tree_of(path)
    keys = {
        key.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    }
    caught = {
        node.type.id if isinstance(node.type, ast.Name) else None
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and not isinstance(node.type, ast.Attribute | ast.Tuple)
    }

    assert not keys & {"success", "message", "error"}
    assert not caught & {None, "Exception", "BaseException"}


@pytest.mark.parametrize("path", BLUEPRINTS, ids=name_of)
def test_a_view_decides_nothing(path):
    branching = {
        node.name
        for node in functions_of(path)
        if any(isinstance(inner, (ast.If, ast.For, ast.While, ast.Try)) for inner in ast.walk(node))
    }

    assert branching == set()


@pytest.mark.parametrize("path", BLUEPRINTS, ids=name_of)
def test_a_view_is_declared_in_the_house_order(path):
    """Route, access, what comes in, what goes out, what it refuses."""
    order = ["route", "access", "arguments", "answer", "refuses"]
    kinds = {
        **dict.fromkeys(("get", "post", "put", "patch", "delete"), "route"),
        "requires": "access",
        "public": "access",
        "public_ignoring_token": "access",
        "throttled": "access",
        "idempotent": "arguments",
        "acts_on": "arguments",
        "waits": "arguments",
        "needs_plan": "arguments",
        "arguments": "arguments",
        "response": "answer",
        "lists": "answer",
        "figures": "answer",
        "downloads": "answer",
        "accepts": "answer",
        "refuses": "refuses",
    }
    wrong = {}
    for view in functions_of(path):
        written = [re.sub(r"\(.*", "", ast.unparse(each)).rpartition(".")[2] for each in view.decorator_list]
        places = [order.index(kinds[name]) for name in written]
        if places != sorted(places):
            wrong[view.name] = written

    assert wrong == {}


@pytest.mark.parametrize("path", BLUEPRINTS, ids=name_of)
def test_a_public_view_whose_answer_is_the_same_for_everyone_ignores_the_token(path):
    """A stale token would be refused for nothing, and the documentation promises the caller's own answer."""
    same_for_everyone = {
        view.name
        for view in functions_of(path)
        if "public" in {ast.unparse(each) for each in view.decorator_list}
        and "visitor()" not in ast.unparse(view)
    }

    assert same_for_everyone == set()
