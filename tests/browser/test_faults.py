"""The client while the server is slow, fails or cannot be reached: it says so, loses nothing that was typed, and goes on."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from app.web.sandbox import faults
from demo.people import PASSWORD
from tests.support.browsing import axe, open_

UNREACHED = "The server could not be reached."


@pytest.fixture
def fault(site):
    """Switch a fault of one call on, as the page `/sandbox` does; ends the others."""

    def switch(call="", kind=faults.UNAVAILABLE, seconds=0):
        client = site.app.test_client()
        answers = [client.post("/sandbox/faults/remove")]
        if call:
            form = {"call": call, "kind": kind, "seconds": seconds}
            answers.append(client.post("/sandbox/faults", query_string=form))
        assert [each.status_code for each in answers] == [200] * len(answers), answers[-1].text

    yield switch
    switch()


@pytest.fixture
def course(site):
    """A course with one lesson which the demo's fifth student takes."""
    made = site.make.course(title="Bread", slug="bread", lessons=1)
    site.call("student5", "POST", "/courses/bread/enroll")
    return made


def test_a_page_that_cannot_load_says_so_and_loads_again(page, course, fault):
    page.watch.expect("status of 503")
    fault("GET /api/v1/courses/{ref}")
    page.goto("/courses/bread")
    page.get_by_role("heading", level=1, name="This did not load").wait_for()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("unavailable")
    assert axe(page) == []

    fault()
    alert.get_by_role("button", name="Try again").press("Enter")
    page.get_by_role("heading", level=1, name="Bread").wait_for()


def test_a_list_that_cannot_load_leaves_its_filters(page, fault):
    page.watch.expect("status of 503")
    fault("GET /api/v1/courses")
    page.goto("/courses")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("unavailable")
    expect(page.get_by_label("Search courses")).to_be_visible()
    assert axe(page) == []

    fault()
    alert.get_by_role("button", name="Try again").press("Enter")
    page.get_by_role("list", name="Courses").wait_for()


def test_a_region_fails_alone(page, course, fault):
    page.watch.expect("status of 503")
    fault("GET /api/v1/courses/{course_id}/reviews")
    page.goto("/courses/bread")
    failed = page.get_by_role("alert").filter(has_text="This did not load")
    failed.wait_for()
    expect(page.get_by_role("heading", level=1, name="Bread")).to_be_visible()

    fault()
    failed.get_by_role("button", name="Try again").click()
    page.get_by_role("heading", name="No reviews yet").wait_for()


def test_a_list_that_is_filtered_keeps_the_filter_when_the_answer_fails(page, fault):
    page.watch.expect("status of 503")
    open_(page, "/courses")
    fault("GET /api/v1/courses")
    page.get_by_label("Search courses").fill("fire safety")
    again = page.get_by_role("alert").get_by_role("button", name="Try again")
    again.wait_for()
    expect(page.get_by_label("Search courses")).to_have_value("fire safety")

    fault()
    again.click()
    page.get_by_role("link", name="Fire safety at work").wait_for()


def test_signing_in_keeps_what_was_typed(page, fault):
    page.watch.expect("status of 503")
    open_(page, "/login")
    fault("POST /api/v1/auth/login")
    page.get_by_label("Email or username").fill("student")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("unavailable").wait_for()
    expect(page.get_by_label("Email or username")).to_have_value("student")

    fault()
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/my-courses")


@pytest.mark.parametrize("way", ["unavailable", "offline"])
def test_a_review_is_sent_when_the_server_answers_again(visit, course, fault, way):
    page = visit(role="student5")
    page.watch.expect("status of 503" if way == "unavailable" else "ERR_INTERNET_DISCONNECTED")
    open_(page, "/courses/bread")
    page.get_by_role("button", name="Write a review").click()
    page.get_by_label("4, very good").check()
    page.get_by_role("textbox", name="Your review").fill("Worth it.")
    if way == "offline":
        page.context.set_offline(True)
        expect(page.get_by_text("You are offline.")).to_be_visible()
    else:
        fault("POST /api/v1/courses/{course_id}/reviews")

    page.get_by_role("button", name="Post the review").click()
    page.get_by_role("dialog").get_by_role("alert").get_by_text(
        UNREACHED if way == "offline" else "unavailable"
    ).wait_for()
    expect(page.get_by_role("textbox", name="Your review")).to_have_value("Worth it.")

    fault()
    page.context.set_offline(False)
    page.get_by_role("button", name="Post the review").click()
    page.get_by_role("listitem").get_by_text("Worth it.").wait_for()


