"""Chromium for the browser tests and the pictures: that of the machine, installed as Debian's package where root runs the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

PACKAGES = ("chromium", "fonts-liberation")
"""The fonts are those that a page shows until its own have come."""

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

FLAGS = (
    "--headless=new",
    # Root has no sandbox, and the pages are ours.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # No page of ours needs another host, and no test reaches one.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def found() -> Path | None:
    """The browser that ROLLCALL_CHROMIUM names, else the one on the PATH."""
    if named := os.environ.get("ROLLCALL_CHROMIUM"):
        return Path(named)
    return next((Path(path) for path in map(shutil.which, NAMES) if path), None)


def why_missing() -> str:
    """What to do where there is none; empty where there is one."""
    if found():
        return ""
    return (
        "Chromium is not installed. On Debian, as root: apt-get install chromium, or python3 dev.py test; "
        "elsewhere, ROLLCALL_CHROMIUM names the program."
    )


def install() -> None:
    """Install Debian's packages, which only root can. Where that fails, the tests say what is missing."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    for step in (("update",), ("install", "--yes", "--no-install-recommends", *PACKAGES)):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "--quiet", *step], env=quiet, check=False)


def prepare() -> None:
    """Install Chromium where it is missing and the tests run as root, as they do in CI; else print what is missing."""
    if why_missing():
        install()
    if missing := why_missing():
        print(missing)
