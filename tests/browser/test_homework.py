"""Homework: submitted in the player, graded from the queue by keyboard, and read again by the learner."""

import pytest
from playwright.sync_api import expect

from tests.support.browsing import axe, open_

MARKUP = "<img src=x onerror=document.title='ran'>"


@pytest.fixture
def course(site):
    """A published course of one ASSIGNMENT lesson, which student4 takes."""
    made = site.call("instructor2", "POST", "/courses", json={"title": "Essays", "description": "Writing."})
    task = {"title": "An essay", "type": "ASSIGNMENT", "content": "Write about *doors*."}
    site.call("instructor2", "POST", "/lessons/bulk", json={"course_id": made["id"], "lessons": [task]})
    site.call("admin", "POST", f"/courses/{made['id']}/publish", json={"override_reason": "A test."})
    body = {"emails": ["student4@example.org"], "notify": False}
    site.call("admin", "POST", f"/courses/{made['id']}/assign-multiple", json=body)
    return made


def answer_dialogs(page):
    """Accept what the browser asks from now on; returns the kinds of its questions."""
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    return asked


def test_homework_is_submitted_graded_by_keyboard_and_read(site, course, visit):
    learner = visit(role="student4")
    open_(learner, f"/courses/{course['slug']}/learn")
    learner.get_by_role("button", name="Write your homework").click()
    assert learner.evaluate("document.activeElement.name") == "text"
    assert axe(learner) == []

    learner.keyboard.insert_text(f"A door opens. {MARKUP}")
    asked = answer_dialogs(learner)
    learner.reload()
    expect(learner.get_by_role("textbox", name="Your homework")).to_have_value(f"A door opens. {MARKUP}")
    assert asked == ["beforeunload"]
    learner.get_by_role("button", name="Submit", exact=True).click()
    learner.get_by_role("heading", name="Course completed").wait_for()
    learner.get_by_text(f"A door opens. {MARKUP}").wait_for()
    assert axe(learner) == []

    grader = visit(role="instructor2")
    open_(grader, f"/teach/courses/{course['id']}/submissions")
    grader.get_by_text(f"A door opens. {MARKUP}").wait_for()
    assert axe(grader) == []
    grader.get_by_label("Points").focus()
    grader.keyboard.type("1e")
    grader.keyboard.press("Control+Enter")
    grader.get_by_role("link", name="Type a number").wait_for()
    grader.get_by_label("Points").fill("")
    grader.get_by_label("Points").focus()
    grader.keyboard.type("8.5")
    grader.get_by_label("Out of").fill("10")
    grader.get_by_label("Feedback").focus()
    grader.keyboard.type("And closes?")
    answer_dialogs(grader)
    grader.reload()
    expect(grader.get_by_label("Feedback")).to_have_value("And closes?")
    grader.get_by_label("Out of").fill("10")
    grader.get_by_label("Feedback").focus()
    grader.keyboard.press("Control+Enter")
    grader.get_by_text("Homework of Sofia Student graded.").wait_for()
    grader.get_by_text("8.5 of 10").wait_for()

    open_(learner, f"/courses/{course['slug']}/learn")
    learner.get_by_text("8.5 of 10 points").wait_for()
    learner.get_by_text("And closes?").wait_for()
    assert learner.get_by_role("button", name="Change it").count() == 0
    assert axe(learner) == []


def test_files_are_handed_in_listed_and_downloaded(site, course, visit, tmp_path):
    paths = [tmp_path / name for name in ("door.txt", "draft.txt", "second.txt")]
    for path in paths:
        path.write_text(f"A drawing: {path.stem}.")
    learner = visit(role="student4")
    open_(learner, f"/courses/{course['slug']}/learn")
    learner.get_by_role("button", name="Submit", exact=True).click()
    learner.get_by_role("link", name="Write a text or add a file.").wait_for()

    learner.locator(".homework input[type=file]").set_input_files(paths[:2])
    learner.get_by_role("button", name="Remove \u2068draft.txt\u2069").click()
    learner.get_by_text("draft.txt").wait_for(state="detached")
    assert axe(learner) == []
    learner.get_by_role("button", name="Submit", exact=True).click()
    learner.get_by_role("heading", name="Course completed").wait_for()
    learner.get_by_role("button", name="Change it").click()
    learner.locator(".homework input[type=file]").set_input_files(paths[2])
    learner.get_by_text("second.txt").wait_for()
    learner.get_by_role("button", name="Submit again").click()
    learner.get_by_role("button", name="second.txt").wait_for()
    learner.get_by_role("button", name="door.txt").wait_for()
    assert axe(learner) == []

    grader = visit(role="instructor2")
    open_(grader, f"/teach/courses/{course['id']}/submissions")
    grader.get_by_role("button", name="Sofia Student").get_by_text("2 files").wait_for()
    assert axe(grader) == []
    with grader.expect_download() as received:
        grader.get_by_role("button", name="door.txt").click()
    assert received.value.path().read_text() == "A drawing: door."


def test_files_beyond_the_limit_are_said_to_be_left_out(course, visit, tmp_path):
    paths = [tmp_path / f"page-{number}.txt" for number in range(1, 22)]
    for path in paths:
        path.write_text(f"A drawing: {path.stem}.")
    page = visit(role="student4")
    open_(page, f"/courses/{course['slug']}/learn")

    page.locator(".homework input[type=file]").set_input_files(paths)

    page.get_by_text("1 file was left out: there is no room for more.").wait_for()
    assert page.get_by_role("button", name="Remove").count() == 20
    assert page.get_by_role("button", name="Add files").is_disabled()


def test_the_queue_is_walked_with_the_arrow_keys(site, course, visit):
    body = {"emails": ["student3@example.org"], "notify": False}
    site.call("admin", "POST", f"/courses/{course['id']}/assign-multiple", json=body)
    (lesson,) = site.call("student4", "GET", f"/courses/{course['id']}/lessons")
    for who in ("student3", "student4"):
        site.call(who, "POST", f"/lessons/{lesson['id']}/submissions", json={"text": f"By {who}."})
    page = visit(role="instructor2")
    open_(page, f"/teach/courses/{course['id']}/submissions")
    page.get_by_text("By student3.").wait_for()

    page.get_by_role("button", name="Sean Student").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.get_by_text("By student4.").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Sofia Student"