def test_a_mark_that_was_not_stored_is_taken_back(visit, site, course, fault):
    page = visit(role="student5")
    page.watch.expect("status of 503")
    open_(page, "/courses/bread/learn")
    fault("POST /api/v1/lessons/{lesson_id}/complete")
    button = page.get_by_role("button", name="Mark complete")
    button.click()
    page.get_by_role("alert").get_by_text("unavailable").wait_for()
    expect(button).to_have_attribute("aria-pressed", "false")

    fault()
    button.click()
    page.get_by_role("heading", name="Course completed").wait_for()


def test_an_edit_that_was_not_saved_stays_and_is_saved_later(visit, site, fault):
    made = site.call(
        "instructor3", "POST", "/courses", json={"title": "Doors", "short_description": "Locks."}
    )
    page = visit(role="instructor")
    page.watch.expect("status of 503")
    open_(page, f"/teach/courses/{made['id']}")
    fault("PATCH /api/v1/courses/{ref}")
    page.locator("[name=venue]").fill("Room 5")
    page.get_by_text("Not saved. What you typed is kept.").first.wait_for()

    fault()
    page.locator("[name=venue]").press("End")
    page.keyboard.type("0")
    expect(page.locator(".save-status")).to_have_attribute("data-status", "saved")
    assert site.call("instructor3", "GET", f"/courses/{made['id']}")["venue"] == "Room 50"


def test_a_preview_that_failed_keeps_the_list(visit, fault):
    page = visit(role="admin")
    page.watch.expect("status of 503")
    open_(page, "/admin/assign?course=COURSE-0014")
    fault("POST /api/v1/assignments")
    people = page.get_by_role("textbox", name="People", exact=True)
    people.fill("student4@example.org")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("alert").get_by_text("unavailable").first.wait_for()
    expect(people).to_have_value("student4@example.org")

    fault()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Assign 1 person").wait_for()


def test_a_slow_answer_is_waited_for_and_a_slow_act_is_done_once(visit, site, course, fault):
    page = visit(role="student4")
    fault("GET /api/v1/courses/{ref}", faults.SLOW, 1)
    page.goto("/courses/bread")
    page.get_by_role("status").get_by_text("Loading…").wait_for(state="attached")
    page.get_by_role("heading", level=1, name="Bread").wait_for()

    fault("POST /api/v1/courses/{course_id}/enroll", faults.SLOW, 1)
    sent = []
    page.on("request", lambda each: sent.append(each.url) if each.url.endswith("/enroll") else None)
    page.get_by_role("button", name="Enroll").dblclick()
    busy = page.get_by_role("button", name="Enrolling…")
    busy.wait_for()
    page.get_by_role("link", name="Start learning").wait_for()
    assert len(sent) == 1


def test_a_page_of_a_proxy_and_an_act_that_fails_are_said(visit, site):
    page = visit(role="admin")
    page.route(
        "**/api/v1/users?*",
        lambda route: route.fulfill(content_type="text/html", body="<p>Sign in to the WLAN"),
    )
    page.goto("/admin/users")
    expect(page.get_by_role("alert")).to_contain_text(UNREACHED)

    page.watch.expect("ERR_FAILED")
    page.route("**/grant-self-publish", lambda route: route.abort())
    (person, *_) = site.call("admin", "GET", "/users?role=INSTRUCTOR&search=instructor2")
    open_(page, f"/admin/users/{person['id']}")
    page.get_by_role("button", name="Allow publishing without review").click()
    expect(page.locator("#toast")).to_contain_text(UNREACHED)


def test_a_sheet_that_was_corrected_is_chosen_again(visit, tmp_path):
    page = visit(role="admin")
    page.watch.expect("ERR_UPLOAD_FILE_CHANGED")
    sheet = tmp_path / "people.csv"
    sheet.write_text("email,first_name\nnew.person@example.org\n")
    open_(page, "/admin/import")
    page.locator("#sheet").set_input_files(sheet)
    sheet.write_text("email,first_name\nnew.person@example.org,Ada\nanother.person@example.org,Grace\n")
    send = page.get_by_role("button", name="Import people")
    send.click()
    page.get_by_role("heading", name="The file has changed: choose it again.").wait_for()

    page.locator("#sheet").set_input_files(sheet)
    send.click()
    page.get_by_role("heading", name="2 rows read").wait_for()
