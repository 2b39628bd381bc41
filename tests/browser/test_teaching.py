"""The pages of instructors: their courses, the editor and its versions, lessons in order, the roster; and categories."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browsing import axe, open_, travel

MARKUP = "<img src=x onerror=document.title='ran'>"
OWNER = "instructor3"
LESSONS = [{"title": title, "type": "TEXT"} for title in ("One", "Two", "Three")]


@pytest.fixture
def course(site):
    """A draft of the instructor with three lessons in one section."""
    made = site.call(OWNER, "POST", "/courses", json={"title": "Doors", "short_description": "Locks."})
    site.call(OWNER, "POST", "/lessons/bulk", json={"course_id": made["id"], "lessons": LESSONS})
    return made


@pytest.fixture
def page(visit):
    return visit(role=OWNER)


def editor(course, view=""):
    return f"/teach/courses/{course['id']}" + (f"?view={view}" if view else "")


def read(site, course):
    return site.call(OWNER, "GET", f"/courses/{course['id']}")


def titles(site, course):
    return [[lesson["title"] for lesson in section["lessons"]] for section in read(site, course)["sections"]]


def field(page, name):
    return page.locator(f"[name={name}]")


def saved(page):
    expect(page.locator(".save-status")).to_have_attribute("data-status", "saved")


def test_a_course_is_created_completed_and_submitted_by_keyboard(site, page):
    page.watch.expect("status of 409")
    open_(page, "/teach")
    page.get_by_role("link", name="Create a course").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Create a course").wait_for()
    page.get_by_role("button", name="Create the course").press("Enter")
    summary = page.get_by_role("alert").filter(has_text="2 things to correct")
    expect(summary).to_be_focused()
    assert "Title is missing" in summary.inner_text()

    field(page, "title").fill("Keys")
    field(page, "short_description").fill("Who holds them.")
    field(page, "price").fill("12,50")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/teach/courses/[\w-]+\?view=lessons"))
    page.get_by_role("button", name="Submit for review").press("Enter")
    refusal = page.get_by_role("alert").filter(has_text="This course is not complete yet")
    refusal.get_by_role("link", name="The course needs at least 1 lesson; it has 0.").press("Enter")
    expect(page.get_by_role("heading", level=2, name="Lessons")).to_be_focused()

    travel(page, 'button "Add a lesson"')
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("The first key")
    dialog.get_by_role("button", name="Add a lesson").press("Enter")
    expect(page.get_by_role("button", name="The first key Text")).to_be_focused()
    expect(refusal).to_have_count(0)
    page.get_by_role("button", name="Submit for review").press("Enter")
    page.get_by_role("button", name="Withdraw from review").first.wait_for()

    page.get_by_role("link", name="Details").press("Enter")
    expect(field(page, "title")).to_be_disabled()
    assert "cannot be edited until" in page.inner_text("main")
    (made,) = site.call(OWNER, "GET", "/courses/mine?search=keys")
    assert (made["status"], made["price"], made["lesson_count"]) == ("PENDING", "12.50", 1)


def test_what_is_typed_is_saved_and_what_is_refused_is_kept(site, course, page):
    page.watch.expect("status of 422")
    open_(page, editor(course))
    field(page, "venue").fill("Room 5")
    saved(page)
    assert "Saved" in page.locator(".save-status").inner_text()
    assert read(site, course)["venue"] == "Room 5"
    with_accent = []
    page.on(
        "request", lambda request: with_accent.append(request.method) if request.method == "PATCH" else None
    )
    field(page, "schedule").fill("Cafe\u0301")
    saved(page)
    page.wait_for_timeout(300)
    assert read(site, course)["schedule"] == "Caf\u00e9"
    assert with_accent == ["PATCH"], "what the server stores composed is sent once"

    field(page, "total_seats").fill("0")
    field(page, "venue").fill("Room 6")
    expect(page.locator(".save-status")).to_have_attribute("data-status", "wrong")
    assert page.get_by_text("Must be at least 1.").is_visible()
    assert read(site, course)["venue"] == "Room 6"

    page.get_by_role("link", name="My teaching").click()
    page.get_by_role("heading", level=1, name="My teaching").wait_for()
    page.go_back()
    expect(field(page, "total_seats")).to_have_value("0")
    field(page, "total_seats").fill("20")
    saved(page)
    assert read(site, course)["total_seats"] == 20


def test_of_two_versions_of_a_field_the_user_chooses(site, course, page):
    page.watch.expect("status of 412")
    open_(page, editor(course))
    site.call("admin", "PATCH", f"/courses/{course['id']}", json={"title": "Theirs", "venue": "Room 7"})
    field(page, "title").fill("Mine")
    field(page, "schedule").fill("Tuesdays")

    both = page.get_by_role("group", name="Fields that differ")
    expect(both).to_be_visible()
    assert "Alex Admin saved another version" in page.inner_text("main")
    assert both.get_by_role("radio").count() == 2, "only the field that both have changed"
    expect(both.get_by_role("radio", name="Yours Mine")).to_be_checked()
    assert field(page, "venue").input_value() == "Room 7"
    assert {name: read(site, course)[name] for name in ("title", "schedule")} == {
        "title": "Theirs",
        "schedule": "Tuesdays",
    }
    assert axe(page) == []

    page.get_by_role("button", name="Save the chosen versions").press("Enter")
    saved(page)
    assert {name: read(site, course)[name] for name in ("title", "schedule", "venue")} == {
        "title": "Mine",
        "schedule": "Tuesdays",
        "venue": "Room 7",
    }


def test_of_two_versions_of_a_lesson_the_user_chooses(site, course, page):
    page.watch.expect("status of 412")
    lesson = read(site, course)["sections"][0]["lessons"][0]
    open_(page, editor(course, "lessons"))
    page.get_by_role("button", name="One Text").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Mine")
    site.call("admin", "PATCH", f"/lessons/{lesson['id']}", json={"title": "Theirs", "content": "Their text"})

    page.keyboard.press("Escape")
    expect(dialog.get_by_text("Your changes are not saved.")).to_be_visible()
    dialog.get_by_role("button", name="Go on editing").click()
    dialog.get_by_role("button", name="Save", exact=True).click()
    dialog.get_by_role("radio", name="Theirs").check()
    dialog.get_by_role("button", name="Save the chosen versions").click()

    page.get_by_role("button", name="Theirs Text").wait_for()
    stored = site.call(OWNER, "GET", f"/lessons/{lesson['id']}")
    assert (stored["title"], stored["content"]) == ("Theirs", "Their text")


def test_lessons_are_put_into_order_by_keyboard_buttons_and_mouse(site, course, page):
    page.watch.expect("status of 409")
    open_(page, editor(course, "lessons"))
    stored = f"**/sections/{read(site, course)['sections'][0]['id']}/lessons/reorder"
    grip = page.get_by_role("button", name="Move One")
    grip.focus()
    with page.expect_response(stored):
        page.keyboard.press("Alt+ArrowDown")
        page.keyboard.press("Alt+ArrowDown")
        assert page.get_by_text("One: place 3 of 3.").count() == 1
        expect(grip).to_be_focused()
    assert titles(site, course) == [["Two", "Three", "One"]]

    with page.expect_response(stored):
        page.get_by_role("button", name="Three: up").click()
    assert titles(site, course) == [["Three", "Two", "One"]]

    with page.expect_response(stored):
        page.get_by_role("button", name="Move One").drag_to(
            page.locator("li.lesson").first, target_position={"x": 200, "y": 4}
        )
    assert titles(site, course) == [["One", "Three", "Two"]]

    site.call(
        OWNER, "POST", "/lessons", json={"course_id": course["id"], "title": "Elsewhere", "type": "TEXT"}
    )
    page.get_by_role("button", name="Two: up").click()
    assert "order_stale" in page.get_by_role("alert").filter(has_text="The order").inner_text()
    page.get_by_role("button", name="Elsewhere Text").wait_for()


def test_pasted_lessons_are_added_all_or_none_and_clashes_are_named(site, course, page):
    page.watch.expect("status of 409")
    open_(page, editor(course, "lessons"))
    page.get_by_role("button", name="Add several lessons").first.click()
    dialog = page.get_by_role("dialog")
    lines = dialog.get_by_label("Lessons, one per line")
    lines.fill("Four | video | 3\n\nFive | FILM")
    dialog.get_by_role("button", name="Add 2 lessons").click()
    assert "Line 3: “FILM” is not a type" in dialog.get_by_role("alert").inner_text()

    lines.fill("Four | video | 3 | 2\nFive")
    dialog.get_by_role("button", name="Add 2 lessons").click()
    clash = dialog.get_by_text("Line 1 (Four): Another lesson is already at position 2.")
    clash.wait_for()
    assert titles(site, course) == [["One", "Two", "Three"]]

    lines.fill("Four | video | 3\nFive\tquiz")
    dialog.get_by_role("button", name="Add 2 lessons").click()
    page.get_by_role("button", name="Five Quiz").wait_for()
    added = read(site, course)["sections"][0]["lessons"][3:]
    assert [(each["title"], each["type"], each["duration_seconds"]) for each in added] == [
        ("Four", "VIDEO", 180),
        ("Five", "QUIZ", None),
    ]


def test_a_roster_is_filtered_graded_and_people_are_removed_and_put_back(site, course, page):
    site.call("admin", "POST", f"/courses/{course['id']}/publish", json={})
    people = {
        "emails": ["student@example.org", "student2@example.org"],
        "due_at": "2020-01-31",
        "notify": False,
    }
    site.call(OWNER, "POST", f"/courses/{course['id']}/assign-multiple", json=people)

    def enrolled(**query):
        return site.call(OWNER, "GET", f"/courses/{course['id']}/enrollments", query_string=query)

    open_(page, f"/teach/courses/{course['code']}/roster")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_label("State").select_option("COMPLETED")
    page.get_by_text("0 people").wait_for()
    page.go_back()
    expect(rows).to_have_count(2)

    name = enrolled(ordering="name")[0]["user"]["full_name"]
    page.get_by_label(f"Grade of {name}").select_option("B+")
    page.get_by_text(f"Grade of {name}: B+.").wait_for()
    assert sorted(str(each["grade"]) for each in enrolled()) == ["B+", "None"]

    page.get_by_label("Choose this page").check()
    assert axe(page) == []
    page.get_by_role("button", name="Remove 2 people").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    dialog.get_by_role("button", name="Remove 2 people").click()
    page.get_by_text("2 people removed.").wait_for()
    assert [each["status"] for each in enrolled()] == ["CANCELLED"] * 2
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("2 people are back.").wait_for()
    assert [each["status"] for each in enrolled()] == ["ACTIVE"] * 2

    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    assert download.value.path().read_text(encoding="utf-8-sig").count("\n") == 3


def test_markup_that_users_typed_is_text(site, visit):
    texts = dict.fromkeys(
        ("title", "short_description", "description", "venue", "requirements"), f"T {MARKUP}"
    )
    made = site.call(OWNER, "POST", "/courses", json=texts)
    section = site.call(
        OWNER, "POST", f"/courses/{made['id']}/sections", json={"title": MARKUP, "description": MARKUP}
    )
    lesson = {"section_id": section["id"], "title": MARKUP, "type": "TEXT", "content": MARKUP}
    site.call(OWNER, "POST", "/lessons", json=lesson)
    site.call(OWNER, "POST", f"/courses/{made['id']}/submit")
    site.call(
        "admin", "POST", f"/courses/{made['id']}/review", json={"status": "REJECTED", "review_notes": MARKUP}
    )
    site.call("admin", "POST", "/categories", json={"name": MARKUP, "description": MARKUP})

    page = visit(role="admin")
    views = [editor(made, view) for view in ("", "lessons", "history")]
    for path in (
        "/teach?status=REJECTED",
        *views,
        f"/teach/courses/{made['id']}/roster",
        "/admin/categories",
    ):
        open_(page, path)
        assert MARKUP in page.inner_text("main"), path
        assert page.locator("main img").count() == 0
        assert page.title().split()[0] != "ran"


def test_categories_are_created_edited_and_deleted_unless_courses_use_them(site, visit):
    page = visit(role="admin")
    page.watch.expect("status of 409")
    open_(page, "/admin/categories")
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Create a category").press("Enter")
    dialog.get_by_label("Name").fill("Doors")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Edit Doors").click()
    dialog.get_by_role("button", name="Delete the category").click()
    page.get_by_role("dialog", name="Delete “Doors”?").get_by_role("button", name="Delete").click()
    page.get_by_text("“Doors” is deleted.").wait_for()
    expect(page.get_by_role("button", name="Edit Doors")).to_have_count(0)

    page.get_by_role("button", name="Edit Health and safety").click()
    dialog.get_by_role("button", name="Delete the category").click()
    question = page.get_by_role("dialog", name="Delete “Health and safety”?")
    question.get_by_role("button", name="Delete").click()
    expect(question.get_by_text("Courses still use this category")).to_be_visible()
    assert site.call("admin", "GET", "/categories/health-and-safety")["name"] == "Health and safety"


def test_an_admin_publishes_an_incomplete_course_with_a_reason(site, visit):
    made = site.call(OWNER, "POST", "/courses", json={"title": "Doors", "short_description": "Locks."})
    page = visit(role="admin")
    page.watch.expect("status of 409")
    open_(page, editor(made))
    page.get_by_role("button", name="Publish", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason for publishing it").fill("The lessons come next week.")
    dialog.get_by_role("button", name="Publish it as it is").click()

    page.get_by_text("Everyone can find the course.").wait_for()
    assert read(site, made)["status"] == "PUBLISHED"
    assert read(site, made)["review_notes"] == "The lessons come next week."


def test_a_section_is_sent_with_the_version_that_was_read(site, course, page):
    page.watch.expect("status of 412")
    section = read(site, course)["sections"][0]
    open_(page, editor(course, "lessons"))
    page.get_by_role("button", name=f"Edit {section['title']}").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Mine")
    site.call("admin", "PATCH", f"/sections/{section['id']}", json={"description": "Theirs"})
    dialog.get_by_role("button", name="Save", exact=True).click()

    page.get_by_role("button", name="Mine 3 lessons").wait_for()
    stored = site.call(OWNER, "GET", f"/sections/{section['id']}")
    assert (stored["title"], stored["description"]) == ("Mine", "Theirs"), (
        "what only the other changed is kept"
    )


def test_the_course_of_another_instructor_is_not_edited(visit):
    page = visit(role="instructor")
    open_(page, "/teach/courses/COURSE-0001", "You do not teach this course")
    assert page.get_by_role("textbox").count() == 0
