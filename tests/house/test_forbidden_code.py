"""Code that we do not write, though no linter minds: each rule is run over a planted snippet as well, and finds it.

Ruff's rules on security (S) and on moments (DTZ) are planted, too: they have to be on.
"""

import ast
import json
import pickle
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from rq.serializers import DefaultSerializer, JSONSerializer

from app.adapters import known_jobs, queue
from app.adapters.redis import connection
from app.enums import Lane
from app.jobs import workers
from tests.support.paths import ROOT

OURS = [path for folder in ("app", "demo") for path in sorted((ROOT / folder).rglob("*.py"))]

RAW = {"text", "literal_column", "DDL", "exec_driver_sql", "TextClause"}
PUT_TOGETHER = {
    "app/db/columns.py": "columns and conditions that the models name",
    "app/services/assigning/ledger_statements.py": "its own statements, one for each kind of run",
    "app/services/assigning/undo_statements.py": "its own statements, of parts that they share",
    "app/services/search/courses_search.py": "the four weights of a vector",
    "app/services/messaging/notices_depth.py": "a state, which an enumeration names",
    "app/services/counters/verification.py": "tables and columns of its own",
}
"""Modules whose SQL is more than a constant, and of what."""

READERS = {"json", "msgspec", "orjson"}
READ_LOOSELY = {
    "app/adapters/certificate_pdf/typesetting.py": "what our own process wrote to this one",
    "app/adapters/cache.py": "what this program has stored itself",
    "app/adapters/sheets/streams.py": "lines of a sheet, whose values are taken as text",
    "app/web/collections/recorded.py": "the answers to steps that `make examples` recorded",
    "app/web/frontend.py": "the paths of our own pages",
    "app/web/openapi/examples/plugin.py": "the answers that `make examples` recorded",
    "app/web/openapi/examples/refusals.py": "the refusals that `make examples` recorded",
    "app/web/request_body.py": "the reader of our own answers",
}
"""Modules that read JSON by another reader than the strict one, and which JSON."""

UNSAFE_MODULES = {"pickle", "dill", "cloudpickle", "jsonpickle", "joblib", "marshal", "shelve", "yaml"}
NEED_A_SERIALIZER = {"Queue", "Worker", "ForkWorker", "SpawnWorker", "SimpleWorker"}


def called(node):
    """`text` of `sa.text(...)`"""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def fixed_names(tree):
    """What is in the module itself: created when it is imported, before any request."""
    targets = [
        target
        for node in tree.body
        if isinstance(node, (ast.Assign, ast.AnnAssign))
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    imported = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    return {target.id for target in targets if isinstance(target, ast.Name)} | {
        alias.asname or alias.name for node in imported for alias in node.names
    }


def sql_of_more_than_constants(tree):
    fixed = fixed_names(tree)
    return [
        node
        for node in ast.walk(tree)
        if called(node) in RAW
        for argument in [
            *node.args,
            *(keyword.value for keyword in node.keywords if keyword.arg in {"text", "statement"}),
        ]
        if any(isinstance(inner, ast.Name) and inner.id not in fixed for inner in ast.walk(argument))
    ]


def changed_by_what_was_read(tree):
    """`row.count += 1`: two requests read the same count, and one of them is lost."""
    added = [
        node for node in ast.walk(tree) if isinstance(node, ast.AugAssign) and _is_of_another(node.target)
    ]
    rewritten = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp)
        for target in node.targets
        if _is_of_another(target)
        and ast.unparse(target) in {ast.unparse(inner) for inner in ast.walk(node.value)}
    ]
    return added + rewritten


def _is_of_another(target):
    return isinstance(target, ast.Attribute) and not (
        isinstance(target.value, ast.Name) and target.value.id == "self"
    )


def kept_for_whoever_asks_next(tree):
    """`@cached` on a view serves one person's answer to the next. `lru_cache` is for functions of their arguments."""
    names = {"cached", "memoize", "memoized", "cached_property_with_ttl"}
    return [
        node
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.Name) and node.id in names)
    ]


