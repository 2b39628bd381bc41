"""The pages of learners: my courses, the player, and the request to teach."""

import io
import wave

import pytest

from tests.support.browsing import axe, open_, travel

MARKUP = "<img src=x onerror=document.title='ran'>"
FILM = "https://films.example.org/alarm.webm"
BODY = f"""# Keys

{MARKUP} and [a door](javascript:document.title='ran'), [a guide](https://example.org/guide), *slowly* &amp; **well**.

### Skipped a level

<script>document.title='ran'</script>

| Key | Door |
| --- | --- |
| Red | {MARKUP} |
"""
LESSONS = [
    {"title": f"Keys {MARKUP}", "type": "TEXT", "content": BODY, "is_preview": True},
    {"title": "The alarm", "type": "VIDEO", "video_url": FILM, "duration_seconds": 20},
    {"title": "Further reading", "type": "RESOURCE", "is_required": False},
    {"title": "The last door", "type": "TEXT", "content": "Lock it."},
]


@pytest.fixture
def course(site):
    """A published course in order, with markup in its texts, which two students have to take."""
    title = f"Doors {MARKUP}"
    made = site.call(
        "instructor2",
        "POST",
        "/courses",
        json={"title": title, "description": "Locks.", "enforce_order": True},
    )
    site.call("instructor2", "POST", "/lessons/bulk", json={"course_id": made["id"], "lessons": LESSONS})
    site.call("admin", "POST", f"/courses/{made['id']}/publish", json={"override_reason": "A test."})
    body = {"emails": ["student4@example.org"], "due_at": "2020-01-31", "notify": False}
    site.call("admin", "POST", f"/courses/{made['id']}/assign-multiple", json=body)
    lessons = site.call("student4", "GET", f"/courses/{made['id']}/lessons")
    return {**made, "lessons": [lesson["id"] for lesson in lessons]}


def lesson(course, number):
    return f"/courses/{course['slug']}/learn/{course['lessons'][number - 1]}"


def progress(site, course):
    (enrollment,) = site.call("student4", "GET", f"/enrollments?course={course['id']}")
    return enrollment


def test_a_learner_sees_what_is_overdue_why_and_where_to_go_on(site, course, visit):
    page = visit(role="student4")
    open_(page, "/my-courses")

    mine = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Doors"))
    assert "Overdue since 31 Jan 2020" in mine.inner_text()
    assert "0%" in mine.inner_text()
    travel(page, 'button "Why am I not done?"')
    page.keyboard.press("Enter")
    answer = page.get_by_role("dialog")
    answer.get_by_text("0 ÷ 3 = 0%").wait_for()
    assert "0 of 3 lessons done" in answer.inner_text()
    assert "Next: complete" in answer.inner_text()
    assert "lesson 1 of the course." in answer.inner_text()
    assert axe(page) == []

    page.keyboard.press("Escape")
    assert page.evaluate("() => document.activeElement.textContent") == "Why am I not done?"
    page.get_by_role("link", name="Start").click()
    page.get_by_role("heading", level=1, name="Keys").wait_for()
    page.wait_for_url(f"**{lesson(course, 1)}")


def test_markup_in_titles_and_lessons_is_text(course, visit):
    page = visit(role="student4")
    for path in ("/my-courses", lesson(course, 1)):
        open_(page, path)
        assert MARKUP in page.inner_text("main")
        assert page.locator("main img, main script").count() == 0
        assert "ran" not in page.title().split()

    links = page.locator(".lesson-text a")
    assert [link.get_attribute("href") for link in links.all()] == ["https://example.org/guide"]
    assert links.first.get_attribute("rel") == "noopener noreferrer"
    levels = page.locator(".lesson-text :is(h1, h2, h3, h4)").evaluate_all(
        "all => all.map((each) => each.localName)"
    )
    assert levels == ["h2", "h3"]
    assert "slowly & well" in page.inner_text(".lesson-text")


def test_a_lesson_is_marked_complete_taken_back_and_refused_out_of_order(site, course, visit):
    page = visit(role="student4")
    open_(page, lesson(course, 4))
    assert "comes first" in page.inner_text("article")
    page.watch.expect("status of 409")
    page.get_by_role("button", name="Mark complete").click()
    refused = page.get_by_role("alert")
    refused.get_by_text("lesson_locked").wait_for()
    assert "comes first." in refused.inner_text()
    assert page.get_by_role("button", name="Mark complete").get_attribute("aria-pressed") == "false"

    refused.get_by_role("link", name="Go on with").click()
    page.get_by_role("heading", level=1, name="Keys").wait_for()
    travel(page, 'button "Mark complete"')
    page.keyboard.press("Space")
    page.get_by_text("Marked complete: 1 of 3 lessons done.").wait_for()
    assert progress(site, course)["completed_lessons"] == 1
    assert page.evaluate("() => document.activeElement.getAttribute('aria-pressed')") == "true"
    assert page.get_by_role("progressbar").get_attribute("value").startswith("33.3")

    page.get_by_role("button", name="Undo").click()
    page.get_by_text("No longer complete").wait_for()
    assert progress(site, course)["completed_lessons"] == 0


def test_the_last_required_lesson_completes_the_course(site, course, visit):
    for number in (0, 1):
        site.call("student4", "POST", f"/lessons/{course['lessons'][number]}/complete")
    page = visit(role="student4")
    open_(page, f"/courses/{course['slug']}/learn", "Further reading")
    page.get_by_role("link", name="Next").click()
    page.get_by_role("heading", level=1, name="The last door").wait_for()
    page.get_by_role("button", name="Mark complete").click()

    page.get_by_role("heading", name="Course completed").wait_for()
    assert page.evaluate("() => document.activeElement.textContent") == "Course completed"
    assert page.get_by_role("button", name="What counted").is_visible()
    number = progress(site, course)["certificate_number"]
    assert (
        page.get_by_role("link", name="See the certificate").get_attribute("href")
        == f"/certificates/{number}"
    )
    assert (
        page.get_by_role("link", name="Write a review").get_attribute("href")
        == f"/courses/{course['slug']}#reviews"
    )


