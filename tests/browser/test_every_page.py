"""Every page of the client: for whom it opens, what it looks like to assistive technology, and what it opens itself."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.support import client_pages
from tests.support.browsing import NARROW, WIDE, axe, invalid, open_, overflow

LOOKS = (("light", WIDE), ("dark", NARROW))

AT_ONCE = """async (path) => {
    await navigation.navigate(path).finished.catch(() => {});
    await new Promise((done) => setTimeout(done));
    while (navigation.transition) await navigation.transition.finished.catch(() => {});
    return [document.documentElement.dataset.page, document.querySelector("main h1")?.textContent ?? "", location.pathname + location.search];
}"""
"""Go to a page of the client without loading the document again."""

OPENED = "dialog[open], [popover]:popover-open:not(#toast)"
BEHIND = {
    "my-courses": ("Why am I not done?",),
    "course": ("Leave the course",),
    "profile": ("Change the address", "Change the password"),
    "sessions": ("Sign out everywhere",),
    "course-edit?view=lessons": ("Add a lesson", "Add several lessons", "Add a section"),
    "analytics": ("What “Learners” counts",),
    "admin-dashboard": ("What “Enrollments” counts",),
    "users": ("Add a person",),
    "user": ("Deactivate", "Delete the account"),
    "decisions": ("Publish", "Reject"),
    "instructor-requests": ("Approve",),
    "categories": ("Create a category",),
}
"""Buttons that open a dialog or a popover, by page."""


@pytest.mark.parametrize("role", client_pages.ROLES)
def test_a_page_opens_for_its_roles_and_for_no_other(visit, site, role):
    page = visit(role=role)
    if role == "instructor":
        page.watch.expect("status of 404")  # the run of another user
    open_(page, "/courses")
    for each in client_pages.pages(page, site):
        if each.name == "missing":
            continue
        name, heading, address = page.evaluate(AT_ONCE, each.path)
        if each.is_for(role):
            assert (name, bool(heading)) == (each.name, True), each.path
            assert not re.match("This (did not load|page is for)", heading), each.path
        elif role is None:
            assert address == f"/login?next={quote(each.path, safe='')}", each.path
        elif each.needs == "visitor":
            assert address == client_pages.HOMES[role], each.path
        else:
            assert heading == "This page is for other roles", each.path


@pytest.mark.parametrize(
    "next_",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/.//evil.example",
        "///evil.example",
        "//",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "//[",
        "/@evil.example",
    ],
)
def test_signing_in_leads_to_a_page_of_ours_only(visit, site, next_):
    page = visit(role="student")
    if re.match(r"/[.@]", next_):
        page.watch.expect("status of 404")
    page.route(
        re.compile("evil"),
        lambda route: route.abort() if "127.0.0.1" not in route.request.url else route.fallback(),
    )
    open_(page, f"/login?next={quote(next_, safe='')}")
    page.wait_for_url(lambda url: "/login" not in url)

    assert page.evaluate("() => location.origin") == site.url


@pytest.mark.parametrize(
    "path", ["/courses/%", "/courses/%E0%A4%A", "/certificates/%25%", "/teach/courses/%ff"]
)
def test_an_address_that_cannot_be_read_is_a_page_that_is_not_there(page, path):
    page.watch.expect("status of 404")
    page.goto("/nowhere")
    page.evaluate("(path) => { location.href = path }", path)
    page.wait_for_url(f"**{path}")
    page.get_by_role("heading", level=1, name=re.compile("no such page|not here")).wait_for()


def test_the_pages_of_the_server_are_reached_by_links_of_the_client(page):
    open_(page, "/courses")
    page.get_by_role("link", name="API and documentation").click()
    page.wait_for_url("**/developers")
    page.get_by_role("heading", level=1).wait_for()
    expect(page.get_by_text("There is no such page")).to_have_count(0)


@pytest.mark.parametrize(("theme", "width"), LOOKS)
@pytest.mark.parametrize("role", client_pages.ROLES)
def test_every_page_is_accessible_valid_and_fits(visit, site, role, theme, width):
    page = visit(role=role, theme=theme, width=width)
    if role is None:
        page.watch.expect("status of 404")
    open_(page, "/courses")
    wrong = _frame(page)
    for each in client_pages.pages(page, site):
        if client_pages.first_role(each) != role and not (
            role == "student" and each.name in client_pages.OWN
        ):
            continue
        for view in ("", *client_pages.VIEWS.get(each.name, ())):
            open_(page, each.path + view)
            where = each.name + view
            wrong += _faults(page, where)
            for name in BEHIND.get(where, ()) if role else ():
                page.get_by_role("main").get_by_role("button", name=name, exact=True).first.click()
                wrong += _opened(page, f"{where}, {name}")
    assert wrong == []


def _frame(page):
    """The menus of the top bar, and the palette."""
    wrong = []
    for opener in page.get_by_role("banner").locator("button[popovertarget]").all():
        if opener.is_visible():
            opener.click()
            wrong += _opened(page, opener.get_attribute("popovertarget"))
    page.keyboard.press("Control+k")
    page.locator("dialog [role=option]").first.wait_for()
    return wrong + _opened(page, "palette")


def _opened(page, where):
    opened = page.locator(OPENED).first
    opened.wait_for()
    wrong = _faults(page, where)
    page.keyboard.press("Escape")
    opened.wait_for(state="hidden")
    return wrong


def _faults(page, where):
    found = [*axe(page), *invalid(page)]
    too_wide = overflow(page)
    return [f"{where}: {each}" for each in found] + ([f"{where}: {too_wide} px too wide"] if too_wide else [])
