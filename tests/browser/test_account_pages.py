"""The pages of accounts in a browser: registration to sign-in by mail, the profile, sessions, and notifications."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app.adapters import mail_folder
from demo.people import PASSWORD
from tests.support.browsing import open_
from tests.support.paths import ROOT

PICTURE = ROOT / "frontend" / "icons" / "icon-192.png"
MARKUP = "<img src=x onerror=planted=1>"
CHOSEN = "Analytical-Engine-1843"


@pytest.fixture
def mailed(site):
    """The token of the newest mail to an address."""

    def read(address):
        site.run_jobs()
        with site.app.app_context():
            return mail_folder.newest(1, to=address)[0].token

    return read


def sign_in(page, login, password):
    page.get_by_label("Email or username").fill(login)
    page.get_by_label("Password", exact=True).fill(password)
    page.keyboard.press("Enter")


def test_a_new_learner_registers_confirms_the_address_and_signs_in(visit, mailed, site):
    page = visit()
    open_(page, "/register?next=/courses")
    page.get_by_role("button", name="Create an account").click()
    expect(page.get_by_role("alert").filter(has_text="4 things to correct")).to_be_focused()

    page.get_by_label("First name").fill(MARKUP)
    page.get_by_label("Email").fill("student@example.org")
    page.get_by_label("Password", exact=True).fill(CHOSEN)
    page.get_by_label("Password (repeated)").fill("Another-one-1")
    assert page.get_by_text("The two passwords differ").first.is_visible()
    page.get_by_label("Password (repeated)").fill(CHOSEN)
    page.watch.expect("status of 409")
    page.keyboard.press("Enter")
    page.get_by_text("email_taken").wait_for()

    page.get_by_label("Email").fill("nora@example.org")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Your account is ready")).to_be_focused()

    open_(page, f"/verify-email?token={mailed('nora@example.org')}")
    page.get_by_role("button", name="Confirm the address").click()
    page.get_by_role("heading", level=1, name="Your address is confirmed").wait_for()
    assert "token" not in page.url

    page.get_by_role("link", name="Sign in").last.click()
    sign_in(page, "nora@example.org", CHOSEN)
    page.wait_for_url("**/my-courses")
    assert page.evaluate("() => 'planted' in window") is False


def test_an_instructor_sign_up_says_that_an_admin_decides(page):
    open_(page, "/register")
    page.get_by_role("radio", name="Teach").check()
    page.get_by_label("First name").fill("Nora")
    page.get_by_label("Email").fill("nora@example.org")
    page.get_by_label("Password", exact=True).fill(CHOSEN)
    page.get_by_label("Password (repeated)").fill(CHOSEN)
    page.keyboard.press("Enter")

    page.get_by_text("An admin will decide on your request to teach").wait_for()


def test_a_forgotten_password_is_set_by_mail(page, mailed, site):
    open_(page, "/forgot-password")
    page.get_by_label("Email").fill("student@example.org")
    page.keyboard.press("Enter")
    page.get_by_text("it will be sent if an account has this address").wait_for()

    open_(page, f"/reset-password?token={mailed('student@example.org')}")
    page.get_by_label("New password").fill(CHOSEN)
    page.get_by_label("Password (repeated)").fill(CHOSEN)
    page.keyboard.press("Enter")

    page.get_by_role("heading", level=1, name="Your new password is set").wait_for()


@pytest.mark.parametrize("path", ["/verify-email", "/reset-password"])
def test_a_link_that_is_spent_says_so_and_offers_another_mail(page, path):
    page.watch.expect("status of 400")
    open_(page, f"{path}?token=spent")
    if path == "/reset-password":
        page.get_by_label("New password").fill(CHOSEN)
        page.get_by_label("Password (repeated)").fill(CHOSEN)
    page.get_by_role("main").locator("form button[data-kind=primary]").click()

    page.get_by_role("alert").get_by_text("This link is no longer valid").wait_for()
    page.get_by_role("link", name="Send the mail again").wait_for()


def test_a_profile_that_changed_elsewhere_shows_both_versions(visit, site):
    page = visit(role="student")
    open_(page, "/me")
    site.call("student", "PATCH", "/auth/me", json={"bio": "From elsewhere", "last_name": MARKUP})
    page.get_by_label("About you").fill("Mine")
    page.watch.expect("status of 412")

    page.get_by_role("button", name="Save the profile").click()
    both = page.get_by_role("dialog", name="There are two versions")
    both.get_by_role("group", name="Last name").get_by_label("What is saved now").check()
    both.get_by_role("button", name="Save this choice").click()

    expect(page.get_by_label("Last name")).to_have_value(MARKUP)
    saved = site.call("student", "GET", "/auth/me")
    assert (saved["bio"], saved["last_name"]) == ("Mine", MARKUP)
    assert page.evaluate("() => 'planted' in window") is False


def test_a_picture_is_saved_shown_and_removed(visit):
    page = visit(role="student")
    page.watch.expect("status of 422")
    open_(page, "/me")
    chosen = page.get_by_label("Choose a picture").last

    chosen.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"})
    page.get_by_role("alert").get_by_text("invalid_request").wait_for()
    page.locator("input[type=file]").set_input_files(PICTURE)
    page.locator("img.avatar.large").wait_for()
    assert page.evaluate("() => document.querySelector('img.avatar.large').decode().then(() => true)")

    page.get_by_role("button", name="Remove").click()
    page.locator("span.avatar.large").wait_for()


def test_a_password_is_changed_and_this_session_goes_on(visit, site):
    page = visit(role="student")
    page.watch.expect("status of 422")
    open_(page, "/me")
    page.get_by_role("button", name="Change the password").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Current password").fill("wrong")
    dialog.get_by_label("New password").fill(CHOSEN)
    dialog.get_by_label("Password (repeated)").fill(CHOSEN)
    page.keyboard.press("Enter")
    dialog.get_by_role("alert").get_by_text("This is not your password").wait_for()

    dialog.get_by_label("Current password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_text("Password changed.").wait_for()

    open_(page, "/me/sessions")
    assert page.get_by_role("list", name="Sessions").get_by_role("listitem").count() == 1


def test_one_session_is_ended_and_then_all(visit, site):
    page = visit(role="student")
    site.tokens("student")
    open_(page, "/me/sessions")
    rows = page.get_by_role("list", name="Sessions").get_by_role("listitem")
    assert rows.filter(has_text="This one").count() == 1
    before = rows.count()

    rows.get_by_role("button", name=re.compile("^End")).first.click()
    expect(rows).to_have_count(before - 1)

    page.get_by_role("button", name="Sign out everywhere").click()
    page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
    page.get_by_role("heading", level=1, name="Sign in").wait_for()
    assert page.evaluate("() => localStorage.getItem('refresh')") is None


def test_notifications_are_read_one_by_one_and_at_once(visit):
    page = visit(role="student")
    open_(page, "/notifications")
    bell = page.get_by_role("banner").get_by_role("link", name=re.compile("^Notifications"))
    expect(bell).to_have_accessible_name("Notifications, 2 unread")

    page.get_by_role("button", name=re.compile("^Mark as read")).first.click()
    expect(bell).to_have_accessible_name("Notifications, 1 unread")
    page.get_by_label("Unread only").check()
    expect(page.get_by_role("list", name="Notifications").get_by_role("listitem")).to_have_count(1)

    page.get_by_role("button", name="Mark all as read").click()
    expect(bell).to_have_accessible_name("Notifications")
    page.get_by_role("heading", name="Nothing is unread").wait_for()