def sound(seconds):
    """A film as far as a browser cares: it plays, and can be searched."""
    with io.BytesIO() as file:
        with wave.open(file, "wb") as written:
            written.setparams((1, 1, 8000, 0, "NONE", ""))
            written.writeframes(b"\x80" * 8000 * seconds)
        return file.getvalue()


def serve(route):
    """Answer as a server of films does, in ranges: a browser searches only in those."""
    film = sound(20)
    start = int(route.request.headers["range"].removeprefix("bytes=").split("-")[0])
    place = f"bytes {start}-{len(film) - 1}/{len(film)}"
    route.fulfill(
        status=206, body=film[start:], headers={"Content-Type": "audio/wav", "Content-Range": place}
    )


def test_a_film_goes_on_where_it_stopped(site, course, visit):
    site.call("student4", "POST", f"/lessons/{course['lessons'][0]}/complete")
    site.call("student4", "PUT", f"/lessons/{course['lessons'][1]}/progress", json={"position_seconds": 7})
    page = visit(role="student4")
    page.route(FILM, serve)
    open_(page, f"/courses/{course['slug']}/learn", "The alarm")
    assert "Resumes at 0:07" in page.inner_text("article")
    page.wait_for_function("() => Math.floor(document.querySelector('video').currentTime) === 7")

    with page.expect_response(
        lambda answer: answer.url.endswith("/progress") and answer.request.method == "PUT"
    ):
        page.evaluate(
            "() => { const film = document.querySelector('video'); film.currentTime = 12; film.muted = true; film.play().then(() => film.pause()) }"
        )
    rows = site.call("student4", "GET", f"/courses/{course['id']}/progress")
    assert rows[1]["position_seconds"] == 12


def test_a_visitor_reads_the_preview_and_is_told_what_opens_the_rest(site, course, visit):
    page = visit()
    open_(page, lesson(course, 1))
    assert "Lock" not in page.inner_text("article")
    page.watch.expect("status of 401")
    page.get_by_role("link", name="The last door").click()
    page.get_by_role("heading", level=1, name="The last door").wait_for()

    assert page.get_by_role("alert").get_by_role("link", name="Sign in to read it").is_visible()
    stranger = visit(role="student")
    stranger.watch.expect("status of 403")
    open_(stranger, lesson(course, 4))
    assert "You are not enrolled in this course: enroll first." in stranger.inner_text("article")
    assert stranger.get_by_role("link", name="See the course", exact=True).is_visible()

    site.call("student", "POST", f"/courses/{course['id']}/enroll")
    stranger.get_by_role("link", name="Previous").click()
    stranger.get_by_role("button", name="Mark complete").wait_for()


def test_the_filters_of_my_courses_are_in_the_address(course, visit):
    page = visit(role="student4")
    open_(page, "/my-courses?status=COMPLETED")
    page.get_by_role("heading", name="No course here").wait_for()
    page.get_by_role("button", name="Learning").click()
    page.get_by_label("Due date").select_option("overdue")
    page.wait_for_url("**/my-courses?status=ACTIVE&due=overdue")
    page.get_by_role("heading", level=3, name="Doors").wait_for()

    page.go_back()
    page.wait_for_url("**/my-courses?status=ACTIVE")
    assert page.get_by_label("Due date").input_value() == ""


def test_a_request_to_teach_is_sent_changed_in_two_places_and_withdrawn(site, visit):
    page = visit(role="student4")
    open_(page, "/become-instructor")
    page.get_by_role("button", name="Send the request").click()
    page.get_by_role("alert").get_by_role("link", name="Why you want to teach is missing").click()
    page.keyboard.type(f"I know {MARKUP}")
    page.get_by_role("button", name="Send the request").click()
    page.get_by_text("Your request waits for a decision.").wait_for()
    assert MARKUP in page.inner_text("main")

    page.get_by_role("button", name="Change the request").click()
    page.get_by_label("Subjects").fill("Locks")
    (request,) = site.call("student4", "GET", "/instructor-requests")
    site.call(
        "student4", "PATCH", f"/instructor-requests/{request['id']}", json={"qualifications": "Ten years"}
    )
    page.watch.expect("status of 412")
    page.get_by_role("button", name="Save").click()
    versions = page.get_by_role("dialog")
    versions.get_by_role("group", name="Qualifications").get_by_role("radio").last.check()
    versions.locator("[data-kind=primary]").click()
    page.get_by_text("Your request waits for a decision.").wait_for()
    assert "Ten years" in page.inner_text("main")
    assert "Locks" in page.inner_text("main")

    page.get_by_role("button", name="Withdraw the request").click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw the request").click()
    page.get_by_role("button", name="Send the request").wait_for()
    assert site.call("student4", "GET", "/instructor-requests") == []


def test_a_declined_request_shows_its_notes(site, visit):
    made = site.call("student4", "POST", "/instructor-requests", json={"reason": "Keys"})
    decision = {"status": "REJECTED", "review_notes": f"Later. {MARKUP}"}
    site.call("admin", "POST", f"/instructor-requests/{made['id']}/review", json=decision)
    page = visit(role="student4")
    open_(page, "/become-instructor")

    assert f"Later. {MARKUP}" in page.inner_text("main")
    assert page.get_by_role("button", name="Send the request").is_visible()
