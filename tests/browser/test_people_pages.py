"""The pages of people: choosing several, the list on a phone, and a person whom two admins edit."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.support.browsing import NARROW, THEMES, axe, open_, overflow

MARKUP = "<img src=x onerror='window.planted=1'>"


def opened(page, path="/admin/users"):
    open_(page, path)
    return page


def top_of(row):
    return row.bounding_box()["y"]


def test_no_row_moves_when_people_are_chosen(visit):
    page = opened(visit(role="admin"))
    rows = page.locator("tbody tr")
    before = top_of(rows.first)

    rows.nth(1).get_by_role("checkbox").check()
    rows.nth(2).get_by_role("checkbox").check()

    page.get_by_role("status").get_by_text("2 people chosen").wait_for()
    assert top_of(rows.first) == before


def test_a_person_is_a_block_on_a_phone_whose_cells_say_what_they_are(visit):
    page = opened(visit(role="admin", width=NARROW))
    first = page.locator("tbody tr").first

    labels = first.locator("td[data-label]").evaluate_all(
        "(cells) => cells.map((each) => each.dataset.label)"
    )
    assert labels == ["Staff number", "Department", "Role", "State", "Since"]
    assert first.get_by_text("Active").is_visible()
    assert overflow(page) == 0


def test_of_two_versions_of_a_person_the_admin_chooses(visit, site):
    person = site.call("admin", "GET", "/users?search=student2@example.org")[0]
    path = f"/users/{person['id']}"
    page = opened(visit(role="admin"), f"/admin{path}")
    page.watch.expect("status of 412")
    site.call("admin", "PATCH", path, json={"department": "Finance", "last_name": MARKUP})
    page.get_by_label("Department").fill("Sales")

    page.get_by_role("button", name="Save", exact=True).click()
    both = page.get_by_role("dialog", name="There are two versions")
    both.get_by_role("group", name="Last name").get_by_label("What is saved now").check()
    assert axe(page) == []
    both.get_by_role("button", name="Save this choice").click()

    expect(page.get_by_label("Last name")).to_have_value(MARKUP)
    expect(page.get_by_label("Department")).to_have_value("Sales")
    page.get_by_text("User updated.").wait_for()
    stored = site.call("admin", "GET", path)
    assert (stored["department"], stored["last_name"]) == ("Sales", MARKUP)
    assert page.evaluate("() => 'planted' in window") is False


def test_the_pages_of_people_have_no_fault_that_axe_finds(visit, site):
    person = site.call("admin", "GET", "/users?search=student2@example.org")[0]
    for theme in THEMES:
        page = visit(role="admin", theme=theme)
        for path in ("/admin/users", f"/admin/users/{person['id']}", "/admin/notices", "/admin/assignments"):
            assert axe(opened(page, path)) == []
