"""Sessions in a browser: several tabs, users who follow one another, and a server that cannot be asked."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from app.web.sandbox import faults
from app.web.sandbox.faults import Fault
from demo.people import PASSWORD
from tests.support.browsing import open_

REFRESH = "/auth/refresh"
REGISTER = """async () => {
    const { register } = await import(document.querySelector("script[type=module]").src.replace("app.js", "lib/offline.js"));
    await register();
}"""
"""A site with TLS does it by itself."""

KEPT = "() => localStorage.getItem('refresh')"


def another(page, path="/me"):
    """A second tab of the same browser."""
    tab = page.context.new_page()
    open_(tab, path)
    return tab


def answers_of_refresh(page):
    """The statuses of `POST /auth/refresh` from now on, in all tabs."""
    found = []
    page.context.on(
        "response", lambda each: found.append(each.status) if each.url.endswith(REFRESH) else None
    )
    return found


def leave(page):
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("button", name="Sign out").click()


def sign_in(page, name):
    page.get_by_label("Email or username").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")


def test_two_tabs_that_need_a_token_at_once_send_one_request(visit):
    one = visit(role="student")
    two = one.context.new_page()
    answers = answers_of_refresh(one)

    for tab in (one, two):
        tab.goto("/me", wait_until="commit")
    for tab in (one, two):
        expect(tab.get_by_label("First name")).to_have_value("Sam")

    assert answers == [200]


def test_signing_out_in_one_tab_takes_the_page_of_the_user_off_all(visit):
    one = visit(role="student")
    open_(one, "/me")
    two = another(one)
    two.evaluate("() => sessionStorage.setItem('draft', 'private')")

    leave(one)

    one.get_by_role("heading", level=1, name="Find a course").wait_for()
    two.get_by_role("heading", level=1, name="Sign in").wait_for()
    assert two.url.endswith("/login?next=%2Fme")
    assert two.evaluate("() => sessionStorage.length") == 0
    two.go_back()
    expect(two.get_by_role("heading", level=1, name="Profile")).to_have_count(0)


def test_another_user_in_one_tab_is_the_user_of_all(visit):
    one = visit()
    open_(one, "/login")
    two = another(one, "/courses")
    sign_in(one, "student")
    expect(two.get_by_role("button", name="Your account: Sam Student")).to_be_visible()

    leave(one)
    one.get_by_role("heading", level=1, name="Find a course").wait_for()
    open_(one, "/login")
    sign_in(one, "student2")
    expect(two.get_by_role("button", name="Your account: Sara Student")).to_be_visible()


def test_a_session_that_ended_elsewhere_asks_to_sign_in_and_comes_back(visit, site):
    page = visit(role="student")
    page.watch.expect("status of 401")
    open_(page, "/courses")
    site.call("student", "POST", "/auth/logout-all")

    page.get_by_role("link", name="My courses").click()

    page.get_by_text("Your session has ended. Sign in again to go on.").wait_for()
    sign_in(page, "student")
    page.wait_for_url("**/my-courses")


@pytest.mark.parametrize("path", ["/me", "/courses"])
def test_a_session_outlives_a_server_that_cannot_renew_it(visit, site, path):
    page = visit(role="student")
    page.watch.expect("status of 503")
    before = page.evaluate(KEPT)
    with site.app.app_context():
        faults.add(Fault(f"POST /api/v1{REFRESH}", faults.UNAVAILABLE, 0))

    page.goto(path)
    page.get_by_text("The server could not be reached.").first.wait_for()
    assert page.evaluate(KEPT) == before

    with site.app.app_context():
        faults.remove("")
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("button", name="Your account: Sam Student").wait_for()


def test_a_token_that_comes_after_signing_out_is_dropped(visit):
    page = visit(role="student")
    page.watch.expect("status of 401")
    other = page.context.new_page()
    other.goto("/healthz")
    held = []

    def hold(route):
        held.append(route)

    page.route(f"**{REFRESH}", hold)
    page.goto("/me", wait_until="commit")
    while not held:
        page.wait_for_timeout(50)

    other.evaluate("() => localStorage.removeItem('refresh')")
    held[0].continue_()

    page.get_by_role("heading", level=1, name="Sign in").wait_for()
    assert page.evaluate(KEPT) is None


def test_reloading_twice_in_the_moment_of_a_refresh_keeps_the_session(visit, site):
    """The service worker holds the answer that the first page did not live to see; without it, the second page's token is
    spent and the session ends.
    """
    page = visit(role="student")
    open_(page, "/me")
    page.evaluate(REGISTER)
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    answers = answers_of_refresh(page)
    before = page.evaluate(KEPT)
    with site.app.app_context():
        faults.add(Fault(f"POST /api/v1{REFRESH}", faults.SLOW, 2))

    for _ in range(3):
        page.goto("/me", wait_until="commit")
        page.wait_for_timeout(600)
    with site.app.app_context():
        faults.remove("")

    expect(page.get_by_label("First name")).to_have_value("Sam")
    assert page.evaluate(KEPT) not in {before, None}
    assert 409 not in answers


def test_a_refresh_that_fails_in_the_service_worker_is_sent_again(visit, site):
    page = visit(role="student")
    page.watch.expect("status of 503")
    open_(page, "/me")
    page.evaluate(REGISTER)
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    with site.app.app_context():
        faults.add(Fault(f"POST /api/v1{REFRESH}", faults.UNAVAILABLE, 0))
    page.goto("/me")
    page.get_by_text("The server could not be reached.").first.wait_for()
    with site.app.app_context():
        faults.remove("")

    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_label("First name")).to_have_value("Sam")
