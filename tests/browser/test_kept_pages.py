"""Lists that are read page by page: Back shows the page that was left, and the focus is not lost on the way."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app.db.session import db
from app.models import User
from tests.support.browsing import open_

WHO = "student5"


@pytest.fixture
def learner(site):
    with site.app.app_context():
        return db.session.scalars(select(User).where(User.username == WHO)).one()


@pytest.fixture
def courses(site):
    return [
        site.make.course(title=f"Bread {number}", slug=f"bread-{number}", lessons=1) for number in range(27)
    ]


def turn(page, rows):
    """Go to the next page by keyboard; the first row of it."""
    before = rows.first.text_content()
    page.get_by_role("button", name="Next").press("Enter")
    expect(rows.first).not_to_have_text(before)
    return rows.first.text_content()


def page_is(page, name, *, shown):
    """Wait until the page with this name is shown, or another."""
    page.wait_for_function(
        "([name, shown]) => (document.documentElement.dataset.page === name) === shown", arg=[name, shown]
    )


def leave_and_come_back(page, link):
    name = page.evaluate("document.documentElement.dataset.page")
    link.click()
    page_is(page, name, shown=False)
    page.go_back()
    page_is(page, name, shown=True)


def test_my_courses(site, learner, courses, visit):
    for course in courses:
        site.make.enrollment(course, learner)
    page = visit(role=WHO)
    open_(page, "/my-courses")
    rows = page.locator(".mine-list > li")
    titles = rows.locator("h3")
    wanted = turn(page, titles)
    expect(page.get_by_role("heading", level=2, name="My courses")).to_be_focused()

    leave_and_come_back(page, titles.first.get_by_role("link"))
    expect(titles.first).to_have_text(wanted)

    page.get_by_role("button", name="All").click()
    expect(page.locator("nav.pager")).to_contain_text("1–12")
    page.go_back()
    expect(titles.first).to_have_text(wanted)


def test_what_is_typed_into_the_search_of_my_courses_is_no_step(site, learner, courses, visit):
    for course in courses:
        site.make.enrollment(course, learner)
    page = visit(role=WHO)
    open_(page, "/courses")
    page.get_by_role("link", name="My courses").first.click()
    page_is(page, "my-courses", shown=True)
    search = page.get_by_role("searchbox", name="Search")
    for words in ("bread 2", "bread 21"):
        search.fill(words)
        page.wait_for_url(lambda url, words=words: url.endswith(words.replace(" ", "+")))

    page.go_back()

    page_is(page, "my-courses", shown=False)


def test_the_ledger_of_a_run(site, courses, visit):
    people = [site.make.student(last_name=f"Learner{number}") for number in range(45)]
    body = {"user_ids": [str(each.id) for each in people], "emails": ["nobody@example.org"], "notify": False}
    run = site.call("admin", "POST", "/courses/bread-0/assign-multiple", json=body)["assignment_id"]
    page = visit(role="admin", height=500)
    open_(page, f"/admin/assignments/{run}")
    rows = page.locator("table.ledger tbody tr")
    who = rows.locator("th")
    page.get_by_role("group", name="Filter").get_by_role("button", name="Assigned").last.click()
    expect(page.get_by_text("45 rows")).to_be_visible()
    wanted = turn(page, who)
    expect(page.locator(".ledger-bar [role=status]")).to_be_focused()

    leave_and_come_back(page, who.nth(15).get_by_role("link"))

    expect(who.first).to_have_text(wanted)
    expect(page.get_by_role("button", name="Assigned", pressed=True)).to_be_visible()
    expect(page.get_by_text("45 rows")).to_be_visible()
    assert page.evaluate("scrollY") > 200


def test_the_ledger_of_a_run_in_the_console(site, courses, visit):
    people = [site.make.student() for _ in range(25)]
    page = visit(role="admin")
    open_(page, "/admin/assign?course=bread-0")
    page.get_by_role("textbox", name="People", exact=True).fill("\n".join(each.email for each in people))
    page.get_by_role("button", name="Preview").click()
    who = page.locator("table.ledger tbody th")
    who.first.wait_for()
    wanted = turn(page, who)

    leave_and_come_back(page, who.first.get_by_role("link"))

    expect(who.first).to_have_text(wanted)


def test_notifications(site, courses, visit):
    for course in courses:
        site.call("admin", "POST", f"/courses/{course.slug}/assign", json={"email": f"{WHO}@example.org"})
    page = visit(role=WHO)
    open_(page, "/notifications")
    notes = page.get_by_role("list", name="Notifications").get_by_role("heading").get_by_role("link")
    wanted = turn(page, notes)
    expect(page.get_by_role("heading", level=1)).to_be_focused()

    leave_and_come_back(page, notes.first)

    expect(notes.first).to_have_text(wanted)


def test_certificates(site, learner, courses, visit):
    for course in courses:
        site.make.certificate(course, learner)
    page = visit(role=WHO)
    open_(page, "/certificates")
    titles = page.get_by_role("list", name="Certificates").get_by_role("heading")
    wanted = turn(page, titles)
    expect(page.get_by_role("heading", level=1)).to_be_focused()

    leave_and_come_back(page, titles.first.get_by_role("link"))

    expect(titles.first).to_have_text(wanted)


def test_a_page_that_is_gone_is_the_first(site, courses, visit):
    page = visit(role="admin")
    open_(page, "/admin/users")
    rows = page.locator("main tbody tr th")
    first = rows.first.text_content()
    turn(page, rows)
    page.watch.expect("status of 422")
    page.evaluate(
        """() => navigation.updateCurrentEntry({
            state: { "list /users": { link: "/api/v1/users?page=2&after=broken" } },
        })"""
    )

    leave_and_come_back(page, rows.nth(2).get_by_role("link"))

    expect(rows.first).to_have_text(first)
