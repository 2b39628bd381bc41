#!/usr/bin/env python3
"""The task runner of this repository, which needs nothing installed but Python 3.11 or newer.

It makes `.venv` from the locked requirements when they have changed and hands over to the tools inside it.
Old versions of Python can still read this file, so that they answer with a sentence instead of a syntax error.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from typing import Callable, NamedTuple

from tools.environments import ROOT, VENV, install

PYTHON = VENV / "bin" / "python"
DOCS_VENV = ROOT / ".venv-docs"
S3_VENV = ROOT / ".venv-s3"
"""What the tests of files in a bucket start: a server that speaks S3."""

RUN_LOCKS = ("requirements.txt", "requirements-local.txt")
ALL_LOCKS = (*RUN_LOCKS, "requirements-dev.txt", "requirements-traces.txt")
DOCS_LOCKS = ("requirements-docs.txt",)
S3_LOCKS = ("requirements-s3.txt",)


def command_help(_: list[str]) -> None:
    """Show this list"""
    print("Usage: make <target> [ARGS=...], or python3 dev.py <target> [...]\n")
    width = max(map(len, COMMANDS))
    for name, command in COMMANDS.items():
        print(f"  {name:<{width}}  {command.about}")


def command_docs(arguments: list[str]) -> None:
    """In an environment of its own, so that tests and the platform install nothing for it."""
    install(DOCS_LOCKS, DOCS_VENV, may_add_packages=OPTIONS.yes)
    generator = [str(DOCS_VENV / "bin" / "zensical"), *(arguments or ("build", "--strict", "--clean"))]
    sys.exit(subprocess.run(generator, cwd=ROOT, check=False).returncode)


def command_install(_: list[str]) -> None:
    """Nothing more: the locks are installed before a command begins."""


def command_clean(_: list[str]) -> None:
    if PYTHON.exists():
        subprocess.run([PYTHON, "-m", "tools.state", "clean"], cwd=ROOT, check=True)
    names = (
        *(".venv", ".venv-docs", ".venv-s3", ".venv.lock"),
        *("site", ".cache", ".hypothesis", ".coverage", "sbom.json"),
    )
    for made in (*(ROOT / name for name in names), *ROOT.glob(".*_cache"), *ROOT.rglob("__pycache__")):
        if made.is_dir():
            shutil.rmtree(made)
        elif made.exists():
            made.unlink()


def tool(*command: str) -> Callable[[list[str]], None]:
    """A command that is a module of the project's, which gets the arguments."""
    return lambda arguments: hand_over("-m", *command, *arguments)


class Command(NamedTuple):
    about: str
    locks: tuple[str, ...]
    """What has to be installed before it begins."""
    run: Callable[[list[str]], None]


COMMANDS = {
    "help": Command("Show this list", (), command_help),
    "run": Command(
        "Run the whole platform: database, queue, API, worker and sweep", RUN_LOCKS, tool("tools.run")
    ),
    "test": Command(
        "Run the tests on servers of their own; ARGS go to pytest", ALL_LOCKS, tool("tools.checks", "test")
    ),
    "check": Command("Run lint and test; both must pass before a push", ALL_LOCKS, tool("tools.checks")),
    "lint": Command(
        "Check format, ruff's rules, types, the direction of imports and the locks",
        ALL_LOCKS,
        tool("tools.checks", "lint"),
    ),
    "format": Command("Rewrite the code in the project's format", ALL_LOCKS, tool("tools.checks", "format")),
    "bench": Command("Measure the platform's speed; ARGS name the benches", ALL_LOCKS, tool("bench")),
    "chaos": Command(
        "Kill workers and stop servers for minutes, and check that nothing is lost",
        ALL_LOCKS,
        tool("pytest", "-m", "chaos"),
    ),
    "lab": Command(
        "Build a deployment on several machines, in network namespaces; needs root",
        ALL_LOCKS,
        tool("tools.lab", "keep"),
    ),
    "chaos-lab": Command(
        "Kill each part of the lab under load; ARGS name cases", ALL_LOCKS, tool("tools.lab", "chaos")
    ),
    "fuzz": Command(
        "Send generated requests to every endpoint, many more than the tests do",
        ALL_LOCKS,
        tool("pytest", "-m", "fuzz"),
    ),
    "mutants": Command(
        "Plant faults one by one and count how many the tests notice", ALL_LOCKS, tool("tools.mutants")
    ),
    "findings": Command(
        "Run findings/*.sh, which show what libraries and tools really do; ARGS name some",
        RUN_LOCKS,
        tool("tools.findings"),
    ),
    "examples": Command(
        "Record what the examples of the OpenAPI document answer, on a fresh demo",
        RUN_LOCKS,
        tool("tools.record_examples"),
    ),
    "import-check": Command(
        "Import the OpenAPI document as Postman and Hoppscotch do; needs Node.js and the network",
        RUN_LOCKS,
        tool("tools.import_check"),
    ),
    "collections": Command(
        "Run the Postman and Hoppscotch collections", RUN_LOCKS, tool("tools.collections")
    ),
    "pictures": Command(
        "Take the pictures of docs/pictures; ARGS name some", ALL_LOCKS, tool("tools.pictures")
    ),
    "audit": Command(
        "Check all locked packages for known vulnerabilities; needs the network",
        ALL_LOCKS,
        tool("tools.audit"),
    ),
    "sbom": Command(
        'Write the bill of materials (SBOM) of the image to sbom.json, as CycloneDX; ARGS="FILE" for another name',
        ALL_LOCKS,
        tool("tools.sbom"),
    ),
    "settings": Command(
        "Write .env.example and docs/settings.md from config.py", RUN_LOCKS, tool("tools.settings")
    ),
    "docs": Command(
        'Build the documentation into site/; ARGS="serve" shows it while you write', (), command_docs
    ),
    "psql": Command("Open a SQL shell on the running platform", RUN_LOCKS, tool("tools.shells", "psql")),
    "redis-cli": Command("Open a shell on the running Redis", RUN_LOCKS, tool("tools.shells", "redis-cli")),
    "install": Command(
        "Make .venv with everything, as the other targets do when they need it", ALL_LOCKS, command_install
    ),
    "lock": Command(
        'Compile the locked requirements again; ARGS="--upgrade" for newer versions',
        ALL_LOCKS,
        tool("tools.compile_locks"),
    ),
    "reset": Command(
        "Delete the local database, queue and mail; the next run starts from scratch",
        RUN_LOCKS,
        tool("tools.state", "reset"),
    ),
    "clean": Command("Remove environments, caches, local data, site and SBOM", (), command_clean),
}


def hand_over(*arguments: str) -> None:
    """Replace this process with the tool, so that it gets signals directly and sets the exit status."""
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), *arguments])


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--yes", action="store_true")
    parser.add_argument("command", nargs="?", default="help")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser.parse_args()


def main() -> None:
    command = COMMANDS.get(OPTIONS.command)
    if command is None:
        command_help([])
        sys.exit(f"\nThere is no target {OPTIONS.command!r}.")
    try:
        install(command.locks, may_add_packages=OPTIONS.yes)
        command.run(OPTIONS.arguments)
    except KeyboardInterrupt:
        sys.exit(130)
    except subprocess.CalledProcessError as error:
        sys.exit(f"Failed with status {error.returncode}: {' '.join(map(str, error.cmd[:5]))} ...")


if __name__ == "__main__":
    OPTIONS = parse_arguments()
    main()
