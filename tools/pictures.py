"""`make pictures`: PNGs of the pages in `PICTURES` into `docs/pictures/`, from a fresh demo.

Each picture has a palette of 256 colours, which keeps it small; pages of text lose nothing by it.
"""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import Any

from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from tools import chromium
from tools.examples import log_in
from tools.record_examples import running_demo
from tools.state import ROOT

FOLDER = ROOT / "docs" / "pictures"
HEIGHTS = {1280: 800, 390: 844}
"""Pixels of the window, by width."""

COLOURS = 256


@dataclass(frozen=True)
class Picture:
    name: str
    path: str
    """`{assignment}` and the like are replaced by what the first row of a list has: `FIRST`."""
    role: str = ""
    """Who is signed in, by the part of the address before `@`."""
    theme: str = "light"
    width: int = 1280
    is_whole: bool = False
    """Whether the picture goes on below the window."""


FIRST = {
    "assignment": ("admin", "/assignments", "id"),
    "certificate": ("student", "/certificates", "number"),
    "learning": ("student", "/enrollments?status=ACTIVE", "course.slug"),
}
"""For each placeholder the caller, the list, and the member of its first row."""

PICTURES = (
    Picture("catalogue", "/courses"),
    Picture("catalogue-dark", "/courses", theme="dark"),
    Picture("catalogue-phone", "/courses", width=390),
    Picture("course", "/courses/CCC-2014J"),
    Picture("login", "/login"),
    Picture("my-courses", "/my-courses", role="student"),
    Picture("lesson", "/courses/{learning}/learn", role="student"),
    Picture("certificate", "/certificates/{certificate}"),
    Picture("assign", "/admin/assign", role="admin"),
    Picture("assign-phone", "/admin/assign", role="admin", width=390),
    Picture("ledger", "/admin/assignments/{assignment}", role="admin"),
    Picture("admin", "/admin", role="admin"),
    Picture("admin-dark", "/admin", role="admin", theme="dark"),
    Picture("people", "/admin/users", role="admin"),
    Picture("analytics", "/teach/courses/CCC-2014J/analytics", role="instructor3"),
    Picture("roster", "/teach/courses/CCC-2014J/roster", role="instructor3"),
    Picture("developers", "/developers"),
    Picture("developers-phone", "/developers", width=390, theme="dark", is_whole=True),
    Picture("sandbox", "/sandbox"),
    Picture("problem", "/problems/course_full"),
)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """The pictures are the output."""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of the application, which threads of this process serve."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    serving.join()
    server.server_close()


@contextmanager
def opened(browser: Browser, url: str, app: Flask, picture: Picture) -> Iterator[Page]:
    """The page of a picture, with nothing on the way any more."""
    context = browser.new_context(
        base_url=url,
        viewport={"width": picture.width, "height": HEIGHTS[picture.width]},
        color_scheme="dark" if picture.theme == "dark" else "light",
        locale="en-GB",
        reduced_motion="reduce",
    )
    page = context.new_page()
    if picture.role:
        page.goto("/healthz")
        refresh = log_in(app.test_client(), picture.role)["refresh"]
        page.evaluate("(token) => localStorage.setItem('refresh', token)", refresh)
    page.goto(filled(app, picture.path))
    page.get_by_role("heading", level=1).first.wait_for()
    page.wait_for_load_state("networkidle")
    yield page
    context.close()


def filled(app: Flask, path: str) -> str:
    for name, (caller, rows, member) in FIRST.items():
        if f"{{{name}}}" in path:
            client = app.test_client()
            token = log_in(client, caller)["access"]
            answer = client.get(f"/api/v1{rows}", headers={"Authorization": f"Bearer {token}"}).get_json()
            value = reduce(dict.__getitem__, member.split("."), answer["data"][0])
            path = path.replace(f"{{{name}}}", str(value))
    return path


def compressed(png: bytes) -> bytes:
    # This method keeps small areas of a strong colour, such as a mark; no channel of a pixel differs by more than 3.
    method, dither = Image.Quantize.MAXCOVERAGE, Image.Dither.NONE
    written = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").quantize(COLOURS, method, dither=dither).save(written, "PNG", optimize=True)
    return written.getvalue()


def main() -> int:
    wanted = sys.argv[1:]
    if unknown := set(wanted) - {picture.name for picture in PICTURES}:
        print(f"There is no picture {', '.join(sorted(unknown))}.")
        return 1
    if missing := chromium.why_missing():
        print(missing)
        return 1
    FOLDER.mkdir(exist_ok=True)
    with running_demo() as app, served(app) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.found(), args=list(chromium.FLAGS))
        for picture in PICTURES:
            if wanted and picture.name not in wanted:
                continue
            with opened(browser, url, app, picture) as page:
                png = compressed(page.screenshot(full_page=picture.is_whole))
            (FOLDER / f"{picture.name}.png").write_bytes(png)
            print(f"{picture.name}.png  {len(png) / 1000:,.0f} kB  {picture.path}", flush=True)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
