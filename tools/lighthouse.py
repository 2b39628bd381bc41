"""`python -m tools.lighthouse`: Lighthouse on the pages of a fresh demo; npm fetches Lighthouse itself into npm's cache.

Prints the scores, and the requests and bytes of each first visit; fails when a score is below `LEAST`. Not among the
tests: the scores of performance are about this machine, too.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, sync_playwright

from tools import chromium
from tools.examples import log_in
from tools.pictures import served
from tools.throwaway_demo import running_demo

VERSION = "12.2.3"
CATEGORIES = ("performance", "accessibility", "best-practices")
LEAST = 95
LIGHTHOUSE = "ROLLCALL_LIGHTHOUSE"
"""The variable that may name an installed Lighthouse."""


@dataclass(frozen=True)
class Visit:
    path: str
    role: str = ""
    """Who is signed in, by the part of the address before `@`."""


VISITS = (Visit("/courses"), Visit("/courses/fire-safety-at-work"), Visit("/admin", "admin"))


def command() -> list[str]:
    if named := os.environ.get(LIGHTHOUSE):
        return [named]
    if npx := shutil.which("npx"):
        return [npx, "--yes", f"lighthouse@{VERSION}"]
    raise SystemExit(f"Lighthouse needs npm, or {LIGHTHOUSE} with the path of an installed one.")


def measured(url: str, port: int, folder: Path, preset: str) -> dict[str, Any]:
    """The report on an address, in the browser that listens at the port."""
    report = folder / "report.json"
    options = [
        *(f"--port={port}", "--output=json", f"--output-path={report}", "--quiet", "--disable-storage-reset"),
        f"--only-categories={','.join(CATEGORIES)}",
        *(["--preset=desktop"] if preset == "desktop" else []),
    ]
    subprocess.run([*command(), url, *options], check=True)
    result: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return result


def summary(report: dict[str, Any]) -> tuple[list[int], str]:
    """The scores, and a line about them."""
    scores = [round(100 * (report["categories"][name]["score"] or 0)) for name in CATEGORIES]
    requests = report["audits"]["network-requests"]["details"]["items"]
    sent = sum(each.get("transferSize", 0) for each in requests)
    times = [
        report["audits"][name]["displayValue"] for name in ("largest-contentful-paint", "total-blocking-time")
    ]
    shift = report["audits"]["cumulative-layout-shift"]["displayValue"]
    lost = [
        f"{audit['id']} ({audit.get('displayValue', '')})"
        for name in CATEGORIES
        for ref in report["categories"][name]["auditRefs"]
        if ref["weight"] and (audit := report["audits"][ref["id"]])["score"] not in (None, 1)
    ]
    text = f"{scores}, {len(requests)} requests, {sent:,} bytes, LCP {times[0]}, TBT {times[1]}, CLS {shift}; below 1: {lost}"
    return scores, text


def signed_in(context: BrowserContext, url: str, refresh: str | None) -> None:
    """Begin again: no session, or this one."""
    page = context.pages[0]
    page.goto(f"{url}/healthz")
    page.evaluate(
        "(token) => { localStorage.clear(); if (token) localStorage.setItem('refresh', token) }", refresh
    )
    page.goto("about:blank")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def main() -> int:
    if missing := chromium.why_missing():
        print(missing)
        return 1
    worst, port = 100, free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_demo() as app,
        served(app) as url,
        sync_playwright() as playwright,
    ):
        context = playwright.chromium.launch_persistent_context(
            Path(folder, "profile"),
            executable_path=chromium.found(),
            args=[*chromium.FLAGS, f"--remote-debugging-port={port}"],
        )
        for preset in ("mobile", "desktop"):
            for visit in VISITS:
                refresh = log_in(app.test_client(), visit.role)["refresh"] if visit.role else None
                signed_in(context, url, refresh)
                scores, text = summary(measured(f"{url}{visit.path}", port, Path(folder), preset))
                print(f"{preset:8}{visit.path}  {text}", flush=True)
                worst = min(worst, *scores)
        context.close()
    return 0 if worst >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
