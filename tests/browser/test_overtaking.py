"""Answers that overtake one another: what a search shows is the answer to what was typed last."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from tests.support.browsing import hold, open_

SEARCH = re.compile(r"/api/v1/(courses|users)\?.*\bsearch=")
SOON = 250
"""Milliseconds after which a search is sent."""


@dataclass(frozen=True)
class Place:
    """A search: its page, what opens it, its field, and where what was found stands."""

    path: str
    field: tuple[str, str]
    found: str
    older: str = "first aid"
    newer: str = "working from home"
    opened_by: str = ""


PEOPLE = {"older": "Sara", "newer": "Omar"}
PLACES = {
    "catalogue": Place("/courses", ("searchbox", "Search"), "main .results"),
    "people": Place("/admin/users", ("searchbox", "Search"), "main .results", **PEOPLE),
    "combobox": Place("/admin/assign", ("combobox", "Add a person by name"), ".choices:visible", **PEOPLE),
    "palette": Place(
        "/me", ("combobox", "Find a page or a course"), "dialog [role=listbox]", opened_by="Control+k"
    ),
}


@pytest.fixture(params=PLACES.values(), ids=PLACES)
def place(request):
    return request.param


@pytest.fixture
def search(visit, place):
    """The page of the place with its clock stopped, and its searches held back: `type(words)` sends one."""
    page = visit(role="admin")
    page.clock.install()
    open_(page, place.path)
    if place.opened_by:
        page.keyboard.press(place.opened_by)
    role, name = place.field
    field = page.get_by_role(role, name=name).locator("visible=true").first
    field.wait_for()
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    return Search(page, field, hold(page, SEARCH))


class Search:
    def __init__(self, page, field, held):
        self.page, self.field, self.held = page, field, held

    def type(self, words):
        """Type this, and wait until it is asked for."""
        asked = len(self.held)
        self.field.fill(words)
        self.page.clock.run_for(SOON)
        while len(self.held) == asked:
            self.page.wait_for_timeout(20)

    def answer(self, number):
        """Let one of the searches be answered, unless the page has ended it."""
        route = self.held[number]
        route.fulfill(response=route.fetch())
        self.page.wait_for_timeout(300)


def test_an_older_answer_does_not_replace_a_newer_one(search, place):
    search.type(place.older)
    search.type(place.newer)
    search.answer(1)
    shown = search.page.locator(place.found)
    expect(shown).to_contain_text(place.newer, ignore_case=True)

    search.answer(0)

    expect(shown).to_contain_text(place.newer, ignore_case=True)
    expect(shown).not_to_contain_text(place.older, ignore_case=True)


@pytest.mark.parametrize("place", [PLACES["combobox"], PLACES["palette"]], ids=["combobox", "palette"])
def test_enter_takes_nothing_that_fitted_what_was_typed_before(search, place):
    """The answer comes after the next letters, and before these are asked for."""
    search.type(place.older)
    search.field.fill(place.newer)
    search.answer(0)
    shown = search.page.locator(place.found)
    expect(shown.filter(has_text=place.older)).to_have_count(0)

    search.page.clock.run_for(SOON)
    while len(search.held) == 1:
        search.page.wait_for_timeout(20)
    search.answer(1)

    expect(shown).to_contain_text(place.newer, ignore_case=True)
