"""The pages of everyone and of accounts: they fit, are accessible, and are valid, at both widths and in both themes."""

from __future__ import annotations

import pytest

from tests.support.browsing import NARROW, WIDE, axe, invalid, open_, overflow

COURSE = "/courses/fire-safety-at-work"
PAGES = {
    None: ("/courses", COURSE, "/register", "/forgot-password", "/verify-email?token=a", "/reset-password?token=a"),
    "student": (COURSE, "/me", "/me/sessions", "/notifications", "/certificates", "certificate"),
}


@pytest.mark.parametrize(("theme", "width"), [("light", WIDE), ("dark", NARROW)])
@pytest.mark.parametrize("role", PAGES)
def test_pages_fit_and_are_accessible(visit, site, role, theme, width):
    page = visit(role=role, theme=theme, width=width)
    certificate = site.call("student", "GET", "/certificates")[0]["number"]

    for path in PAGES[role]:
        open_(page, path.replace("certificate", f"/certificates/{certificate}") if path == "certificate" else path)
        assert overflow(page) == 0, path
        assert axe(page) == [], path
        assert invalid(page) == [], path


@pytest.mark.parametrize("locale", ["de-DE", "ar"])
def test_every_text_is_there_in_other_languages(visit, locale):
    page = visit(role="student", locale=locale, width=NARROW)

    for path in PAGES["student"][:-1] + PAGES[None][:1]:
        open_(page, path)
        assert overflow(page) == 0, path
