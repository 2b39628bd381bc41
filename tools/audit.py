"""Vulnerability audit of the locked packages: `make audit`.

If a package cannot be checked, the audit fails with a separate status instead of passing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.locks import GROUPS

ROOT = Path(__file__).resolve().parent.parent
FOUND, UNCHECKED = 1, 2
NAMED = 5


def judge(packages: list[dict[str, Any]]) -> tuple[list[str], int]:
    """The report about them, and the exit status."""
    guilty = [each for each in packages if each.get("vulns")]
    unchecked = [each["name"] for each in packages if "vulns" not in each]
    lines = [_accusation(each, known) for each in guilty for known in each["vulns"]]
    if unchecked or not packages:
        lines.append(f"{len(unchecked)} of {len(packages)} packages could not be checked{_some(unchecked)}.")
    if len(unchecked) == len(packages):
        lines.append(
            "No advisories can be had from here. Where https://pypi.org answers they can, as in the workflow."
        )
    if lines:
        return lines, FOUND if guilty else UNCHECKED
    return [f"Nothing is known against any of {len(packages)} packages."], 0


def _accusation(package: dict[str, Any], known: dict[str, Any]) -> str:
    names = ", ".join([known["id"], *known.get("aliases", [])])
    return f"{package['name']} {package['version']}: {names}, fixed in {' or '.join(known['fix_versions']) or 'no version'}"


def _some(names: list[str]) -> str:
    rest = len(names) - NAMED
    return f": {', '.join(names[:NAMED])}{f' and {rest} more' if rest > 0 else ''}" if names else ""


def ask(arguments: list[str]) -> tuple[list[str], int]:
    packages = []
    for group in GROUPS:
        found, why = _packages_of(group, arguments)
        if why:
            return [f"The audit did not come about: {why[:300]}"], UNCHECKED
        packages += found
    return judge(packages)


def _packages_of(group: Sequence[str], arguments: list[str]) -> tuple[list[dict[str, Any]], str]:
    """The packages of these locks with their advisories, or why there is no answer."""
    locks = [part for lock in group for part in ("--requirement", lock)]
    options = ("--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json")
    asked = subprocess.run(
        [sys.executable, "-m", "pip_audit", *options, *locks, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return json.loads(asked.stdout)["dependencies"], ""
    except ValueError:
        return [], (asked.stderr.strip().splitlines() or ["no output"])[-1]


def main() -> int:
    lines, status = ask(sys.argv[1:])
    print("\n".join(lines))
    return status


if __name__ == "__main__":
    sys.exit(main())
