"""PgBouncer with the configuration of `deploy/`, in front of the tests' PostgreSQL, where it is installed."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from tools import deployed, ports, service_user

_FALLBACK = "/usr/sbin/pgbouncer"


def program() -> str | None:
    """Where PgBouncer is, if it is installed."""
    return shutil.which("pgbouncer") or shutil.which(_FALLBACK)


def configuration(folder: Path, own_port: int, server: SplitResult) -> Path:
    """The file of `deploy/`, with this machine's addresses and without passwords."""
    database = (
        f"* = host={server.hostname} port={server.port} user={server.username} password={server.password}"
    )
    changes = {
        "rollcall = host=postgres port=5432 dbname=rollcall": database,
        "listen_addr = *": "listen_addr = 127.0.0.1",
        "listen_port = 6432": f"listen_port = {own_port}",
        "auth_type = scram-sha-256": "auth_type = any",
        "auth_file = /etc/pgbouncer/userlist.txt": f"logfile = {folder}/pgbouncer.log\nunix_socket_dir =",
    }
    file = folder / "pgbouncer.ini"
    file.write_text(deployed.text_of("pgbouncer.ini", changes), encoding="utf-8")
    return file


@contextlib.contextmanager
def running(folder: Path, database_url: str) -> Iterator[str]:
    """The URL of the same database through a pooler that changes connections between transactions."""
    found, own_port, server = program(), ports.pick(None), urlsplit(database_url)
    if found is None:
        raise SystemExit("PgBouncer is not installed.")
    service_user.give(folder)
    file = configuration(folder, own_port, server)
    process = subprocess.Popen([found, "--quiet", file], **service_user.run_as())
    try:
        ports.wait_for(own_port, process, folder / "pgbouncer.log")
        yield server._replace(netloc=f"{server.username}@127.0.0.1:{own_port}").geturl()
    finally:
        process.terminate()
        process.wait()
