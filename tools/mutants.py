"""Mutation testing: plant faults in a copy of the tree, one at a time, and see whether a test fails.

Two kinds: the authorization faults of `tests/security/planted.py`, and small changes of every decision in the modules
that security depends on (`CORE`). The share of detected mutants is the mutation score.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", ".*_cache", ".hypothesis", "__pycache__", "docs")
LEAST_SECONDS = 600
TIMES_UNCHANGED = 4
"""A trial hangs when it takes so many times as long as all its tests take with nothing planted."""

CORE = {
    "web/access.py": [
        "tests/blueprints/test_auth.py",
        "tests/blueprints/test_auth_tokens.py",
        "tests/blueprints/test_auth_me.py",
        "tests/adapters/test_tokens.py",
        "tests/adapters/test_tokens_of_sessions.py",
        "tests/security/test_matrix.py",
    ],
    "adapters/tokens.py": [
        "tests/adapters/test_tokens.py",
        "tests/adapters/test_tokens_of_sessions.py",
        "tests/services/auth/test_sessions.py",
        "tests/blueprints/test_auth.py",
        "tests/blueprints/test_auth_tokens.py",
    ],
    "services/auth/sessions.py": [
        "tests/services/auth/test_sessions.py",
        "tests/blueprints/test_sessions.py",
        "tests/blueprints/test_auth.py",
        "tests/blueprints/test_auth_tokens.py",
        "tests/blueprints/test_auth_me.py",
        "tests/services/auth/test_credentials_races.py",
        "tests/adapters/test_tokens.py",
        "tests/adapters/test_tokens_of_sessions.py",
        "tests/security/test_matrix.py",
    ],
    "services/auth/credentials.py": [
        "tests/services/auth/test_credentials.py",
        "tests/services/auth/test_credentials_races.py",
        "tests/blueprints/test_auth.py",
        "tests/blueprints/test_auth_register.py",
        "tests/blueprints/test_auth_me.py",
        "tests/services/auth/test_guessing.py",
        "tests/services/auth/test_enumeration.py",
        "tests/blueprints/test_auth_by_mail.py",
        "tests/blueprints/test_auth_passwords.py",
        "tests/blueprints/test_auth_verification.py",
        "tests/blueprints/test_instructor_requests.py",
    ],
    "services/messaging/outbox.py": [
        "tests/services/messaging/test_notices.py",
        "tests/jobs",
        "tests/blueprints/test_notices.py",
    ],
}
"""Where every decision has to be held by a test, and the tests that hold it, the quickest first. One run has them all."""

_OPPOSITES = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", ">="),
    ast.GtE: (">=", "<"),
    ast.Gt: (">", "<="),
    ast.LtE: ("<=", ">"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
    ast.Not: ("not", ""),
}


class Mutant(NamedTuple):
    name: str
    path: str
    source: str
    trials: list[list[str]]
    """Arguments of pytest, one run after the other until a test fails."""


def planted() -> Iterator[Mutant]:
    """The named faults of authorization."""
    spec = importlib.util.spec_from_file_location("planted", ROOT / "tests" / "security" / "planted.py")
    if spec is None or spec.loader is None:
        sys.exit("tests/security/planted.py cannot be read.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for fault in module.FAULTS:
        source = (ROOT / "app" / fault.path).read_text(encoding="utf-8")
        near = [["tests/security", "-k", fault.near]] if fault.near else []
        changed = source.replace(fault.old, fault.new)
        yield Mutant(fault.name, fault.path, changed, [*near, ["tests/security"]])


def generated() -> Iterator[Mutant]:
    """Every decision of the core turned around."""
    for path, tests in CORE.items():
        source = (ROOT / "app" / path).read_bytes()
        starts = [0]
        for line in source.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        for node in ast.walk(ast.parse(source)):
            for start, end, old, new in _changes(node, starts):
                text = source[start:end].decode()
                changed = text.replace(old or text, new, 1)
                number = source[:start].count(b"\n") + 1
                name = f"line {number}: {_brief(text)} -> {_brief(changed)}"
                yield Mutant(
                    name,
                    path,
                    (source[:start] + changed.encode() + source[end:]).decode(),
                    [tests],
                )


def _changes(node: ast.AST, starts: list[int]) -> Iterator[tuple[int, int, str, str]]:
    """In which bytes of the source to replace what by what."""
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            yield _end(left, starts), _start(right, starts), *_OPPOSITES[type(operator)]
        case ast.UnaryOp(op=ast.Not() as operator, operand=operand):
            yield _start(node, starts), _start(operand, starts), *_OPPOSITES[type(operator)]
        case ast.BoolOp(op=operator, values=[first, second, *_]):
            yield _end(first, starts), _start(second, starts), *_OPPOSITES[type(operator)]
        case ast.If(test=test) if ast.unparse(test) != "TYPE_CHECKING":
            for word in ("True", "False"):
                yield _start(test, starts), _end(test, starts), "", word
        case ast.Raise():
            yield _start(node, starts), _end(node, starts), "", "pass"


def _start(node: Any, starts: list[int]) -> int:
    return int(starts[node.lineno - 1] + node.col_offset)


def _end(node: Any, starts: list[int]) -> int:
    return int(starts[node.end_lineno - 1] + node.end_col_offset)


def _brief(text: str) -> str:
    return " ".join(text.split())[:50] or "nothing"


class Result(NamedTuple):
    mutant: Mutant
    is_noticed: bool
    seconds: float
    hangs: bool
    """Whether it was noticed by that alone: on a busy machine, look again."""


def try_all(mutants: list[Mutant], at_once: int, patience: float) -> list[Result]:
    """Try every mutant, some at once, each in a copy of its own, and each run for so many seconds."""
    waiting: queue.SimpleQueue[Mutant] = queue.SimpleQueue()
    for mutant in mutants:
        waiting.put(mutant)
    results: list[Result] = []

    def work() -> None:
        with tempfile.TemporaryDirectory(prefix="rollcall-mutants-") as folder:
            copy = Path(folder) / "tree"
            shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
            while not waiting.empty():
                mutant = waiting.get()
                try:
                    result = _try_one(mutant, copy, patience)
                except RuntimeError as error:
                    print(f"UNTRIED  {mutant.path}: {mutant.name}: {error}", flush=True)
                    continue
                results.append(result)
                word = "HANGS   " if result.hangs else "noticed " if result.is_noticed else "SURVIVED"
                print(
                    f"{word} {result.seconds:5.0f} s  {result.mutant.path}: {result.mutant.name}", flush=True
                )

    workers = [threading.Thread(target=work) for _ in range(at_once)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return results


def _try_one(mutant: Mutant, copy: Path, patience: float) -> Result:
    before = time.monotonic()
    changed = copy / "app" / mutant.path
    original = changed.read_text(encoding="utf-8")
    changed.write_text(mutant.source, encoding="utf-8")
    hangs = False
    try:
        is_noticed = any(_fails(arguments, copy, patience) for arguments in mutant.trials)
    except subprocess.TimeoutExpired:
        is_noticed = hangs = True
    finally:
        changed.write_text(original, encoding="utf-8")
    return Result(mutant, is_noticed, time.monotonic() - before, hangs)


def _fails(arguments: list[str], copy: Path, patience: float | None = None) -> bool:
    """Whether a test fails; 5 says that there was none to run."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--tb=no", *arguments]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, check=False, timeout=patience
    )
    if ran.returncode not in (0, 1, 5):
        raise RuntimeError(f"pytest ended with {ran.returncode}:\n{ran.stdout.decode()}{ran.stderr.decode()}")
    return ran.returncode == 1


