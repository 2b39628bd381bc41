"""Going from page to page: while one loads, back to where a list was left, and with a dialog that is open."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.browsing import open_, travel


@pytest.fixture
def course(site):
    return site.make.course(title="Bread", slug="bread", lessons=1)


@pytest.fixture
def begin(page, course):
    """Begin to open the course, and return its request, which goes on with `continue_()`."""
    held = []

    def hold(route):
        held.append(route)

    def run():
        with page.expect_request("**/api/v1/courses/bread"):
            page.evaluate("() => void navigation.navigate('/courses/bread')")
        page.locator("main .waiting").wait_for()
        return held[-1]

    page.route("**/api/v1/courses/bread", hold)
    return run


def test_back_and_a_jump_while_a_page_loads(page, begin):
    open_(page, "/courses")
    begin()

    page.go_back()
    page.get_by_role("heading", level=1, name="Find a course").wait_for()
    page.get_by_role("list", name="Courses").wait_for()

    request = begin()
    page.get_by_role("link", name="Skip to content").press("Enter")
    request.continue_()
    page.get_by_role("heading", level=1, name="Bread").wait_for()


def test_a_page_that_arrives_leaves_the_focus_where_the_user_has_put_it_meanwhile(page, begin):
    open_(page, "/courses")
    request = begin()

    travel(page, 'link "Sign in"')
    request.continue_()

    page.get_by_role("heading", level=1, name="Bread").wait_for()
    expect(page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_focused()
    page.get_by_role("link", name="Courses").first.click()
    expect(page.get_by_role("heading", level=1, name="Find a course")).to_be_focused()


def test_what_is_typed_into_a_list_does_not_change_the_address_of_the_next_page(page):
    open_(page, "/courses")
    page.evaluate(
        """async () => {
          const search = document.querySelector("main [type=search]");
          search.value = "bread";
          search.dispatchEvent(new Event("input", { bubbles: true }));
          navigation.navigate("/login");
          await new Promise((done) => setTimeout(done, 500));
        }"""
    )

    assert page.url.endswith("/login")


def test_back_shows_the_page_of_a_list_where_it_was_left_and_closes_dialogs(visit):
    page = visit(role="admin", height=500)
    open_(page, "/admin")
    page.get_by_role("link", name="People").first.click()
    page.get_by_role("heading", level=1, name="People").wait_for()
    first = page.locator("tbody tr th").first
    before = first.text_content()
    page.get_by_role("button", name="Next").click()
    expect(first).not_to_have_text(before)
    wanted = first.text_content()

    page.locator("tbody tr th a").nth(15).click()
    page.get_by_role("heading", name="Details").wait_for()
    page.go_back()
    expect(first).to_have_text(wanted)
    assert page.evaluate("scrollY") > 200

    page.get_by_role("button", name="Add a person").click()
    page.get_by_role("dialog").wait_for()
    page.go_back()
    page.get_by_role("heading", level=1, name="Dashboard").wait_for()
    assert page.get_by_role("dialog").count() == 0


def test_people_who_are_chosen_are_assigned_to_a_course(visit):
    page = visit(role="admin")
    open_(page, "/admin/users")
    rows = page.locator("tbody tr")
    for at in (1, 2):
        rows.nth(at).get_by_role("checkbox").check()
    page.get_by_role("button", name="Assign to a course").click()

    people = page.locator("textarea[name=people]")
    assert people.input_value().count("@") == 2
    page.get_by_text("2 emails").wait_for()
    assert page.evaluate("sessionStorage.getItem('assign-people')") is None