def run_by_reading(tree):
    """An attacker who writes what these read runs code."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
        if name.partition(".")[0] in UNSAFE_MODULES or name == "PickleSerializer"
    ]


def queues_that_pickle(tree):
    """RQ pickles by default, and each place has to override that."""
    return [
        node
        for node in ast.walk(tree)
        if called(node) in NEED_A_SERIALIZER
        or (isinstance(node, ast.Call) and ast.unparse(node.func) == "Job.fetch")
        if "JSONSerializer"
        not in {ast.unparse(keyword.value) for keyword in node.keywords if keyword.arg == "serializer"}
    ]


def read_past_the_strict_reader(tree):
    """What clients send is judged by `strict_json.read` before anything else looks at it."""
    return [
        node
        for node in ast.walk(tree)
        if (called(node) in {"load", "loads", "decode"} and _is_a_reader(node.func))
        or (
            isinstance(node, ast.Attribute)
            and node.attr in {"json", "get_json"}
            and isinstance(node.value, ast.Name)
            and node.value.id == "request"
        )
        or (
            isinstance(node, ast.ImportFrom)
            and node.module in READERS
            and any(alias.name in {"load", "loads"} for alias in node.names)
        )
    ]


def _is_a_reader(function):
    return (
        isinstance(getattr(function, "value", None), (ast.Name, ast.Attribute))
        and ast.unparse(function.value).partition(".")[0] in READERS
    )


RULES = [
    sql_of_more_than_constants,
    changed_by_what_was_read,
    kept_for_whoever_asks_next,
    run_by_reading,
    queues_that_pickle,
    read_past_the_strict_reader,
]

EXCEPTIONS = {sql_of_more_than_constants: PUT_TOGETHER, read_past_the_strict_reader: READ_LOOSELY}

PLANTED = [
    (
        sql_of_more_than_constants,
        "def find(name):\n    return text(f\"SELECT * FROM users WHERE name = '{name}'\")",
    ),
    (sql_of_more_than_constants, "def find(name):\n    return text('SELECT ' + name)"),
    (sql_of_more_than_constants, "def find(name):\n    return sa.text('SELECT {}'.format(name))"),
    (sql_of_more_than_constants, "def find(name):\n    return text('SELECT %s' % name)"),
    (sql_of_more_than_constants, "def find(name):\n    return text(name)"),
    (sql_of_more_than_constants, "def find(name):\n    SQL = 'SELECT ' + name\n    return text(SQL)"),
    (sql_of_more_than_constants, "def sort(by):\n    return query.order_by(literal_column(by))"),
    (sql_of_more_than_constants, "def find(name):\n    connection.exec_driver_sql(f'SELECT {name}')"),
    (changed_by_what_was_read, "def enroll(course):\n    course.enrollment_count += 1"),
    (changed_by_what_was_read, "def leave(course):\n    course.enrollment_count -= 1"),
    (changed_by_what_was_read, "def enroll(course):\n    course.count = course.count + 1"),
    (changed_by_what_was_read, "def enroll(self):\n    self.course.count += 1"),
    (kept_for_whoever_asks_next, "@cache.cached(timeout=60)\ndef show():\n    return caller().email"),
    (kept_for_whoever_asks_next, "@cached\ndef show():\n    return caller().email"),
    (kept_for_whoever_asks_next, "@cache.memoize(60)\ndef show(page):\n    return caller().email"),
    (run_by_reading, "import pickle"),
    (run_by_reading, "from pickle import loads"),
    (run_by_reading, "import marshal as notes"),
    (run_by_reading, "from rq.serializers import PickleSerializer"),
    (queues_that_pickle, "Queue('rollcall', connection=redis)"),
    (queues_that_pickle, "Queue('rollcall', connection=redis, serializer=DefaultSerializer)"),
    (queues_that_pickle, "rq.Worker(['rollcall'], connection=redis)"),
    (queues_that_pickle, "Job.fetch(name, connection=redis)"),
    (read_past_the_strict_reader, "sent = orjson.loads(request.get_data())"),
    (read_past_the_strict_reader, "sent = msgspec.json.decode(request.get_data())"),
    (read_past_the_strict_reader, "sent = json.load(request.stream)"),
    (read_past_the_strict_reader, "from json import loads"),
    (read_past_the_strict_reader, "sent = request.get_json()"),
    (read_past_the_strict_reader, "sent = request.json"),
]

FINE = [
    "sent = strict_json.read(body)\nkept = msgspec.json.encode(sent).decode()",
    "QUERY = 'SELECT 1'\ndef find():\n    return text(QUERY)",
    "from app.models.course import PUBLIC\ndef find():\n    return text(PUBLIC + ' AND ' + 'is_active')",
    "def find(name):\n    return session.execute(text('SELECT :name'), {'name': name})",
    "def count(self):\n    self.failures += 1\n    total = 0\n    total += 1",
    "@lru_cache(maxsize=10)\ndef length(word):\n    return len(word)",
    "Queue('rollcall', serializer=JSONSerializer)",
]


@pytest.mark.parametrize("rule", RULES)
def test_nothing_of_ours_does_it(rule):
    allowed = EXCEPTIONS.get(rule, {})
    guilty = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in OURS
        if str(path.relative_to(ROOT)) not in allowed
        for node in rule(ast.parse(path.read_text(encoding="utf-8")))
    }

    assert guilty == set()


@pytest.mark.parametrize(("rule", "name"), [(rule, name) for rule in EXCEPTIONS for name in EXCEPTIONS[rule]])
def test_no_exception_outlives_its_reason(rule, name):
    assert rule(ast.parse((ROOT / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize(("rule", "snippet"), PLANTED)
def test_a_rule_finds_what_it_forbids(rule, snippet):
    assert rule(ast.parse(snippet))


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_leaves_alone_what_is_fine(rule):
    assert [snippet for snippet in FINE if rule(ast.parse(snippet))] == []


SEEN_BY_RUFF = {
    "DTZ001": "from datetime import datetime\n\nstarted = datetime(2026, 1, 1)",
    "DTZ003": "from datetime import datetime\n\nstarted = datetime.utcnow()",
    "DTZ005": "from datetime import datetime\n\nstarted = datetime.now()",
    "DTZ006": "from datetime import datetime\n\nstarted = datetime.fromtimestamp(0)",
    "DTZ007": 'from datetime import datetime\n\nstarted = datetime.strptime("2026", "%Y")',
    "DTZ011": "from datetime import date\n\ntoday = date.today()",
    "S102": "exec(words)",
    "S105": 'password = "Analytical-Engine-1843"',
    "S113": 'import requests\n\nrequests.get("https://example.org")',
    "S201": "from flask import Flask\n\napp = Flask(__name__)\napp.run(debug=True)",
    "S301": "import pickle\n\npickle.loads(words)",
    "S307": "eval(words)",
    "S311": "import random\n\ncode = random.random()",
    "S324": "import hashlib\n\nhashlib.md5(words)",
    "S501": 'import requests\n\nrequests.get("https://example.org", verify=False, timeout=1)',
    "S506": "import yaml\n\nyaml.load(words)",
    "S602": "import subprocess\n\nsubprocess.run(words, shell=True, check=True)",
    "S608": "query = \"SELECT * FROM users WHERE name = '%s'\" % name",
    "S701": "import jinja2\n\njinja2.Environment()",
}


@pytest.fixture(scope="module")
def found_by_ruff(tmp_path_factory):
    """`{"S102": {"S102", ...}}`: what each snippet is accused of, were it a module of ours."""
    folder = tmp_path_factory.mktemp("planted") / "app" / "services"
    folder.mkdir(parents=True)
    for code, snippet in SEEN_BY_RUFF.items():
        (folder / f"{code}.py").write_text(snippet + "\n")
    told = subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "check",
            "--config",
            ROOT / "pyproject.toml",
            "--output-format",
            "json",
            folder,
        ],
        capture_output=True,
        check=False,
    )
    accused = [(Path(each["filename"]).stem, each["code"]) for each in json.loads(told.stdout)]
    return {code: {named for stem, named in accused if stem == code} for code in SEEN_BY_RUFF}


@pytest.mark.parametrize("code", SEEN_BY_RUFF)
def test_ruff_finds_what_it_is_there_for(found_by_ruff, code):
    assert code in found_by_ruff[code]


def test_queue_and_worker_speak_json(app):
    with app.app_context():
        assert queue.jobs(Lane.BULK).serializer is JSONSerializer
        assert workers.build_worker().serializer is JSONSerializer


class Bomb:
    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return Path.touch, (Path(self.path),)


def test_a_pickle_that_an_attacker_put_into_the_queue_is_not_loaded(app, start, tmp_path):
    sign = tmp_path / "it-ran"
    planted = pickle.dumps((Bomb(sign), None, [], {}))
    DefaultSerializer.loads(planted)
    assert sign.exists(), "it would go off"
    sign.unlink()
    with app.app_context():
        job = queue.jobs(Lane.BULK).enqueue(known_jobs.DELIVER_NOTICES, [])
        connection().hset(job.key, "data", zlib.compress(planted))

    assert start("-m", "flask", "--app", "wsgi", "worker", "--burst").wait(timeout=60) == 0

    assert not sign.exists()
    with app.app_context():
        assert queue.jobs(Lane.BULK).count == 0


def test_no_file_holds_the_marks_of_a_merge():
    marks = ["git", "grep", "--untracked", "-lE", "^(<{7}|>{7}) "]
    found = subprocess.run(marks, cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode > 1:
        pytest.skip("this is no working copy of git")

    assert found.stdout == ""


def refusals_without_words(tree):
    """`raise Forbidden`: its title says only that the caller may not, and neither who may nor what is forbidden."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name) and node.exc.id == "Forbidden"
    ]


def test_each_403_says_what_only_others_may_do():
    assert refusals_without_words(ast.parse("raise Forbidden"))
    assert not refusals_without_words(ast.parse("raise Forbidden('Only an admin can set `code`.')"))
    assert not [path for path in OURS if refusals_without_words(ast.parse(path.read_text(encoding="utf-8")))]