def check_unchanged(mutants: list[Mutant]) -> float:
    """The tests pass where nothing is planted, or their failing would say nothing; return how many seconds they took."""
    before = time.monotonic()
    named = {part for mutant in mutants for trial in mutant.trials for part in trial}
    tests = sorted(part for part in named if part.startswith("tests/"))
    with tempfile.TemporaryDirectory(prefix="rollcall-mutants-") as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        if _fails(tests, copy):
            sys.exit(f"These fail as they are, so nothing can be said: {' '.join(tests)}")
    return time.monotonic() - before


def report(title: str, mutants: list[Mutant], results: list[Result], goal: float) -> bool:
    """Whether the goal is met; a mutant that could not be tried was not noticed."""
    noticed = sum(result.is_noticed for result in results)
    share = noticed / len(mutants)
    hanging = sum(result.hangs for result in results)
    by_hanging = f", {hanging} of them because the tests hang" if hanging else ""
    print(
        f"{title}: {noticed} of {len(mutants)} noticed{by_hanging}, {share:.0%} (goal {goal:.0%})", flush=True
    )
    return share >= goal


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("kind", nargs="*", choices=["planted", "core", []], help="both unless one is named")
    parser.add_argument("--at-once", type=int, default=2, help="how many copies are tried side by side")
    parser.add_argument("--only", default="", help="only where the path or the name holds this")
    options = parser.parse_args()
    kinds = options.kind or ["planted", "core"]
    goals = {"planted": (planted, 1.0), "core": (generated, 0.85)}
    is_good = True
    for kind in kinds:
        make, goal = goals[kind]
        wanted = [mutant for mutant in make() if options.only in f"{mutant.path}: {mutant.name}"]
        if not wanted:
            sys.exit(f"Nothing to try holds {options.only!r}.")
        patience = max(LEAST_SECONDS, TIMES_UNCHANGED * check_unchanged(wanted))
        is_good = report(kind, wanted, try_all(wanted, options.at_once, patience), goal) and is_good
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
