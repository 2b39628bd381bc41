"""The clock of a quiz: the deadline is the server's, whatever the clocks of the computer do."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from app.db.session import db, transaction
from app.models import QuizAttempt
from tests.support.browsing import open_

LIMIT = 900
RESULT = re.compile("^(You passed|Not passed this time)$")


@pytest.fixture
def page(visit, site):
    """An attempt of a quarter of an hour that has just begun."""
    course = site.make.course(title="Bread", slug="bread")
    quiz = site.make.quiz(course, time_limit_seconds=LIMIT, grace_seconds=0)
    site.call("student4", "POST", "/courses/bread/enroll")
    page = visit(role="student4")
    page.clock.install()
    open_(page, f"/courses/bread/learn/{quiz.id}")
    page.get_by_role("button", name="Start the quiz").click()
    expect(minutes(page, 14)).to_be_visible()
    return page


def minutes(page, number):
    """The clock while so many whole minutes are left."""
    return page.get_by_role("timer").filter(has_text=re.compile(rf"^{number}:"))


def pass_on_the_server(site, minutes):
    site.call("student4", "GET", "/auth/me")
    earlier = timedelta(minutes=minutes)
    with site.make.app.app_context(), transaction():
        db.session.execute(
            update(QuizAttempt)
            .where(QuizAttempt.submitted_at.is_(None))
            .values(started_at=QuizAttempt.started_at - earlier, expires_at=QuizAttempt.expires_at - earlier)
        )


def sleep(page, minutes):
    """What a computer that slept does to a page: the time of day goes on, and the page's own clock stood still."""
    page.clock.set_system_time(page.evaluate("Date.now()") + minutes * 60_000)


def test_after_a_sleep_the_clock_is_that_of_the_server(page, site):
    pass_on_the_server(site, 10)

    sleep(page, 10)

    expect(minutes(page, 4)).to_be_visible()


def test_an_attempt_that_ended_during_a_sleep_is_submitted(page, site):
    page.get_by_role("radio").first.check()
    page.get_by_text("Saved").wait_for()
    pass_on_the_server(site, 16)

    sleep(page, 16)

    page.get_by_role("heading", name=RESULT).wait_for()


def test_a_computer_that_wakes_up_without_a_network_asks_again(page, site):
    page.watch.expect("ERR_FAILED")
    pass_on_the_server(site, 10)
    page.route("**/api/v1/attempts/*", lambda route: route.abort(), times=1)
    with page.expect_event("requestfailed"):
        sleep(page, 10)

    page.clock.run_for(10_000)

    expect(minutes(page, 4)).to_be_visible()


@pytest.mark.parametrize("by", [-60, 5])
def test_a_clock_of_the_computer_that_is_set_changes_no_deadline(page, by):
    sleep(page, by)

    page.clock.run_for(2_000)

    expect(minutes(page, 14)).to_be_visible()
