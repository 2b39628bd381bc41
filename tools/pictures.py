"""`make pictures`: PNGs of the pages in `PICTURES` into `docs/pictures/`, from a fresh demo.

Each picture has a palette of 256 colours, which keeps it small; pages of text lose nothing by it.
"""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable, Iterator
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
from tools.state import ROOT
from tools.throwaway_demo import running_demo

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
    act: Callable[[Page], None] | None = None
    """What is done on the page before the picture is taken."""


FIRST = {
    "assignment": ("admin", "/assignments", "id"),
    "certificate": ("student", "/certificates", "number"),
    "learning": ("student", "/enrollments?course=CCC-2014J", "course.slug"),
}
"""For each placeholder the caller, the list, and the member of its first row."""

Act = Callable[[Page], None]


def ask_why(page: Page) -> None:
    """The answer opens below the button where there is room for it."""
    button = page.locator(".why-ask").first
    button.evaluate("(each) => scrollBy(0, each.getBoundingClientRect().top - 220)")
    button.click()
    page.locator(".why-pop:popover-open .why-title").wait_for()


def preview(page: Page) -> None:
    """A preview of people of whom some are enrolled already and some are refused."""
    page.get_by_role("textbox", name="People").fill("\n".join(PREVIEWED))
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="Preview:").wait_for()
    page.locator("table.ledger tbody tr").first.wait_for()
    page.evaluate("scrollTo(0, 0)")


PREVIEWED: list[str] = []
"""The people of `preview`: `set_scene` puts them in."""

CONSOLE = "/admin/assign?course=CCC-2014J"
EDITOR = "/teach/courses/CCC-2014J"
COURSE = "/courses/CCC-2014J"


def in_all(name: str, path: str, role: str = "", act: Act | None = None) -> tuple[Picture, ...]:
    """A page of the client in both themes and on a phone."""
    return (
        Picture(name, path, role, act=act),
        Picture(f"{name}-dark", path, role, "dark", act=act),
        Picture(f"{name}-phone", path, role, width=390, act=act),
    )


PICTURES = (
    *in_all("catalogue", "/courses"),
    *in_all("course", COURSE),
    *in_all("my-courses", "/my-courses", "student", ask_why),
    *in_all("lesson", "/courses/{learning}/learn", "student"),
    *in_all("certificate", "/certificates/{certificate}"),
    *in_all("editor", EDITOR, "instructor3"),
    *in_all("run", "/admin/assignments/{assignment}", "admin"),
    *in_all("admin", "/admin", "admin"),
    # After these: a preview would be the newest of the records.
    *in_all("assign", CONSOLE, "admin", preview),
    Picture("login", "/login"),
    Picture("people", "/admin/users", role="admin"),
    Picture("people-phone", "/admin/users", role="admin", width=390),
    Picture("analytics", f"{EDITOR}/analytics", role="instructor3"),
    Picture("roster", f"{EDITOR}/roster", role="instructor3"),
    Picture("developers", "/developers"),
    Picture("developers-phone", "/developers", width=390, theme="dark", is_whole=True),
    Picture("sandbox", "/sandbox"),
    Picture("problem", "/problems/course_full"),
)

LESSON = """\
Assignment 3 asks what happens to a network when one part of it fails.

## Before you start

1. Read the case study to the end.
2. Draw the network, with the part that failed marked.
3. Write down who noticed first, and how.

> A service that fails quickly and says so does less harm than one that is slow.

Send a page of 600 words and your drawing. Your tutor marks it within ten days.
"""


def set_scene(app: Flask) -> None:
    """Give the demo's student a course with a due date and some progress, and the admin a run with refusals."""
    client = app.test_client()

    def call(name: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {log_in(client, name)['access']}"}
        answer = client.open(f"/api/v1{path}", method=method, json=body, headers=headers)
        if answer.status_code >= 400:
            raise SystemExit(f"{method} {path}: {answer.get_data(as_text=True)}")
        return answer.get_json()["data"]

    def learners(course: str, status: str = "ACTIVE") -> list[str]:
        path = f"/courses/{course}/enrollments?status={status}&page_size=60"
        return [each["user"]["username"] for each in call("admin", "GET", path)]

    def assign(course: str, **people: Any) -> None:
        call("admin", "POST", f"/courses/{course}/assign-multiple", {"reason": "Autumn intake", **people})

    lessons = [
        lesson
        for section in call("instructor3", "GET", "/courses/CCC-2014J")["sections"]
        for lesson in section["lessons"]
        if lesson["is_required"]
    ]
    call("instructor3", "PATCH", f"/lessons/{lessons[5]['id']}", {"content": LESSON})
    assign("CCC-2014J", emails=["student@example.org"], due_in_days=3)
    for lesson in lessons[:5]:
        call("student", "POST", f"/lessons/{lesson['id']}/complete")
    here, elsewhere = learners("CCC-2014J"), learners("AAA-2014J")
    unknown = ["amara.ncube@example.org", "elif yilmaz"]
    PREVIEWED[:] = (
        elsewhere[:40] + unknown + here[:5] + elsewhere[:2] + learners("CCC-2014J", "CANCELLED")[:12]
    )
    emails = [*unknown[:1], "instructor3@example.org"]
    assign("AAA-2014J", usernames=here + elsewhere[:6], emails=emails, due_in_days=60)


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
    if picture.act:
        picture.act(page)
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
        set_scene(app)
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
