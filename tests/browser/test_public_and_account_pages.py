"""The pages of everyone and of accounts: they fit, are accessible, and are valid, at both widths and in both themes."""

from __future__ import annotations

import pytest

from tests.support.browsing import NARROW, WIDE, axe, invalid, open_, overflow

COURSE = "/courses/fire-safety-at-work"
PAGES = {
    None: (
        "/courses",
        COURSE,
        "/register",
        "/forgot-password",
        "/verify-email?token=a",
        "/reset-password?token=a",
    ),
    "student": ("/me", "/me/sessions", "/notifications", "/certificates", "/certificates/{number}"),
}


@pytest.mark.parametrize(("theme", "width"), [("light", WIDE), ("dark", NARROW)])
@pytest.mark.parametrize("role", PAGES)
def test_pages_fit_and_are_accessible(visit, site, role, theme, width):
    page = visit(role=role, theme=theme, width=width)
    number = site.call("student", "GET", "/certificates")[0]["number"]

    for path in PAGES[role]:
        open_(page, path.format(number=number))
        assert overflow(page) == 0, path
        assert axe(page) == [], path
        assert invalid(page) == [], path


def test_the_pages_fit_from_right_to_left(visit):
    page = visit(role="student", locale="ar", width=NARROW)

    for path in (COURSE, "/me", "/me/sessions", "/certificates"):
        open_(page, path)
        assert overflow(page) == 0, path
