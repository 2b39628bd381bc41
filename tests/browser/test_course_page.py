"""The page of a course in a browser: joining, leaving, reviews, and stored text that looks like markup."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app.db.session import db
from app.enums import CourseStatus, Source
from app.models import User
from tests.support.browsing import open_, travel

MARKUP = "<img src=x onerror=planted=1>"
MATCHES = "() => [...document.querySelectorAll('main img')].filter((image) => image.getAttribute('src') === 'x').length"


@pytest.fixture
def person(site):
    """One of the demo's people, by the part of their address before `@`."""

    def find(name):
        with site.app.app_context():
            return db.session.scalars(select(User).where(User.username == name)).one()

    return find


@pytest.fixture
def enrolled(site, person):
    """A course with two lessons in which the demo's first student is enrolled."""

    def make(**values):
        course = site.make.course(title="Bread", lessons=2)
        site.make.enrollment(course, person("student"), **values)
        return course

    return make


def panel(page):
    return page.get_by_role("complementary", name="Join this course")


def test_a_visitor_is_sent_to_sign_in_and_comes_back_to_enroll(visit, site):
    course = site.make.course(title="Bread", lessons=1)
    page = visit()
    open_(page, f"/courses/{course.slug}", "Bread")

    panel(page).get_by_role("link", name="Sign in to enroll").click()
    page.get_by_label("Email or username").fill("student@example.org")
    page.get_by_label("Password", exact=True).fill("Rollcall-demo-1")
    page.keyboard.press("Enter")

    page.get_by_role("heading", level=1, name="Bread").wait_for()
    assert page.url == f"{site.url}/courses/{course.slug}"
    panel(page).get_by_role("button", name="Enroll").wait_for()


def test_a_learner_enrolls_by_keyboard_and_leaves(visit, site):
    course = site.make.course(title="Bread", lessons=2)
    page = visit(role="student")
    open_(page, f"/courses/{course.slug}", "Bread")

    travel(page, 'button "Enroll"')
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("link", name="Start learning")).to_be_focused()
    assert page.get_by_role("link", name="Lesson").count() == 2

    panel(page).get_by_role("button", name="Leave the course").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_focused()
    page.get_by_role("dialog").get_by_role("button", name="Leave the course").click()

    panel(page).get_by_role("button", name="Enroll again").wait_for()
    (left,) = site.call("student", "GET", f"/enrollments?course={course.slug}")
    assert left["status"] == "CANCELLED"


def test_who_was_assigned_reads_why_they_cannot_leave(visit, enrolled, site):
    course = enrolled(source=Source.ASSIGNED)
    page = visit(role="student")
    page.watch.expect("status of 409")
    open_(page, f"/courses/{course.slug}", "Bread")

    panel(page).get_by_role("button", name="Leave the course").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Leave the course").click()

    refusal = dialog.get_by_role("alert").get_by_text("You were assigned to this course")
    refusal.wait_for()
    dialog.get_by_role("button", name="Cancel").click()
    panel(page).get_by_role("link", name="Start learning").wait_for()


def test_a_full_course_says_so_in_place_of_a_button(visit, site):
    course = site.make.course(title="Bread", total_seats=1)
    site.make.enrollment(course)
    page = visit(role="student")
    open_(page, f"/courses/{course.slug}", "Bread")

    panel(page).get_by_text("The only seat is taken.").wait_for()
    assert panel(page).get_by_role("button").count() == 0


def test_the_instructor_is_led_to_the_editor(visit, site, person):
    course = site.make.course(title="Bread", instructor=person("instructor3"), status=CourseStatus.DRAFT)
    page = visit(role="instructor")
    open_(page, f"/courses/{course.slug}", "Bread")

    assert panel(page).get_by_text("Draft").is_visible()
    edit = panel(page).get_by_role("link", name="Edit this course")
    assert edit.get_attribute("href") == f"/teach/courses/{course.slug}"


def test_a_refused_enrollment_is_in_the_words_of_the_server(visit, site):
    course = site.make.course(title="Bread", total_seats=1)
    page = visit(role="student")
    page.watch.expect("status of 409")
    open_(page, f"/courses/{course.slug}", "Bread")
    site.make.enrollment(course)

    panel(page).get_by_role("button", name="Enroll").click()

    panel(page).get_by_role("alert").get_by_text(re.compile("seat")).first.wait_for()
    assert panel(page).get_by_text("course_full").is_visible()


def test_a_learner_writes_edits_and_deletes_a_review(visit, enrolled, site):
    course = enrolled()
    page = visit(role="student")
    open_(page, f"/courses/{course.slug}", "Bread")

    page.get_by_role("button", name="Write a review").click()
    page.get_by_role("button", name="Post the review").click()
    page.get_by_role("alert").get_by_text("Rating is missing").wait_for()
    page.get_by_label("4, very good").check()
    page.get_by_role("textbox", name="Your review").fill(f"Good. {MARKUP}")
    page.get_by_role("button", name="Post the review").click()

    own = page.get_by_role("listitem").filter(has_text="Sam Student (You)")
    own.get_by_text(MARKUP).wait_for()
    assert page.evaluate("() => 'planted' in window") is False
    assert page.evaluate(MATCHES) == 0

    own.get_by_role("button", name="Edit your review").click()
    page.get_by_role("textbox", name="Your review").fill("Mine")
    (review,) = site.call("student", "GET", f"/courses/{course.slug}/reviews")
    site.call("student", "PATCH", f"/reviews/{review['id']}", json={"comment": "From elsewhere"})
    page.watch.expect("status of 412")
    page.get_by_role("button", name="Save the review").click()
    both = page.get_by_role("dialog", name="There are two versions")
    both.get_by_text("From elsewhere").wait_for()
    both.get_by_role("button", name="Save this choice").click()
    own.get_by_text("Mine").wait_for()

    own.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete the review").click()
    page.get_by_role("heading", name="No reviews yet").wait_for()
    assert site.call("student", "GET", f"/courses/{course.slug}/reviews") == []


def test_one_finds_an_own_review_that_is_not_on_the_first_page(visit, enrolled, site, person):
    course = enrolled()
    site.make.review(course, person("student"), rating=2, comment="The oldest one")
    for _ in range(12):
        site.make.review(course, comment="Newer")
    page = visit(role="student")

    open_(page, f"/courses/{course.slug}", "Bread")

    page.get_by_text("The oldest one").wait_for()
    assert page.get_by_role("button", name="Write a review").count() == 0
    page.get_by_role("button", name="Next").click()
    page.get_by_text("11–").wait_for()


def test_stored_markup_is_text_wherever_the_page_shows_it(visit, site):
    teacher = site.make.instructor(first_name=MARKUP, last_name="Teacher", bio=MARKUP)
    names = ("short_description", "description", "learning_outcomes", "requirements", "target_audience")
    course = site.make.course(
        title=f"Bread {MARKUP}",
        instructor=teacher,
        preview_video="javascript:planted=1",
        **dict.fromkeys((*names, "who_can_join", "schedule", "venue"), MARKUP),
    )
    section = site.make.section(course, title=MARKUP)
    site.make.lesson(section, title=MARKUP)
    page = visit()

    open_(page, f"/courses/{course.slug}")

    assert page.evaluate("() => document.querySelector('main').innerText").count(MARKUP) >= 11
    assert page.evaluate(MATCHES) == 0
    assert page.locator("main a[href^='javascript:']").count() == 0
    assert page.evaluate("() => 'planted' in window") is False
