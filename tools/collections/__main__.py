"""Run every request of the collections against a fresh demo: journeys and roles twice, everything else once.

With the argument `write` it writes the files of `collections/` from the code, and runs nothing. Exits with 1 where a test
fails; where Node.js or its packages cannot be had it names that and exits with 0.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from tools.collections import node, runs
from tools.collections.node import Node
from tools.collections.runs import Run
from tools.import_check import platform
from tools.run import FLASK
from tools.state import ROOT

REPEATABLE = ("Log in", "Journeys", "Roles")
PASSES = {"everything": (*REPEATABLE, "Nouns", "Last: end sessions"), "journeys again": REPEATABLE}
TOOLS: dict[str, Callable[[Node, str, tuple[str, ...]], Run]] = {
    "newman": runs.by_newman,
    "hoppscotch": runs.by_hoppscotch,
}


def main() -> None:
    names = sys.argv[1:] or list(TOOLS)
    if names == ["write"]:
        write()
    elif unknown := set(names) - set(TOOLS):
        sys.exit(f"There is no tool {', '.join(sorted(unknown))}; there are {', '.join(TOOLS)}.")
    elif missing := node.why_missing():
        print(f"SKIPPED: the collections were not run. {missing}")
    else:
        sys.exit(install_and_run(names))


def write() -> None:
    """No server is needed: the collections follow from the code."""
    nowhere = {"DATABASE_URL": "postgresql://nowhere/nowhere", "REDIS_URL": "redis://nowhere"}
    subprocess.run([*FLASK, "collections", "write"], cwd=ROOT, env={**os.environ, **nowhere}, check=True)


def install_and_run(names: list[str]) -> int:
    try:
        tools = node.installed()
    except subprocess.CalledProcessError as error:
        print(f"SKIPPED: the collections were not run. npm could not install the tools ({error.returncode}).")
        return 0
    return run(tools, names)


def run(tools: Node, names: list[str]) -> int:
    failed = 0
    with platform.running(tools.folder) as demo:
        for name in names:
            with demo.serving(sends_mail=True) as url:
                if name == "newman":
                    failed += report("Postman's library", runs.imported_by_postman(tools, url))
                for what, folders in PASSES.items():
                    failed += report(f"{name}, {what}", TOOLS[name](tools, url, folders))
    return 1 if failed else 0


def report(title: str, done: Run) -> int:
    ok = "ok" if not done.failed and done.requests else "FAILED"
    print(
        f"{ok:>6}  {title}: {done.requests} requests, {done.tests} tests, {len(done.failed)} failed",
        flush=True,
    )
    for each in done.failed:
        print(f"        {each}")
    return len(done.failed) + (done.requests == 0)


if __name__ == "__main__":
    main()
