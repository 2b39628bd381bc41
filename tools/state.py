"""State of the local platform that outlives one run: data, secrets, ports, logs, and running processes.

Nothing is written outside one folder, so that it can simply be deleted.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import service_user

ROOT = Path(__file__).resolve().parent.parent
LOCK = "lock"
RUNNING = "running.json"


class AlreadyHeldError(Exception):
    """Another process works with this state."""


@dataclass(frozen=True)
class State:
    """One folder of state."""

    path: Path

    def read(self, name: str) -> Any:
        """The JSON file of that name; None when it is absent or torn."""
        try:
            return json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def write(self, name: str, value: Any) -> None:
        """Replace the file atomically and keep it private: it may hold secrets and process ids."""
        fresh = self.path / f"{name}.{os.getpid()}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(value, file, indent=1)
        fresh.replace(self.path / name)

    def secret(self, name: str) -> str:
        """Made once and kept, before anything is set up that needs it to be opened again."""
        known = self.read("secrets.json") or {}
        if name not in known:
            known[name] = secrets.token_urlsafe(32)
            self.write("secrets.json", known)
        return str(known[name])

    def folder(self, *names: str) -> Path:
        path = self.path.joinpath(*names)
        make_folder(path)
        return path

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the state alone; the kernel lets go of it however this process ends."""
        with (self.path / LOCK).open("w", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise AlreadyHeldError from error
            yield


def make_folder(path: Path) -> None:
    """Readable by the account that runs the servers, whatever the umask."""
    for missing in [folder for folder in (path, *path.parents) if not folder.exists()][::-1]:
        missing.mkdir(exist_ok=True)
        missing.chmod(0o755)


def open_state() -> State:
    """The state of this checkout."""
    path = state_path()
    make_folder(path)
    return State(path)


def state_path() -> Path:
    """`.dev` for a person; for root a place that the servers' account can reach; else a private temporary folder."""
    name = hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]
    preferred = Path("/var/lib/rollcall-dev", name) if service_user.needed() else ROOT / ".dev"
    existing = next(folder for folder in (preferred, *preferred.parents) if folder.exists())
    if os.access(existing, os.W_OK):
        return preferred
    return private_temporary(f"rollcall-dev-{os.geteuid()}-{name}")


def private_temporary(name: str) -> Path:
    path = Path(tempfile.gettempdir(), name)
    path.mkdir(mode=0o755, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid != os.geteuid():
        sys.exit(f"{path} belongs to another user; set TMPDIR to a folder of your own.")
    return path


def delete_entries(state: State, *, keep: tuple[str, ...]) -> None:
    try:
        with state.held():
            for entry in state.path.iterdir():
                if entry.name in keep:
                    continue
                if entry.is_dir():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()
    except AlreadyHeldError:
        sys.exit("The platform is running; stop it first.")


def main() -> None:
    state = open_state()
    match sys.argv[1:]:
        case ["reset"]:
            # The throwaway servers of a test run in progress live in `test`.
            delete_entries(state, keep=(LOCK, "bin", "test"))
        case ["clean"]:
            delete_entries(state, keep=(LOCK,))
            shutil.rmtree(state.path)
        case _:
            sys.exit("usage: python -m tools.state reset|clean")


if __name__ == "__main__":
    main()
