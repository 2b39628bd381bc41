"""PgBouncer on this machine, in front of the tests' PostgreSQL, where it is installed."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from tools import ports, service_user

_FALLBACK = "/usr/sbin/pgbouncer"

_CONFIGURATION = """\
[databases]
* = host={host} port={port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
auth_type = any
pool_mode = transaction
ignore_startup_parameters = options
logfile = {folder}/pgbouncer.log
unix_socket_dir =
"""


def program() -> str | None:
    """Where PgBouncer is, if it is installed."""
    return shutil.which("pgbouncer") or shutil.which(_FALLBACK)


@contextlib.contextmanager
def running(folder: Path, database_url: str) -> Iterator[str]:
    """The URL of the same database through a pooler that changes connections between transactions."""
    found, own_port, server = program(), ports.pick(None), urlsplit(database_url)
    if found is None:
        raise SystemExit("PgBouncer is not installed.")
    service_user.give(folder)
    file = folder / "pgbouncer.ini"
    file.write_text(
        _CONFIGURATION.format(
            host=server.hostname,
            port=server.port,
            user=server.username,
            password=server.password,
            own_port=own_port,
            folder=folder,
        ),
        encoding="utf-8",
    )
    process = subprocess.Popen([found, "--quiet", file], **service_user.run_as())
    try:
        ports.wait_for(own_port, process, folder / "pgbouncer.log")
        yield server._replace(netloc=f"{server.username}@127.0.0.1:{own_port}").geturl()
    finally:
        process.terminate()
        process.wait()
