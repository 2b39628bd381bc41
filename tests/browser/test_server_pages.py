"""The pages of the server itself, which have the look of the client and need no script."""

import pytest

from tests.support.browsing import (
    NARROW,
    THEMES,
    WIDE,
    axe,
    invalid,
    layout_shift,
    open_,
    overflow,
    tab_stops,
)

PAGES = [
    "/developers",
    "/problems",
    "/problems/identity_conflict",
    "/sandbox",
    "/sandbox/scenario?name=demo",
    "/mail/set-password?token=x",
]

MINUTES = 120_000
"""Milliseconds: Swagger UI draws all operations at once, for some seconds of CPU."""


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_is_accessible_and_can_be_used_by_keyboard(visit, path):
    for width, theme in zip((NARROW, WIDE), THEMES, strict=True):
        page = visit(width=width, theme=theme)

        open_(page, path)

        assert overflow(page) == 0
        assert layout_shift(page) == []
        assert axe(page) == []
        assert invalid(page) == []
    tab_stops(page)


@pytest.mark.parametrize("path", ["/developers", "/mail/set-password?token=x"])
def test_a_page_has_its_look_without_scripts(visit, path):
    page = visit(java_script_enabled=False)

    page.goto(path)

    assert page.get_by_role("heading", level=1).is_visible()
    assert page.locator(".brand img").bounding_box()["width"] in {26, 32}


@pytest.mark.parametrize(("path", "shown"), [("/docs", ".opblock-tag"), ("/redoc", "main h1, main h2")])
def test_the_documents_load_with_nothing_in_the_console(page, path, shown):
    page.goto(path)

    page.locator(shown).first.wait_for(timeout=MINUTES)
    assert overflow(page) == 0
