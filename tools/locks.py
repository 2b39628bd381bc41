"""The locked requirements, and a check that they install on any day: part of `make lint`.

`dev.py` installs a lock with `pip install --no-deps --require-hashes`, so nothing is resolved and no later release can
change what is installed. That holds while the locks are closed: each package that a locked one requires is locked, in a
version that fits, with the extras that are asked for. An old pip refuses `coverage==7` where `coverage[toml]` is required.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
TOGETHER = (
    "requirements.txt",
    "requirements-local.txt",
    "requirements-dev.txt",
    "requirements-traces.txt",
)
"""What `.venv` holds."""

GROUPS = ((*TOGETHER, "requirements-docs.txt"), ("requirements-s3.txt",))
"""Packages that locks of a group share have one version: pip-audit refuses to read two."""

LOCKS = tuple(lock for group in GROUPS for lock in group)
"""The last two have environments of their own."""

OLDEST_PIP = {(3, 11): "22.3", (3, 12): "23.2.1", (3, 13): "24.2", (3, 14): "25.2"}
"""The pip that the first release of each Python bundles."""

STAMP = Path(sys.prefix) / "locks-checked.json"
"""Which locks pip has read here. Reading them costs the download of every package, so it happens once a lock."""

_CONTINUED = re.compile(r"\\\n")


def pins_of(lock: str) -> list[Requirement]:
    """The packages of a lock that this interpreter installs, as PEP 508 requirements."""
    lines = (line.partition(" --hash")[0].strip() for line in _CONTINUED.sub(" ", lock).splitlines())
    pins = [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]
    return [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]


def gaps(pins: Iterable[Requirement], requires: Callable[[str], list[str]]) -> list[str]:
    """What locked packages require and the locks do not hold; empty when the locks are closed.

    :param pins: the packages of all locks together
    :param requires: the requirements of a package, as its metadata has them
    """
    locked = {canonicalize_name(pin.name): pin for pin in pins}
    return [
        f"{pin.name} requires {needed}, which is not locked"
        for pin in locked.values()
        for needed in _needs(pin, requires(pin.name))
        if not _is_met(needed, locked.get(canonicalize_name(needed.name)))
    ]


def _needs(pin: Requirement, lines: Iterable[str]) -> Iterator[Requirement]:
    for needed in map(Requirement, lines):
        extras = pin.extras or {""}
        if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
            needed.marker = None
            yield needed


def _is_met(needed: Requirement, pin: Requirement | None) -> bool:
    if pin is None or not needed.extras <= pin.extras:
        return False
    version = str(pin.specifier).removeprefix("==")
    return needed.specifier.contains(version, prereleases=True)


def _requires(name: str) -> list[str]:
    return metadata.requires(name) or []


def refused_by_pip() -> list[str]:
    """What the oldest supported pip says against a lock that it does not install, and gaps of locks that it does."""
    wanted = {lock: hashlib.sha256((ROOT / lock).read_bytes()).hexdigest() for lock in LOCKS}
    if _read_stamp() == wanted:
        return []
    with tempfile.TemporaryDirectory() as folder:
        pip = _oldest_pip(folder)
        refused = [said for lock in LOCKS for said in _dry_run(pip, lock)]
    if not refused:
        STAMP.write_text(json.dumps(wanted), encoding="utf-8")
    return refused


def _read_stamp() -> object:
    try:
        return json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _oldest_pip(folder: str) -> list[str]:
    """A command that runs the pip which the first release of this Python bundles."""
    version = OLDEST_PIP.get(sys.version_info[:2])
    if version is None:
        return [sys.executable, "-m", "pip"]
    download = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps")
    subprocess.run([*download, "--dest", folder, f"pip=={version}"], check=True)
    return [sys.executable, str(Path(folder) / f"pip-{version}-py3-none-any.whl" / "pip")]


def _dry_run(pip: list[str], lock: str) -> list[str]:
    install = (*pip, "install", "--quiet", "--disable-pip-version-check", "--no-input", "--ignore-installed")
    options = ("--no-deps", "--require-hashes", "--prefer-binary", "--report", "-", "--requirement", lock)
    tried = subprocess.run(
        [*install, "--dry-run", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode:
        return [f"pip refuses {lock}:\n{tried.stderr.strip()}"]
    return gaps_in_report(json.loads(tried.stdout), (ROOT / lock).read_text(encoding="utf-8"))


def gaps_in_report(report: dict[str, Any], lock: str) -> list[str]:
    """Gaps of a lock by itself, whether or not its packages are installed here.

    :param report: what `pip install --report` writes, with the metadata of each package
    """
    packages = [each["metadata"] for each in report["install"]]
    requires = {canonicalize_name(each["name"]): each.get("requires_dist", []) for each in packages}
    return gaps(pins_of(lock), lambda name: requires[canonicalize_name(name)])


def main() -> int:
    pins = [pin for lock in TOGETHER for pin in pins_of((ROOT / lock).read_text(encoding="utf-8"))]
    found = gaps(pins, _requires) or refused_by_pip()
    print("\n".join(found) or f"Locks: {len(pins)} packages, closed; pip installs them as they are.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
