"""Virtual environments from the locked requirements: made when there is none, and filled when a lock has changed.

Any Python reads this file, old versions too: they look for a newer one on the PATH.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterator

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMP = "installed.json"

OLDEST_PYTHON = (3, 11)
PYTHON_NAMES = ("python3.15", "python3.14", "python3.13", "python3.12", "python3.11", "python3")


def install(locks: tuple[str, ...], venv: Path = VENV, *, may_add_packages: bool = False) -> None:
    """Install what the locks list into an environment, if it is not there yet.

    :param may_add_packages: whether root may install packages of the system for it
    """
    wanted = {lock: digest(ROOT / lock) for lock in locks}
    if wanted.items() <= installed(venv).items():
        return
    with one_at_a_time():
        have = installed(venv)
        if wanted.items() <= have.items():
            return
        if not have:
            make_venv(venv, may_add_packages=may_add_packages)
        print(f"Installing {', '.join(locks)} into {venv.name} (once, about half a minute) ...", flush=True)
        pip_install(locks, venv)
        (venv / STAMP).write_text(json.dumps({**have, **wanted}, indent=1), encoding="utf-8")


def installed(venv: Path) -> dict[str, str]:
    """Which locks an environment holds; nothing when there is none that works."""
    try:
        have = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return have if (venv / "bin" / "python").exists() else {}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two commands started together must not fill one `.venv` at once."""
    with open(str(ROOT / ".venv.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_venv(venv: Path, *, may_add_packages: bool) -> None:
    python = usable_python(may_add_packages=may_add_packages)
    print(f"Making {venv.name} with {python} ...", flush=True)
    subprocess.run([python, "-m", "venv", "--clear", venv], check=True)


def pip_install(locks: tuple[str, ...], venv: Path) -> None:
    """A lock names every package. With dependency resolution on, old pips fail as soon as a newer release is published."""
    files = [part for lock in locks for part in ("-r", lock)]
    subprocess.run(
        [
            *(venv / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--no-input", "--no-deps", "--require-hashes", "--prefer-binary", *files),
        ],
        cwd=ROOT,
        check=True,
    )


def usable_python(*, may_add_packages: bool) -> str:
    """This interpreter when it will do, else the newest on the PATH that can make an environment."""
    candidates = [sys.executable] + [shutil.which(name) for name in PYTHON_NAMES]
    found = [python for python in candidates if python and is_new_enough(python)]
    for python in found:
        if has_venv(python):
            return python
    if not found:
        sys.exit("Python 3.11 or newer is needed and none was found on the PATH.")
    return install_python_venv(found[0], is_allowed=may_add_packages)


def is_new_enough(python: str) -> bool:
    return succeeds(python, f"import sys; sys.exit(sys.version_info < {OLDEST_PYTHON})")


def has_venv(python: str) -> bool:
    return succeeds(python, "import ensurepip, venv")


def succeeds(python: str, code: str) -> bool:
    try:
        return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def install_python_venv(python: str, *, is_allowed: bool) -> str:
    """Debian keeps `ensurepip` in a package of its own; install it only when allowed to."""
    if not (is_allowed and os.geteuid() == 0 and shutil.which("apt-get")):
        sys.exit(
            f"{python} cannot make virtual environments. On Debian and Ubuntu:\n\n"
            "    apt-get install python3-venv\n\n"
            "or, as root, `python3 dev.py --yes <target>` does it."
        )
    subprocess.run(["apt-get", "update", "--quiet"], check=True)
    subprocess.run(["apt-get", "install", "--yes", "--quiet", "python3-venv"], check=True)
    if not has_venv(python):
        sys.exit(f"{python} still cannot make virtual environments; install its venv package.")
    return python
