"""The pages of everyone and of accounts fit from right to left, too."""

from __future__ import annotations

from tests.support.browsing import NARROW, open_, overflow

PATHS = ("/courses/fire-safety-at-work", "/me", "/me/sessions", "/certificates")


def test_the_pages_fit_from_right_to_left(visit):
    page = visit(role="student", locale="ar", width=NARROW)

    for path in PATHS:
        open_(page, path)
        assert overflow(page) == 0, path
