"""Pages stand still while they load, also where the network is slow: nothing moves under a finger or an eye."""

from __future__ import annotations

import pytest

from tests.support import client_pages
from tests.support.browsing import NARROW, WIDE, layout_shift, open_

pytestmark = pytest.mark.sweep

SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
"""The phone network of Lighthouse: 150 ms, 1.6 Mbit/s (bytes a second here)."""

LARGEST = 0.001
"""The sum of the shifts of a page. The goal of Core Web Vitals is 0.1."""

PAGES = {
    "student": ("course", "lesson", "my-courses", "certificates", "sessions", "notifications"),
    "admin": ("admin-dashboard", "assignments", "assignment", "notices", "users", "course-edit?view=history"),
}


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("role", PAGES)
def test_nothing_moves_while_a_page_loads(visit, site, role, width):
    page = visit(role=role, width=width)
    open_(page, "/courses")
    paths = {each.name: each.path for each in client_pages.pages(page, site)}
    session = page.context.new_cdp_session(page)
    session.send("Network.emulateNetworkConditions", SLOW)
    moved = {}
    for name in PAGES[role]:
        route, _, query = name.partition("?")
        open_(page, paths[route] + (f"?{query}" if query else ""))
        shifts = layout_shift(page)
        if sum(each["value"] for each in shifts) > LARGEST:
            moved[name] = shifts
    assert moved == {}
