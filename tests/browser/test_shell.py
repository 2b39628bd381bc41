"""The client as a browser gets it: at two widths and in two colour schemes, with nothing in the console."""

import pytest
from playwright.sync_api import expect

from tests.support.browsing import (
    NARROW,
    THEMES,
    WIDE,
    axe,
    layout_shift,
    open_,
    overflow,
    tab_stops,
    transfers,
)
from tests.support.paths import ROOT

FIRST_PAGE = 100_000
"""Bytes, headers included: the goal for the first page that is opened, with an empty cache."""


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_first_page_stands_at_once_and_fits(visit, width, theme):
    page = visit(width=width, theme=theme)

    response = open_(page, "/")

    assert response.status == 200
    assert page.title()
    assert layout_shift(page) == []
    assert overflow(page) == 0


def test_every_module_parses(page):
    """Those of other languages and of pages that no other test opens, too."""
    open_(page, "/")
    folder = ROOT / "frontend"
    ours = [
        each for each in folder.rglob("*.js") if "vendor" not in each.parts and each.stem != "service-worker"
    ]
    names = [str(each.relative_to(folder)) for each in ours if each.name != "app.js"]

    broken = page.evaluate(
        """async (names) => {
            const main = document.querySelector("script[type=module]").src;
            const of = (name) => import(new URL(name, main)).then(() => null, (error) => `${name}: ${error.message}`);
            return (await Promise.all(names.map(of))).filter(Boolean);
        }""",
        names,
    )

    assert len(names) > 100
    assert broken == []


def test_a_filter_of_the_catalogue_is_a_step_that_back_undoes(page):
    open_(page, "/courses?level=ADVANCED")
    level, counted = page.get_by_label("Level"), page.get_by_role("status").filter(has_text="course")
    expect(level).to_have_value("ADVANCED")
    before = counted.inner_text()

    level.select_option("")
    expect(counted).not_to_have_text(before)
    assert "level" not in page.url

    page.go_back()
    expect(level).to_have_value("ADVANCED")
    expect(counted).to_have_text(before)


def test_the_first_page_can_be_used_by_keyboard(page):
    open_(page, "/")

    tab_stops(page)


def test_the_first_page_is_small(page):
    with transfers(page) as sizes:
        open_(page, "/")

    assert 0 < sum(sizes) < FIRST_PAGE, f"{len(sizes)} responses with {sum(sizes):,} bytes"


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_at_an_unknown_path_there_is_a_page_that_says_so(visit, width):
    page = visit(width=width)
    page.watch.expect("status of 404")

    response = open_(page, "/nowhere/at/all")

    assert response.status == 404
    assert layout_shift(page) == []
    assert axe(page) == []
