"""Which account the database servers run as.

PostgreSQL refuses root, so root hands its servers to an account that is already there: no account is made and no
folder above ours changes its mode.
"""

from __future__ import annotations

import functools
import os
import pwd
import subprocess
from pathlib import Path
from typing import Any

ACCOUNTS = ("postgres", "nobody")


def needed() -> bool:
    return os.geteuid() == 0


@functools.cache
def account() -> pwd.struct_passwd | None:
    """None for an ordinary user, who runs the servers in person."""
    if not needed():
        return None
    for name in ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise SystemExit(f"Root needs one of the accounts {', '.join(ACCOUNTS)} to run PostgreSQL as.")


def run_as() -> dict[str, Any]:
    """The arguments of `subprocess` that start a program as that account."""
    user = account()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def give(path: Path) -> None:
    user = account()
    if user:
        os.chown(path, user.pw_uid, user.pw_gid)


def environment() -> dict[str, str]:
    """What a server may know: nothing of the caller's locale, home or libpq settings."""
    return {"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath), "TZ": "UTC"}


def run(*command: str | Path) -> None:
    """Run one of the servers' own programs to its end; its output is shown only when it fails."""
    result = subprocess.run(
        command, cwd="/", env=environment(), capture_output=True, text=True, check=False, **run_as()
    )
    if result.returncode:
        raise SystemExit(f"{Path(command[0]).name} failed:\n{result.stdout}{result.stderr}")
