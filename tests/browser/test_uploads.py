"""Uploads: where the focus is while a file is sent and after it, and that the same file can be chosen again."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from tests.support.browsing import hold, open_
from tests.support.declarations import PIXEL

OWNER = "instructor3"
GOOD = {"name": "picture.png", "mimeType": "image/png", "buffer": PIXEL}
BAD = {"name": "picture.png", "mimeType": "image/png", "buffer": b"no picture"}
QUESTIONS = {"name": "questions.gift", "mimeType": "text/plain", "buffer": b"Is it so? {T}\n"}
SHEET = {"name": "people.csv", "mimeType": "text/csv", "buffer": b"email\nlinus@example.org\n"}


@pytest.fixture
def course(site):
    made = site.call(OWNER, "POST", "/courses", json={"title": "Doors", "short_description": "Locks."})
    for type_ in ("TEXT", "QUIZ"):
        lesson = {"title": f"A {type_}", "type": type_, "course_id": made["id"]}
        made[type_] = site.call(OWNER, "POST", "/lessons", json=lesson)["id"]
    return made


@pytest.fixture
def lesson(visit, course):
    """The dialog of a lesson, with the button for its files."""
    page = visit(role=OWNER)
    open_(page, f"/teach/courses/{course['id']}?view=lessons")
    page.get_by_role("button", name="A TEXT Text").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Add a file").wait_for()
    return dialog


def choose(dialog, file, by="Add a file"):
    """Press the button by keyboard, and choose the file."""
    with dialog.page.expect_file_chooser() as chosen:
        dialog.get_by_role("button", name=by).press("Enter")
    chosen.value.set_files(file)


def test_the_focus_is_on_cancel_while_a_file_is_sent_and_then_on_the_button_again(lesson):
    held = hold(lesson.page, "**/files", times=1)

    choose(lesson, GOOD)
    expect(
        lesson.locator(".sending").get_by_role("button", name="Cancel").filter(visible=True)
    ).to_be_focused()
    held[0].continue_()

    lesson.get_by_text("picture.png").wait_for()
    expect(lesson.get_by_role("button", name="Add a file")).to_be_focused()


def test_the_focus_is_on_the_button_again_after_an_upload_was_cancelled(lesson):
    hold(lesson.page, "**/files", times=1)
    choose(lesson, GOOD)
    expect(lesson.get_by_role("progressbar")).to_be_visible()

    lesson.page.keyboard.press("Enter")

    expect(lesson.get_by_role("button", name="Add a file")).to_be_focused()
    expect(lesson.get_by_role("alert")).to_have_count(0)
    choose(lesson, GOOD)
    lesson.get_by_text("picture.png").wait_for()


def test_the_focus_is_on_the_button_again_after_a_refusal(lesson):
    lesson.page.watch.expect("status of 415")
    choose(lesson, BAD)

    lesson.get_by_role("alert").filter(has_text="called .png").wait_for()
    expect(lesson.get_by_role("button", name="Add a file")).to_be_focused()


def test_an_upload_that_ends_does_not_take_the_focus_from_where_the_user_went(lesson):
    held = hold(lesson.page, "**/files", times=1)
    choose(lesson, GOOD)
    title = lesson.get_by_label("Title")
    title.focus()
    held[0].continue_()

    lesson.get_by_text("picture.png").wait_for()
    expect(title).to_be_focused()


def test_the_focus_is_not_lost_with_a_file_that_is_removed(lesson):
    choose(lesson, GOOD)
    lesson.get_by_role("button", name="Remove picture.png").press("Enter")

    expect(lesson.get_by_text("picture.png")).to_have_count(0)
    expect(lesson.get_by_role("button", name="Add a file")).to_be_focused()


def test_the_focus_is_not_lost_with_the_image_of_a_question_nor_with_its_row(site, visit):
    course = site.make.course(title="Bread", slug="bread")
    quiz = site.make.quiz(course)
    page = visit(role="admin")
    open_(page, f"/teach/courses/{course.id}/quizzes/{quiz.id}")
    page.get_by_role("button", name="Add an image").press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What the image shows").fill("A loaf")
    choose(dialog, GOOD, by="Choose an image")
    dialog.get_by_role("img", name="A loaf").wait_for()
    expect(dialog.get_by_role("button", name="Choose another image")).to_be_focused()

    dialog.get_by_role("button", name="Remove the image").press("Enter")
    expect(dialog.get_by_role("button", name="Choose an image")).to_be_focused()

    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    expect(page.get_by_role("button", name="Add an image")).to_be_focused()


def test_the_focus_is_on_the_question_again_that_was_saved(site, visit):
    course = site.make.course(title="Bread", slug="bread")
    quiz = site.make.quiz(course)
    page = visit(role="admin")
    open_(page, f"/teach/courses/{course.id}/quizzes/{quiz.id}")
    page.locator("button.name").press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Question", exact=True).fill("Which flour?")
    dialog.get_by_role("button", name="Save").press("Enter")

    page.locator("button.name", has_text="Which flour?").wait_for()
    expect(page.locator("button.name")).to_be_focused()


@dataclass(frozen=True)
class Chooser:
    """A place where a file is chosen: its page, what is pressed there, the file, and the calls that send it."""

    who: str
    path: str
    file: dict
    call: str
    presses: tuple[str, ...] = ()
    sends: str = ""
    said: str = ""


CHOOSERS = {
    "file of a lesson": Chooser(
        OWNER,
        "/teach/courses/{id}?view=lessons",
        GOOD,
        "**/lessons/*/files",
        ("A TEXT Text",),
        said="picture.png",
    ),
    "thumbnail": Chooser(OWNER, "/teach/courses/{id}", GOOD, "**/thumbnail", said="Choose another picture"),
    "profile picture": Chooser(OWNER, "/me", GOOD, "**/auth/me/picture", said="Picture saved."),
    "questions": Chooser(
        OWNER, "/teach/courses/{id}/quizzes/{QUIZ}", QUESTIONS, "**/questions/import", said="1 question"
    ),
    "people": Chooser(
        "admin", "/admin/import", SHEET, "**/users/import*", sends="Import people", said="1 row read"
    ),
    "assignment": Chooser(
        "admin",
        "/admin/assign?course={id}",
        SHEET,
        "**/api/v1/assignments*",
        sends="Preview",
        said="Preview: nothing",
    ),
}


@pytest.mark.parametrize("chooser", CHOOSERS.values(), ids=CHOOSERS)
def test_the_same_file_can_be_chosen_again_after_a_failure_and_a_success(course, visit, chooser):
    page = visit(role=chooser.who)
    page.watch.expect("status of 503")
    open_(page, chooser.path.format(**course))
    for name in chooser.presses:
        page.get_by_role("button", name=name).first.click()
    field = page.locator("dialog input[type=file], main input[type=file]").last
    refusal = {"success": False, "message": "Out of order.", "error": {"code": "unavailable", "status": 503}}
    page.route(chooser.call, lambda route: route.fulfill(status=503, json=refusal), times=1)

    choose_file(page, field, chooser)
    page.get_by_text("Out of order.").first.wait_for()
    assert field.evaluate("(each) => each.value") == ""

    choose_file(page, field, chooser)
    page.get_by_text(chooser.said).or_(page.get_by_role("button", name=chooser.said)).first.wait_for()
    assert field.evaluate("(each) => each.value") == ""


def choose_file(page, field, chooser):
    field.set_input_files(chooser.file)
    if chooser.sends:
        page.get_by_role("button", name=chooser.sends).first.click()
