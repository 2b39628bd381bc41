"""The learners of a course that was given in October 2014: all of them are assigned by sheet in the console, and undone."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from sqlalchemy import func, select

from app.db.session import db
from app.enums import EnrollmentStatus
from app.models import Course, Enrollment, User
from tests.support.browsing import open_

PRESENTATION = "CCC-2014J"
LEARNERS = 2_498


def numbers(site):
    """The students' numbers in the data set, which are staff numbers here."""
    learners = select(User.external_id).join(Enrollment, Enrollment.user_id == User.id)
    with site.app.app_context():
        found = db.session.scalars(learners.join(Course).where(Course.code == PRESENTATION)).all()
    return sorted(found)


def enrolled(site, course):
    """How many people are enrolled, by status."""
    counted = select(Enrollment.status, func.count()).where(Enrollment.course_id == course.id)
    with site.app.app_context():
        return {
            EnrollmentStatus(status).name: n
            for status, n in db.session.execute(counted.group_by(Enrollment.status))
        }


def test_2498_real_learners_are_assigned_by_sheet_and_undone(visit, site):
    learners = numbers(site)
    assert len(learners) == len(set(learners)) == LEARNERS
    course = site.make.course(title="Fire safety", slug="all", lessons=1)
    page = visit(role="admin")
    open_(page, "/admin/assign?course=all")
    bar = page.get_by_role("region", name="This run")
    stage = page.locator(".stage-title")
    sheet = "staff number\n" + "".join(f"{each}\n" for each in learners)
    page.locator("input[type=file]").set_input_files(
        {"name": "october.csv", "mimeType": "text/csv", "buffer": sheet.encode()}
    )
    expect(page.get_by_text("2,498 rows").first).to_be_visible()

    page.get_by_role("button", name="Preview").click()
    commit = page.get_by_role("button", name="Assign 2,498 people")
    commit.wait_for()
    expect(bar).to_contain_text(re.compile(r"2,498\s*will be written"))
    expect(page.get_by_text("1–20 of 2,498")).to_be_visible()
    assert enrolled(site, course) == {}

    commit.click()
    expect(stage).to_have_text("Done: 2,498 people written")
    expect(bar).to_contain_text(re.compile(r"2,498\s*written"))
    assert enrolled(site, course) == {"ACTIVE": LEARNERS}

    bar.get_by_role("button", name="Undo").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo for 2,498 people").click()
    expect(stage).to_have_text("Undone: 2,498 people reverted")
    assert enrolled(site, course).get("ACTIVE", 0) == 0

    open_(page, "/admin/assignments")
    runs = page.get_by_role("table", name="Bulk runs, newest first").locator("tbody tr")
    expect(runs.nth(0)).to_contain_text("2,498")
    expect(runs.nth(1)).to_contain_text("2,498")
