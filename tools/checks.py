"""`make lint`, `make test` and `make check`, which is both; `make format`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tools import chromium

ROOT = Path(__file__).resolve().parent.parent
TESTS_WORTH_TWO_PROCESSES = 200

LINTERS = (
    (sys.executable, "-m", "ruff", "format", "--check", "."),
    (sys.executable, "-m", "ruff", "check", "."),
    (sys.executable, "-m", "mypy"),
    (str(Path(sys.prefix) / "bin" / "lint-imports"), "--no-logo"),
    (sys.executable, "-m", "tools.locks"),
)


def check() -> None:
    failed = run_linters()
    chromium.prepare()
    tests = subprocess.run([*_pytest(), *in_parallel_when_many()], cwd=ROOT, check=False)
    sys.exit(failed or tests.returncode)


def lint() -> None:
    sys.exit(run_linters())


def test(arguments: list[str]) -> None:
    """Replace this process with pytest, so that it gets signals directly and sets the exit status."""
    chromium.prepare()
    os.chdir(ROOT)
    os.execv(sys.executable, [*_pytest(), *(arguments or in_parallel_when_many())])


def format_code() -> None:
    for step in (("check", "--fix-only", "--quiet"), ("format",)):
        result = subprocess.run([sys.executable, "-m", "ruff", *step, "."], cwd=ROOT, check=False)
        if result.returncode:
            sys.exit(result.returncode)


def run_linters() -> int:
    """Run every linter, so that one pass shows everything to fix; return the first failure."""
    failed = 0
    for linter in LINTERS:
        result = subprocess.run(linter, cwd=ROOT, check=False)
        failed = failed or result.returncode
    return failed


def in_parallel_when_many() -> list[str]:
    """Starting a second process costs seconds, so only a large suite gains by it."""
    tests = sum(
        len(re.findall(r"^\s*def test_", path.read_text(encoding="utf-8"), re.MULTILINE))
        for path in (ROOT / "tests").rglob("test_*.py")
    )
    # One more than there are cores, because many tests wait: for a browser, a thread or a process.
    processes = min((os.cpu_count() or 1) + 1, 4)
    return ["-n", str(processes)] if tests > TESTS_WORTH_TWO_PROCESSES and processes > 1 else []


def _pytest() -> list[str]:
    return [sys.executable, "-m", "pytest"]


def main() -> None:
    match sys.argv[1:]:
        case ["test", *arguments]:
            test(arguments)
        case ["lint", *_]:
            lint()
        case ["format", *_]:
            format_code()
        case _:
            check()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
