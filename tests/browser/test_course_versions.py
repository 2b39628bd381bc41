"""Versions of a course in a browser: what its editor publishes, whom a version hits, and what its learners see."""

from __future__ import annotations

import pytest

from tests.support.browsing import open_


@pytest.fixture
def course(site):
    """The course of the examples, whose first student has completed its first version of two."""
    return site.call("admin", "GET", "/courses/first-aid-at-work")


def test_an_admin_publishes_the_changes_as_a_version(visit, course, site):
    site.call("admin", "POST", "/lessons", json={"course_id": course["id"], "title": "Burns", "type": "TEXT"})
    page = visit(role="admin")
    open_(page, f"/teach/courses/{course['slug']}?view=versions")

    page.get_by_role("textbox", name="What has changed").fill("The guideline of 2027.")
    page.get_by_role("button", name="Publish as a new version").click()

    page.get_by_text("New lessons: Burns").wait_for()
    page.get_by_text("The latest version has the content as it is now.").wait_for()
    learner = visit()
    open_(learner, f"/courses/{course['slug']}")
    learner.get_by_role("heading", name="New in version 3").wait_for()
    learner.get_by_text("The guideline of 2027.").wait_for()


def test_an_admin_sees_whom_a_version_hits_and_makes_their_completions_void(visit, course, site):
    page = visit(role="admin")
    open_(page, f"/teach/courses/{course['slug']}?view=versions")
    page.get_by_role("button", name="Make earlier completions void").first.click()
    dialog = page.get_by_role("dialog")

    dialog.get_by_role("button", name="Show who is affected").click()
    dialog.get_by_text("Sam Student").wait_for()
    dialog.get_by_role("button", name="Make them void: 2").click()

    page.get_by_text("Completions made void: 2").wait_for()
    student = visit(role="student")
    open_(student, f"/courses/{course['slug']}")
    student.get_by_text("The course has changed since you completed it.").wait_for()
