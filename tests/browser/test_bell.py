"""The bell: how many notifications are unread, in every tab, whatever answer comes last."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.browsing import open_

COUNT = "**/api/v1/notifications/unread-count"
WHO = "student5"


@pytest.fixture
def notified(site):
    """Three unread notifications."""
    site.call(WHO, "POST", "/notifications/read-all")
    for number in range(3):
        site.make.course(title=f"Bread {number}", slug=f"bread-{number}", lessons=1)
        site.call("admin", "POST", f"/courses/bread-{number}/assign", json={"email": f"{WHO}@example.org"})


def bell(page, unread):
    """The bell that says so, to the eye and to a screen reader."""
    name = f"Notifications, {unread} unread" if unread else "Notifications"
    shown = page.get_by_role("banner").get_by_role("link", name=name, exact=True)
    return shown.filter(
        has=page.locator(".count", has_text=str(unread)) if unread else page.locator(".count")
    )


def notes(page):
    return page.get_by_role("list", name="Notifications").get_by_role("listitem")


def test_the_bell_counts_and_what_is_read_leaves_it(visit, notified):
    page = visit(role=WHO)
    open_(page, "/courses")
    expect(bell(page, 3)).to_be_visible()

    bell(page, 3).click()
    page.get_by_role("heading", level=1, name="Notifications").wait_for()
    expect(bell(page, 3)).to_be_visible()
    notes(page).first.get_by_role("button", name="Mark as read").click()
    expect(bell(page, 2)).to_be_visible()

    notes(page).nth(1).get_by_role("link").click()
    page.get_by_role("heading", level=1, name="Bread 1").wait_for()
    expect(bell(page, 1)).to_be_visible()

    page.go_back()
    page.get_by_role("button", name="Mark all as read").click()
    expect(bell(page, 0)).to_be_visible()
    expect(page.get_by_role("button", name="Mark all as read")).to_be_hidden()


def test_the_bells_of_other_tabs_agree(visit, notified):
    page = visit(role=WHO)
    open_(page, "/courses")
    other = page.context.new_page()
    open_(other, "/notifications")
    expect(bell(page, 3)).to_be_visible()

    notes(other).first.get_by_role("button", name="Mark as read").click()
    expect(bell(page, 2)).to_be_visible()

    other.get_by_role("button", name="Mark all as read").click()
    expect(bell(page, 0)).to_be_visible()


def test_a_count_from_before_does_not_replace_a_newer_one(visit, notified):
    page = visit(role=WHO)
    held = []
    page.route(COUNT, lambda route: held.append((route, route.fetch())), times=1)
    page.goto("/me")
    page.get_by_role("heading", level=1, name="Profile").wait_for()
    while not held:
        page.wait_for_timeout(20)
    other = page.context.new_page()
    open_(other, "/notifications")
    other.get_by_role("button", name="Mark all as read").click()
    expect(bell(other, 0)).to_be_visible()

    route, answer = held[0]
    with page.expect_response(COUNT):
        route.fulfill(response=answer)
    page.wait_for_load_state("networkidle")

    expect(bell(page, 0)).to_be_visible()


def test_of_two_counts_the_one_that_was_asked_for_last_is_shown(visit, notified):
    page = visit(role=WHO)
    open_(page, "/notifications")
    held = []
    page.route(COUNT, lambda route: held.append((route, route.fetch())), times=1)
    read = page.get_by_role("button", name="Mark as read")
    read.first.click()
    expect(notes(page).first.get_by_role("button")).to_have_count(0)
    notes(page).nth(1).get_by_role("button", name="Mark as read").click()
    expect(bell(page, 1)).to_be_visible()

    route, answer = held[0]
    with page.expect_response(COUNT):
        route.fulfill(response=answer)
    page.wait_for_load_state("networkidle")

    expect(bell(page, 1)).to_be_visible()
