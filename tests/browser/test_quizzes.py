"""Quizzes in the browser: an instructor writes one and reads how it went, and a learner takes it by keyboard."""

import os
from pathlib import Path

import pytest

from tests.support.browsing import axe, open_, overflow
from tests.support.declarations import PIXEL
from tests.support.waiting import until

MARKUP = "<img src=x onerror=document.title='ran'>"


def picture(page, name):
    """Kept where the variable names a folder, for looking at pages."""
    folder = os.environ.get("ROLLCALL_PICTURES_OF_TESTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.fixture
def quiz(site):
    """A published course whose only lesson is a quiz, which student4 takes."""
    course = site.call(
        "instructor2", "POST", "/courses", json={"title": "Fire doors", "description": "Doors."}
    )
    body = {"title": "What do you know?", "type": "QUIZ"}
    lesson = site.call("instructor2", "POST", f"/courses/{course['id']}/lessons", json=body)
    path = f"/lessons/{lesson['id']}/questions"
    choices = [{"text": f"Shut {MARKUP}", "is_correct": True}, {"text": "Open", "feedback": "Smoke spreads."}]
    site.call(
        "instructor2",
        "POST",
        path,
        json={
            "type": "SINGLE",
            "text": f"How are *fire doors* kept? {MARKUP}",
            "answers": choices,
            "explanation": "They hold smoke back.",
        },
    )
    site.call(
        "instructor2",
        "POST",
        path,
        json={
            "type": "TRUE_FALSE",
            "text": "A wedge is allowed.",
            "answers": [{"text": "false", "is_correct": True}],
        },
    )
    site.call(
        "instructor2",
        "POST",
        path,
        json={
            "type": "MULTIPLE",
            "text": "What burns?",
            "points": 2,
            "answers": [
                {"text": "Paper", "is_correct": True},
                {"text": "Wood", "is_correct": True},
                {"text": "Brick"},
            ],
        },
    )
    site.call(
        "instructor2",
        "POST",
        path,
        json={"type": "SHORT_TEXT", "text": "Which gas feeds a fire?", "answers": [{"text": "oxygen"}]},
    )
    site.call(
        "instructor2",
        "POST",
        path,
        json={
            "type": "NUMERIC",
            "text": "How many minutes does a T30 door hold?",
            "answers": [{"text": "30"}],
        },
    )
    site.call(
        "instructor2",
        "PUT",
        f"/lessons/{lesson['id']}/quiz",
        json={"time_limit_seconds": 900, "shuffle_answers": False},
    )
    site.call("admin", "POST", f"/courses/{course['id']}/publish", json={"override_reason": "A test."})
    site.call("admin", "POST", f"/courses/{course['id']}/assign", json={"email": "student4@example.org"})
    return {**lesson, "slug": course["slug"], "course_id": course["id"]}


def player(quiz):
    return f"/courses/{quiz['slug']}/learn/{quiz['id']}"


def test_a_learner_takes_a_quiz_and_completes_the_course(site, quiz, visit):
    page = visit(role="student4")
    open_(page, player(quiz))
    page.get_by_role("heading", name="Quiz", exact=True).wait_for()
    assert page.get_by_role("button", name="Mark").count() == 0
    picture(page, "quiz-intro")
    assert axe(page) == []

    page.get_by_role("button", name="Start the quiz").press("Enter")
    page.get_by_role("timer").wait_for()
    picture(page, "quiz-taking")
    assert axe(page) == []
    page.get_by_role("radio", name="Shut").check()
    page.get_by_role("radio", name="False").check()
    page.get_by_role("checkbox", name="Paper").check()
    page.get_by_role("checkbox", name="Wood").check()
    page.get_by_role("textbox", name="Your answer").fill("Oxygen")
    page.get_by_text("Saved").wait_for()
    page.reload()
    page.get_by_role("button", name="Continue your attempt").click()
    assert page.get_by_role("radio", name="Shut").is_checked()
    page.get_by_role("textbox", name="Your number").fill("30")
    page.get_by_role("button", name="Submit").click()

    page.get_by_role("heading", name="You passed").wait_for()
    page.get_by_role("link", name="See the certificate").or_(
        page.locator(".finished a").first
    ).first.wait_for()
    picture(page, "quiz-passed")
    assert "They hold smoke back." in page.locator("main").inner_text()
    assert page.title() != "ran"
    assert axe(page) == []
    (enrollment,) = site.call("student4", "GET", f"/enrollments?course={quiz['course_id']}")
    assert enrollment["status"] == "COMPLETED"


@pytest.mark.parametrize(("theme", "width"), [("dark", 1280), ("light", 390)])
def test_open_questions_are_asked_about_and_a_failed_attempt_shows_what_was_wrong(
    site, quiz, visit, theme, width
):
    page = visit(role="student4", theme=theme, width=width)
    open_(page, player(quiz))
    page.get_by_role("button", name="Start the quiz").click()
    page.get_by_role("radio", name="Open").check()
    page.get_by_role("button", name="Submit").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("4 questions have no answer.").wait_for()
    dialog.get_by_role("button", name="Submit").click()

    page.get_by_role("heading", name="Not passed this time").wait_for()
    picture(page, f"quiz-failed-{theme}-{width}")
    assert "Smoke spreads." in page.locator("main").inner_text()
    assert "They hold smoke back." not in page.locator("main").inner_text()
    assert overflow(page) <= 0
    assert axe(page) == []
    page.get_by_role("button", name="Back to the quiz").click()
    page.get_by_role("button", name="Try again").wait_for()
    picture(page, f"quiz-again-{theme}-{width}")


def test_an_attempt_that_was_in_progress_when_the_course_changed_says_that_it_does_not_count(
    site, quiz, visit
):
    learner = ("student4", "POST")
    passed = site.call(*learner, f"/lessons/{quiz['id']}/attempts")
    right = {"SINGLE": "Shut", "TRUE_FALSE": "false", "MULTIPLE": "Paper Wood"}
    responses = [
        {
            "question_id": each["id"],
            "choices": [
                choice["id"]
                for choice in each["choices"]
                if choice["text"].split()[0] in right[each["type"]].split()
            ],
        }
        for each in passed["questions"]
        if each["choices"]
    ]
    site.call(*learner, f"/attempts/{passed['id']}/submit", json={"responses": responses})
    page = visit(role="student4")
    open_(page, player(quiz))
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("radio", name="Shut").check()
    site.call("instructor2", "PUT", f"/lessons/{quiz['id']}/quiz", json={"pass_percentage": 70})
    version = site.call("admin", "POST", f"/courses/{quiz['course_id']}/versions", json={})
    site.call("admin", "POST", f"/versions/{version['id']}/void", json={})

    page.get_by_role("button", name="Submit").click()
    page.get_by_role("dialog").get_by_role("button", name="Submit").click()

    page.get_by_role("heading", name="No longer counts").wait_for()
    page.get_by_text("this attempt no longer counts").wait_for()
    picture(page, "quiz-superseded")
    assert axe(page) == []
    page.get_by_role("button", name="Back to the quiz").click()
    page.get_by_role("button", name="Start the quiz").wait_for()


def test_an_instructor_writes_a_question_and_reads_how_it_went(site, quiz, visit):
    page = visit(role="instructor2")
    open_(page, f"/teach/courses/{quiz['course_id']}/quizzes/{quiz['id']}")
    page.locator("button.name", has_text="A wedge is allowed.").wait_for()
    picture(page, "quiz-editor")
    assert page.locator("button.name", has_text="A wedge is allowed.").bounding_box()["height"] < 80
    assert axe(page) == []

    page.get_by_role("button", name="Add a question").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Question", exact=True).fill("Who closes the door?")
    rows = dialog.locator(".answer-row")
    rows.nth(0).get_by_label("Answer").fill("The last one out")
    rows.nth(1).get_by_label("Answer").fill("The first one in")
    for kind in ("MULTIPLE", "TRUE_FALSE", "SINGLE"):
        dialog.get_by_label("Type").select_option(kind)
    assert rows.nth(1).get_by_label("Answer").input_value() == "The first one in"
    picture(page, "quiz-question")
    assert axe(page, within="dialog") == []
    dialog.get_by_role("button", name="Save").click()
    page.locator("button.name", has_text="Who closes the door?").wait_for()

    page.get_by_label("To pass, in percent").fill("75")
    page.get_by_role("button", name="Save").click()
    # The question has been saved with the same words.
    until(lambda: site.call("instructor2", "GET", f"/lessons/{quiz['id']}/quiz")["pass_percentage"] == 75)
    made = site.call("instructor2", "GET", f"/lessons/{quiz['id']}/questions")[-1]
    assert [each["is_correct"] for each in made["answers"]] == [True, False]


def test_an_attempt_whose_answers_are_lost_shows_its_result(quiz, visit):
    page = visit(role="student4")
    page.watch.expect("ERR_FAILED")
    page.watch.expect("status of 409")
    open_(page, player(quiz))
    page.get_by_role("button", name="Start the quiz").click()
    page.get_by_role("radio", name="Open").check()
    page.get_by_text("Saved").wait_for()

    def lose(route):
        route.fetch()
        route.abort()

    page.route("**/api/v1/attempts/*/submit", lose, times=1)
    page.route("**/api/v1/lessons/*/quiz", lambda route: route.abort())
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("dialog").get_by_role("button", name="Submit").click()
    page.get_by_role("alert").get_by_text("The server could not be reached.").wait_for()

    # Not submitted, as far as the page knows: what is typed is saved, and refused.
    page.get_by_role("radio", name="Shut").check()
    page.get_by_role("heading", name="Not passed this time").wait_for()
    page.unroute("**/api/v1/lessons/*/quiz")
    page.get_by_role("button", name="Back to the quiz").click()
    page.get_by_role("button", name="Try again").wait_for()


def test_an_attempt_is_submitted_once_the_server_says_that_its_time_is_over(quiz, visit):
    page = visit(role="student4")
    page.watch.expect("status of 409")
    open_(page, player(quiz))
    page.get_by_role("button", name="Start the quiz").click()
    refusal = {"success": False, "message": "Over.", "error": {"code": "attempt_expired"}}
    page.route("**/api/v1/attempts/*", lambda route: route.fulfill(status=409, json=refusal), times=1)
    page.get_by_role("radio", name="Open").check()

    page.get_by_role("heading", name="Not passed this time").wait_for()


def test_of_two_versions_of_a_question_the_instructor_chooses(site, quiz, visit):
    page = visit(role="instructor2")
    page.watch.expect("status of 412")
    open_(page, f"/teach/courses/{quiz['course_id']}/quizzes/{quiz['id']}")
    page.locator("button.name", has_text="Which gas").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Answer", exact=True).fill("Oxygen gas")
    dialog.get_by_role("button", name="Cancel").click()
    dialog.get_by_text("Your changes are not saved.").wait_for()
    dialog.get_by_role("button", name="Go on editing").click()

    (of,) = [
        each
        for each in site.call("instructor2", "GET", f"/lessons/{quiz['id']}/questions")
        if each["type"] == "SHORT_TEXT"
    ]
    theirs = {"text": "What feeds a fire?", "answers": [{"id": 1, "text": "O2"}]}
    site.call("instructor2", "PATCH", f"/questions/{of['id']}", json=theirs)
    dialog.get_by_role("button", name="Save").click()
    both = dialog.get_by_role("group", name="Fields that differ")
    both.get_by_text("O2").wait_for()
    assert both.get_by_role("radio").count() == 2, "only the field that both have changed"
    assert axe(page, within="dialog") == []
    dialog.get_by_role("button", name="Save the chosen versions").click()
    page.locator("button.name", has_text="What feeds a fire?").wait_for()
    saved = site.call("instructor2", "GET", f"/questions/{of['id']}")
    assert [each["text"] for each in saved["answers"]] == ["Oxygen gas"]


def test_an_instructor_adds_an_image_and_a_learner_sees_it(site, quiz, visit):
    page = visit(role="instructor2")
    open_(page, f"/teach/courses/{quiz['course_id']}/quizzes/{quiz['id']}")
    page.get_by_role("button", name="Add an image to “A wedge is allowed.”").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What the image shows").fill("A door with a wedge")
    dialog.locator("input[type=file]").set_input_files(
        {"name": "wedge.png", "mimeType": "image/png", "buffer": PIXEL}
    )
    dialog.get_by_role("img", name="A door with a wedge").wait_for()
    dialog.get_by_label("What the image shows").fill("A wedge under a door")
    dialog.get_by_role("button", name="Save the text").click()
    dialog.get_by_role("img", name="A wedge under a door").wait_for()
    assert axe(page, within="dialog") == []
    picture(page, "quiz-image")

    learner = visit(role="student4")
    open_(learner, player(quiz))
    learner.get_by_role("button", name="Start the quiz").click()
    image = learner.get_by_role("img", name="A wedge under a door")
    image.wait_for()
    assert image.evaluate("each => each.decode().then(() => each.naturalWidth)") == 1
    assert overflow(learner) <= 0

    open_(page, f"/teach/courses/{quiz['course_id']}/quizzes/{quiz['id']}")
    page.get_by_role("button", name="Edit the image of “A wedge is allowed.”").click()
    dialog.get_by_role("button", name="Remove the image").click()
    dialog.get_by_text("The question has no image.").wait_for()
