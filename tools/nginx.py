"""nginx with the configuration of `deploy/`, on this machine: for the tests and the benches, where nginx is installed."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tools import deployed, ports

_FALLBACK = "/usr/sbin/nginx"


def program() -> str | None:
    """Where nginx is, if it is installed."""
    return shutil.which("nginx") or shutil.which(_FALLBACK)


def configuration(folder: Path, port: int, web_port: int, *, patience: int | None = None) -> Path:
    """The file that compose mounts, with this machine's addresses and a folder of its own.

    :param patience: seconds that a client may take for its request, in place of those of the file.
    """
    changes = {
        "pid /tmp/nginx.pid;": f"pid {folder}/nginx.pid; daemon off; {_account()}",
        "error_log /dev/stderr warn;": f"error_log {folder}/error.log warn; {_folders(folder)}",
        "listen 80;": f"listen 127.0.0.1:{port};",
        "server web:8000 ": f"server 127.0.0.1:{web_port} ",
    }
    written = deployed.text_of("nginx.conf", changes)
    if patience is not None:
        written = re.sub(r"(client_(?:header|body)_timeout) \d+s;", rf"\1 {patience}s;", written)
    file = folder / "nginx.conf"
    file.write_text(written, encoding="utf-8")
    return file


def _account() -> str:
    """Started by root, its workers would be an account that may not write to the folder."""
    return "user root;" if os.geteuid() == 0 else ""


def _folders(folder: Path) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)


@contextlib.contextmanager
def running(folder: Path, web_port: int, *, patience: int | None = None) -> Iterator[int]:
    """The port of nginx in front of a web server, until the block ends."""
    found, port = program(), ports.pick(None)
    if found is None:
        raise SystemExit("nginx is not installed.")
    file = configuration(folder, port, web_port, patience=patience)
    process = subprocess.Popen([found, "-e", str(folder / "error.log"), "-c", str(file)])
    try:
        ports.wait_for(port, process, folder / "error.log")
        yield port
    finally:
        process.terminate()
        process.wait()
