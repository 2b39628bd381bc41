"""Toasts: announced, gone by themselves but not while the user is at them, and closed by hand."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.browsing import axe, focused, open_, travel
from tests.support.declarations import PIXEL

LONG = 60_000
"""Milliseconds after which a toast is gone, or stays."""


@pytest.fixture
def page(visit):
    """The profile, just saved, with its clock stopped."""
    page = visit(role="student")
    page.clock.install()
    open_(page, "/me")
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    page.get_by_label("First name").fill("Samuel")
    page.get_by_role("button", name="Save the profile").press("Enter")
    expect(toast(page)).to_have_text("Saved.")
    return page


def toast(page):
    return page.get_by_role("status").filter(has_text="Saved.")


def test_a_toast_is_announced_and_goes_by_itself(page):
    page.clock.run_for(LONG)

    expect(toast(page)).to_be_hidden()


def test_a_toast_stays_while_the_pointer_is_on_it(page):
    toast(page).hover()
    page.clock.run_for(LONG)
    expect(toast(page)).to_be_visible()

    page.mouse.move(0, 0)
    page.clock.run_for(LONG)
    expect(toast(page)).to_be_hidden()


def test_a_toast_stays_while_it_has_the_focus_and_gives_it_back(page):
    travel(page, 'button "Close"')
    page.clock.run_for(LONG)
    expect(toast(page)).to_be_visible()

    page.keyboard.press("Shift+Tab")
    before = focused(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(toast(page)).to_be_hidden()
    assert focused(page) == before


def test_a_toast_that_lost_the_focus_goes(page):
    travel(page, 'button "Close"')
    page.keyboard.press("Shift+Tab")

    page.clock.run_for(LONG)

    expect(toast(page)).to_be_hidden()


def test_a_toast_is_closed_by_its_button(page):
    page.get_by_role("button", name="Close").click()

    expect(toast(page)).to_be_hidden()


def test_an_act_is_offered_until_it_is_answered(visit, site):
    site.make.course(title="Bread", slug="bread", lessons=2)
    site.call("student4", "POST", "/courses/bread/enroll")
    page = visit(role="student4")
    page.clock.install()
    open_(page, "/courses/bread/learn")
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    page.get_by_role("button", name="Mark complete").first.click()
    undo = page.get_by_role("status").get_by_role("button", name="Undo")
    undo.wait_for()

    page.clock.run_for(LONG)
    expect(undo).to_be_visible()
    page.get_by_role("button", name="Close").click()

    expect(undo).to_be_hidden()


def test_a_toast_above_a_dialog_can_be_reached_and_outlives_it(visit, site):
    course = site.make.course(title="Bread", slug="bread")
    quiz = site.make.quiz(course)
    page = visit(role="admin")
    page.clock.install()
    open_(page, f"/teach/courses/{course.id}/quizzes/{quiz.id}")
    page.get_by_role("button", name="Add an image").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What the image shows").fill("A loaf")
    file = {"name": "loaf.png", "mimeType": "image/png", "buffer": PIXEL}
    dialog.locator("input[type=file]").set_input_files(file)
    said = page.get_by_role("status").filter(has_text="The image is saved.")
    said.hover()
    assert axe(page) == []

    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    expect(said).to_be_visible()

    page.get_by_role("button", name="Close").click()
    expect(said).to_be_hidden()
