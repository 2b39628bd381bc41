"""Every page as valid HTML, by the Nu Html Checker: the tree that the browser has made of it, once it stands."""

from __future__ import annotations

import re

import pytest

from tests.support import client_pages
from tests.support.browsing import open_
from tools import vnu

pytestmark = pytest.mark.sweep

SERVED = (
    "/developers",
    "/problems",
    "/problems/identity_conflict",
    "/sandbox",
    "/sandbox/scenario?name=demo",
    "/mail/set-password?token=x",
)
"""Pages of the server itself."""


@pytest.fixture(scope="module")
def checker():
    """Skipped where there is no Java."""
    if missing := vnu.why_missing():
        pytest.skip(missing)
    return vnu.errors


def test_every_page_is_valid(visit, site, checker, tmp_path):
    for role in client_pages.ROLES:
        page = visit(role=role)
        if role is None:
            page.watch.expect("status of 404")
        open_(page, "/courses")
        for each in client_pages.pages(page, site):
            own = role == "student" and each.name in client_pages.OWN
            if client_pages.first_role(each) != role and not own:
                continue
            for view in ("", *client_pages.VIEWS.get(each.name, ())):
                open_(page, each.path + view)
                _keep(page, tmp_path, f"{role}-{each.name}{view}")
    for path in SERVED:
        open_(page, path)
        _keep(page, tmp_path, path)

    assert len(list(tmp_path.iterdir())) > 40
    assert checker(tmp_path) == []


def test_the_checker_finds_what_is_wrong(checker, tmp_path):
    wrong = "<!doctype html><html lang=en><title>x</title><ul><p>No item</p></ul></html>"
    (tmp_path / "wrong.html").write_text(wrong, encoding="utf-8")

    (found,) = checker(tmp_path)

    assert "wrong.html" in found
    assert "not allowed as child of element “ul”" in found


def _keep(page, folder, name):
    file = folder / (re.sub(r"\W+", "-", name).strip("-") + ".html")
    file.write_text(page.content(), encoding="utf-8")
