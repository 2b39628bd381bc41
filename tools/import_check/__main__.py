"""Import the document as Postman and Hoppscotch do, send what they made, lint it, and generate a client from it.

The packages are those of `package-lock.json`, installed beside the other state of this checkout. Exits with 1 where
something is below its bar; where Node.js or the packages cannot be had it names that and exits with 0. docs/openapi.md
has the figures.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from app.web.openapi.examples.requests import PASSWORD
from tools.collections import node
from tools.import_check import platform, python_client
from tools.import_check.platform import Platform
from tools.state import open_state

HERE = Path(__file__).parent
PACKAGES = ("package.json", "package-lock.json", ".npmrc")


@dataclass(frozen=True)
class Check:
    """One line of the report."""

    name: str
    said: str
    holds: bool
    details: str = ""


@dataclass(frozen=True)
class Workshop:
    """The folder with the packages, the scripts and what they make."""

    folder: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)

    def tool(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(str(self.folder / "node_modules" / ".bin" / name), *arguments)

    def save_document(self, url: str) -> str:
        (self.folder / "openapi.json").write_bytes(platform.read(f"{url}/openapi.json"))
        return "openapi.json"


def importing(script: str, bar: int, *flags: str) -> Callable[[Workshop, Platform], Check]:
    """Send everything that an importer makes of the document, and count the successes."""

    def check(workshop: Workshop, demo: Platform) -> Check:
        with demo.serving() as url:
            document = workshop.save_document(url)
            token = platform.token_of_admin(url)
            done = workshop.run("node", f"{script}.mjs", document, token, "answers.json", *flags)
        name = " ".join((script, *flags))
        if done.returncode != 0:
            return Check(name, "the importer failed", holds=False, details=done.stderr[-2000:])
        answers: list[dict[str, Any]] = json.loads(
            (workshop.folder / "answers.json").read_text(encoding="utf-8")
        )
        failed = [each for each in answers if not 200 <= each["status"] < 300]
        good = len(answers) - len(failed)
        lines = [f"{each['status']} {each['method']} {each['url']} {each['text'][:160]}" for each in failed]
        said = f"{good} of {len(answers)} requests succeed as imported (bar: {bar})"
        return Check(name, said, holds=good >= bar, details="\n".join(lines))

    return check


def client(workshop: Workshop, demo: Platform) -> Check:
    """Compile the README's job against generated types, and run it."""
    with demo.serving() as url:
        workshop.save_document(url)
        source = (workshop.folder / "main-job.ts").read_text(encoding="utf-8")
        steps = [
            workshop.tool("openapi-typescript", "openapi.json", "--output", "api.d.ts"),
            workshop.tool("tsc", "--project", "tsconfig.json"),
            workshop.run("node", "built/main-job.js", url, PASSWORD),
        ]
    failed = [step.stdout + step.stderr for step in steps if step.returncode != 0]
    code = "\n".join(line for line in source.splitlines() if not line.startswith("//"))
    is_plain = "?." not in code and not any(mark in code for mark in ("!.", "!)", "!;", "!,", "!["))
    said = "compiles under --strict and runs" if not failed else "does not compile, or fails"
    return Check("openapi-typescript", said, holds=is_plain and not failed, details="\n".join(failed)[-3000:])


def typed_python(workshop: Workshop, demo: Platform) -> Check:
    """Generate a Python client, and compile and run the README's job with it."""
    with demo.serving() as url:
        workshop.save_document(url)
        found = python_client.problems(workshop.folder, url)
    said = "does not compile, or fails" if found else "the main job is strictly typed and runs"
    return Check("openapi-python-client", said, holds=not found, details="\n".join(found))


def redocly(workshop: Workshop, demo: Platform) -> Check:
    with demo.serving() as url:
        document = workshop.save_document(url)
    done = workshop.tool("redocly", "lint", document, "--config", "redocly.yaml", "--format", "json")
    report, _ = json.JSONDecoder().raw_decode(done.stdout[done.stdout.index("{") :])
    found = [f"{each['ruleId']}: {each['message']}" for each in report["problems"]]
    return Check("redocly", f"{len(found)} warnings", holds=not found, details="\n".join(found[:20]))


def spectral(workshop: Workshop, demo: Platform) -> Check:
    with demo.serving() as url:
        document = workshop.save_document(url)
    done = workshop.tool("spectral", "lint", document, "--ruleset", "spectral.yaml", "--format", "json")
    # Where there is nothing to report, a sentence follows the list.
    report, _ = json.JSONDecoder().raw_decode(done.stdout)
    found = [f"{each['code']}: {each['message']} at {'/'.join(map(str, each['path']))}" for each in report]
    return Check("spectral", f"{len(found)} warnings", holds=not found, details="\n".join(found[:20]))


def arazzo(workshop: Workshop, demo: Platform) -> Check:
    """Lint the workflow, with the OpenAPI document that it names."""
    with demo.serving() as url:
        workshop.save_document(url)
        workflow = json.loads(platform.read(f"{url}/arazzo.json"))
    workflow["sourceDescriptions"][0]["url"] = "openapi.json"
    (workshop.folder / "arazzo.json").write_text(json.dumps(workflow), encoding="utf-8")
    done = workshop.tool(
        "redocly", "lint", "arazzo.json", "--extends", "recommended-strict", "--format", "json"
    )
    report, _ = json.JSONDecoder().raw_decode(done.stdout[done.stdout.index("{") :])
    found = [f"{each['ruleId']}: {each['message']}" for each in report["problems"]]
    return Check("arazzo", f"{len(found)} warnings", holds=not found, details="\n".join(found[:20]))


CHECKS: dict[str, Callable[[Workshop, Platform], Check]] = {
    "postman": importing("postman", 110),
    "postman-optional": importing("postman", 110, "--optional"),
    "hoppscotch": importing("hoppscotch", 90),
    "client": client,
    "python-client": typed_python,
    "redocly": redocly,
    "spectral": spectral,
    "arazzo": arazzo,
}


def main() -> None:
    names = sys.argv[1:] or list(CHECKS)
    if unknown := set(names) - set(CHECKS):
        sys.exit(f"There is no check {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}.")
    if missing := node.why_missing():
        skip(missing)
    try:
        workshop = prepared()
        if "python-client" in names:
            python_client.environment(workshop.folder)
    except subprocess.CalledProcessError as error:
        skip(f"The packages could not be installed ({error.cmd[0]} ended with {error.returncode}).")
    with platform.running(workshop.folder) as demo:
        checks = [CHECKS[name](workshop, demo) for name in names]
    for each in checks:
        print(f"{'ok' if each.holds else 'BELOW':>6}  {each.name}: {each.said}")
        if each.details:
            print("\n".join(f"        {line}" for line in each.details.splitlines()))
    sys.exit(0 if all(each.holds for each in checks) else 1)


def skip(why: str) -> NoReturn:
    print(f"SKIPPED: the OpenAPI document was not tested. {why}")
    sys.exit(0)


def prepared() -> Workshop:
    """The folder with the packages of the lock file, installed when the lock file has changed.

    :raises subprocess.CalledProcessError: when npm cannot install them, such as without a network
    """
    folder = open_state().folder("import-check")
    for file in HERE.iterdir():
        if file.is_file() and file.suffix != ".py":
            shutil.copy(file, folder / file.name)
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in PACKAGES)).hexdigest()
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        print(
            "Installing the packages of tools/import_check/package-lock.json (once, about a minute) ...",
            flush=True,
        )
        subprocess.run(["npm", "ci", "--ignore-scripts", "--loglevel", "error"], cwd=folder, check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return Workshop(folder)


if __name__ == "__main__":
    main()
