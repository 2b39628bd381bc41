"""The sandbox: what testers have in development, and production does not."""

import dataclasses
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from markupsafe import escape
from sqlalchemy import create_engine, func, select, text

from app import create_app
from app.adapters import mailer
from app.adapters.mailer import Mail
from app.db import advisory_locks
from app.db.session import db
from app.models import Course, Enrollment, Notice, User
from app.services.counters import verification
from app.web.openapi.examples.requests import PASSWORD
from demo import load, scenarios, scenery, turns
from tests.support.races import Started
from tests.support.waiting import until

LINK = "http://rollcall.test/mail/verify-email?token=abc-DEF_123"
SECONDS = 5
"""What a scenario may take; measured alone on two cores it takes less than half of it."""


@pytest.fixture(scope="module")
def development(config, tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("outbox"))
    return create_app(
        dataclasses.replace(config, app_env="development", mail_transport="file", mail_file_dir=folder)
    )


@pytest.fixture
def browser(app, development):
    """A client of the development server; `app` is there so that the database is emptied afterwards."""
    yield development.test_client()
    with development.app_context():
        scenarios.mail_folder.clear()


@pytest.fixture
def send(development):
    def run(to, number=1):
        mail = Mail(
            to_name="Ada",
            to_address=to,
            subject=f"Mail {number}",
            template="token",
            message_id=f"<{number}@rollcall.test>",
            values={
                "title": "Mail", "body": "Hello.", "link": LINK, "life": "1 hour", "endpoint": "x", "example": "{}",
            },
        )  # fmt: skip
        with development.test_request_context(), mailer.carrier() as carrier:
            carrier.send(mail)

    return run


def is_writing(development):
    with development.app_context():
        return advisory_locks.is_taken(db.session.connection(), turns.LOADING)


def mails(browser, query=""):
    return browser.get(f"/sandbox/mails{query}").get_json()["data"]


def count(development, *models):
    with development.app_context():
        return [db.session.scalar(select(func.count()).select_from(model)) for model in models]


def token_of(browser, email):
    answer = browser.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.get_json()['data']['tokens']['access']}"}


def test_the_outbox_has_the_link_and_its_token(browser, send):
    send("ada@example.org")

    (mail,) = mails(browser)
    assert (mail["to"], mail["subject"]) == ("ada@example.org", "Mail 1")
    assert (mail["link"], mail["token"]) == (LINK, "abc-DEF_123")
    assert "Hello." in mail["text"]


def test_it_shows_the_newest_first_and_those_of_one_address(browser, send):
    for number, name in enumerate(("ada", "grace", "ada"), start=1):
        send(f"{name}@example.org", number)

    assert [mail["subject"] for mail in mails(browser)] == ["Mail 3", "Mail 2", "Mail 1"]
    assert [mail["subject"] for mail in mails(browser, "?to=ADA@example.org")] == ["Mail 3", "Mail 1"]


def test_it_waits_for_a_mail(browser, send):
    def later():
        time.sleep(0.3)
        send("ada@example.org")

    thread = threading.Thread(target=later)
    thread.start()
    found = mails(browser, "?to=ada@example.org&wait_seconds=10")
    thread.join()

    assert len(found) == 1


@pytest.mark.parametrize("wait", ["11", "-1", "x", "1.5"])
def test_it_waits_no_longer_than_it_says(browser, wait):
    response = browser.get(f"/sandbox/mails?wait_seconds={wait}")

    assert response.status_code == 422
    assert "wait_seconds" in response.get_json()["error"]["details"]


def test_days_pass_and_what_is_due_is_overdue(browser, development, make):
    enrollment = make.enrollment(make.course(), due_at=datetime.now(UTC) + timedelta(days=3))
    course = make.course(admission_deadline=datetime.now(UTC).date() + timedelta(days=3))

    def state():
        with development.app_context():
            due = db.session.get_one(Enrollment, enrollment.id).due_at
            return due < datetime.now(UTC), db.session.get_one(Course, course.id).is_admission_open

    before = state()
    answer = browser.post("/sandbox/clock?days=4")

    assert answer.get_json() == {"success": True, "message": "Clock advanced.", "data": {"days": 4}}
    assert (before, state()) == ((False, True), (True, False))
    with development.app_context():
        assert verification.verify().difference_count == 0


def test_sessions_end_with_time(browser, make):
    make.student(email="ada@example.org", password=PASSWORD)
    headers = token_of(browser, "ada@example.org")
    assert browser.get("/api/v1/auth/me", headers=headers).status_code == 200

    browser.post("/sandbox/clock?days=30")

    assert browser.get("/api/v1/auth/me", headers=headers).status_code == 401


@pytest.mark.parametrize("days", ["0", "-1", "x", "", "99999999999"])
def test_the_clock_takes_days_only(browser, days):
    assert browser.post(f"/sandbox/clock?days={days}").status_code == 422


@pytest.mark.parametrize("name", scenarios.SCENARIOS)
def test_a_scenario_replaces_everything(browser, development, make, send, name, monkeypatch):
    monkeypatch.setattr(load, "SMALL", ("AAA-2014J",))
    make.course(title="Left over", slug="left-over")
    send("ada@example.org")
    began = time.monotonic()

    answer = browser.post(f"/sandbox/scenario?name={name}")

    took = time.monotonic() - began
    assert answer.status_code == 200, answer.text
    assert took < SECONDS * 6, "the machine may be busy, but not that busy"
    assert mails(browser) == []
    people, courses, owed = count(development, User, Course, Notice)
    with development.app_context():
        assert db.session.scalar(select(Course.id).where(Course.slug == "left-over")) is None
        assert verification.verify().difference_count == 0
    assert {
        "empty": (people, courses, owed) == (9, 0, 0),
        "demo": people > 365 and courses > 11,
        "semester": 20 < people < 365 and courses > 10,
        "onboarding-500": (people, courses) == (509, 1),
    }[name]
    assert browser.get("/api/v1/auth/me", headers=token_of(browser, "admin@example.org")).status_code == 200


def test_a_scenario_ends_the_load_of_the_demo_that_is_under_way(browser, development, monkeypatch):
    monkeypatch.setattr(load, "SMALL", ("AAA-2014J",))
    loading = Started(lambda: development.test_cli_runner().invoke(args=["demo", "load"]))
    until(lambda: count(development, User) == [9] and is_writing(development))

    answer = browser.post("/sandbox/scenario?name=semester")

    loaded = loading.finish()
    assert answer.status_code == 200, answer.text
    assert loaded.exit_code == 1
    assert "as a reset to a scenario does" in loaded.output
    with development.app_context():
        assert db.session.scalars(select(Course.id).where(Course.code == "AAA-2014J")).all() == []
        assert verification.verify().difference_count == 0


def test_a_load_that_finds_another_demo_than_it_began_with_ends(browser, development, monkeypatch):
    monkeypatch.setattr(load, "SMALL", ("AAA-2014J",))
    with development.app_context():
        scenery.invite_people()
        begun = turns.Load()
    browser.post("/sandbox/scenario?name=empty")

    with development.app_context(), pytest.raises(turns.DemoWasResetError):
        next(load.load_records("small", begun))

    assert count(development, Course) == [0]


def test_a_scenario_waits_for_another_that_is_being_loaded(browser, development):
    first = Started(lambda: development.test_client().post("/sandbox/scenario?name=semester"))
    until(lambda: count(development, User) == [9] and is_writing(development))

    second = browser.post("/sandbox/scenario?name=empty")

    assert [first.finish().status_code, second.status_code] == [200, 200]
    assert count(development, User, Course) == [9, 0]


def test_a_scenario_outlives_a_deadlock_with_what_goes_on_meanwhile(browser, development, config):
    """A transaction holds a table that is truncated late, and then wants one that was truncated early."""
    late, early = "users", "categories"
    with create_engine(config.database_url).connect() as other:
        # The reset is the one that notices first.
        other.execute(text(f"SET deadlock_timeout = '60s'; LOCK TABLE {late} IN ACCESS SHARE MODE"))
        resetting = Started(lambda: development.test_client().post("/sandbox/scenario?name=empty"))
        with development.app_context():
            until(lambda: is_waiting_for(late))
        other.execute(text(f"LOCK TABLE {early} IN ACCESS SHARE MODE"))

    assert resetting.finish().status_code == 200


def is_waiting_for(table):
    with db.engine.connect() as connection:
        return connection.scalar(
            text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = to_regclass(:table))"),
            {"table": table},
        )


def test_a_scenario_has_the_same_course_codes_each_time(browser, development, make):
    make.course()

    def codes():
        browser.post("/sandbox/scenario?name=onboarding-500")
        with development.app_context():
            return db.session.scalars(select(Course.code)).all()

    assert codes() == codes() == ["COURSE-0001"]


@pytest.mark.parametrize("name", scenarios.SCENARIOS)
def test_the_page_asks_before_a_scenario_deletes_everything(browser, development, make, name):
    make.student()

    offered = browser.get("/sandbox").text
    asked = browser.get("/sandbox/scenario", query_string={"name": name})

    assert 'method="post" action="/sandbox/scenario"' not in offered
    assert asked.status_code == 200
    assert 'method="post" action="/sandbox/scenario"' in asked.text
    assert escape(scenarios.SCENARIOS[name].about) in asked.text
    assert count(development, User) == [1]


def test_figures_of_before_a_scenario_are_not_shown_after_it(browser):
    """Both times one row is new, so that the versions of the figures are alike."""

    def totals_with_one_more(path, body):
        browser.post("/sandbox/scenario?name=empty")
        headers = token_of(browser, "admin@example.org")
        assert browser.post(f"/api/v1/{path}", headers=headers, json=body).status_code == 201
        figures = browser.get("/api/v1/dashboard/stats", headers=headers).get_json()["data"]
        return figures["total_users"], figures["total_courses"]

    ada = {"email": "ada@example.org", "first_name": "Ada", "role": "STUDENT"}
    knots = {"title": "Knots", "short_description": "Six knots."}

    assert totals_with_one_more("users", ada) == (10, 0)
    assert totals_with_one_more("courses", knots) == (9, 1)
    assert totals_with_one_more("users", ada) == (10, 0)


def test_the_new_hires_can_be_assigned(browser):
    browser.post("/sandbox/scenario?name=onboarding-500")
    headers = token_of(browser, "admin@example.org")
    emails = [f"hired{number}@example.org" for number in range(1, 501)]

    answer = browser.post(
        "/api/v1/courses/your-first-week/assign-multiple", headers=headers, json={"emails": emails}
    )

    assert answer.get_json()["data"]["counts"]["assigned"] == 500


def test_an_unknown_scenario_is_refused_and_changes_nothing(browser, development, make):
    make.student()

    assert browser.post("/sandbox/scenario?name=production").status_code == 422
    assert count(development, User) == [1]


def test_a_call_can_be_slow(browser):
    browser.post("/sandbox/faults?call=GET /api/v1/categories&kind=slow&seconds=1")

    began = time.monotonic()
    slow = browser.get("/api/v1/categories")

    assert slow.status_code == 200
    assert time.monotonic() - began >= 1


@pytest.mark.parametrize("kind", ["unavailable", "dropped"])
def test_a_call_can_fail_and_others_do_not(browser, kind):
    browser.post("/sandbox/faults", query_string={"call": "GET /api/v1/courses/{ref}", "kind": kind})

    failed = browser.get("/api/v1/courses/knots")

    assert (failed.status_code, failed.get_json()["error"]["code"]) == (503, "unavailable")
    assert browser.get("/api/v1/courses").status_code == 200
    browser.post("/sandbox/faults/remove", query_string={"call": "GET /api/v1/courses/{ref}"})
    assert browser.get("/api/v1/courses/knots").status_code == 404


def test_faults_are_listed_and_removed_together(browser):
    browser.post("/sandbox/faults?call=GET /api/v1/courses&kind=slow&seconds=2")
    browser.post("/sandbox/faults?call=GET /api/v1/categories&kind=unavailable")

    listed = browser.get("/sandbox/faults").get_json()["data"]
    browser.post("/sandbox/faults/remove")

    assert [(each["call"], each["kind"]) for each in listed] == [
        ("GET /api/v1/categories", "unavailable"), ("GET /api/v1/courses", "slow"),
    ]  # fmt: skip
    assert browser.get("/sandbox/faults").get_json()["data"] == []


@pytest.mark.parametrize(
    "query", ["call=GET /nowhere&kind=slow", "call=GET /api/v1/courses&kind=x", "kind=slow",
              "call=GET /api/v1/courses&kind=slow&seconds=31"],
)  # fmt: skip
def test_a_fault_has_to_be_one(browser, query):
    assert browser.post(f"/sandbox/faults?{query}").status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "mails?bogus=1"),
        ("GET", "faults?bogus=1"),
        ("GET", "scenario?name=empty&bogus=1"),
        ("POST", "clock?days=1&bogus=1"),
        ("POST", "scenario?name=empty&bogus=1"),
        ("POST", "faults?call=GET /api/v1/courses&kind=slow&second=3"),
        ("POST", "faults/remove?calls=GET /api/v1/courses"),
    ],
)
def test_a_value_that_is_not_known_is_refused(browser, development, make, method, path):
    make.student()

    assert browser.open(f"/sandbox/{path}", method=method).status_code == 422
    assert count(development, User) == [1]
    assert browser.get("/sandbox/faults").get_json()["data"] == []


def test_a_field_that_is_not_known_is_refused(browser):
    assert browser.post("/sandbox/clock", data={"days": "1", "hours": "1"}).status_code == 422


def test_a_body_that_is_no_form_is_refused(browser):
    answer = browser.post("/sandbox/faults", json={"call": "GET /api/v1/courses", "kind": "slow"})

    assert (answer.status_code, answer.get_json()["error"]["code"]) == (415, "unsupported_media_type")


def test_a_fault_that_is_not_there_cannot_be_removed(browser):
    assert browser.post("/sandbox/faults/remove?call=GET /api/v1/courses").status_code == 404
    assert browser.post("/sandbox/faults/remove").status_code == 200


def test_the_page_shows_mails_clock_scenarios_and_faults(browser, send):
    send("ada@example.org")
    browser.post("/sandbox/faults?call=GET /api/v1/courses&kind=slow&seconds=2")

    page = browser.get("/sandbox")

    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "<script" not in page.text
    assert all(each in page.text for each in ("ada@example.org", LINK, "onboarding-500", "slow, 2 s"))


def test_a_form_comes_back_to_the_page(browser):
    answer = browser.post(
        "/sandbox/clock",
        data={"days": "1"},
        headers={"Origin": "http://rollcall.internal"},
        base_url="http://rollcall.internal",
    )

    assert (answer.status_code, answer.location) == (303, "/sandbox")


@pytest.mark.parametrize("origin", ["https://hoppscotch.io", "http://localhost:3000"])
def test_the_clients_of_testers_can(browser, origin):
    assert browser.post("/sandbox/clock?days=1", headers={"Origin": origin}).status_code == 200


@pytest.mark.parametrize("path", ["clock?days=1", "scenario?name=empty", "faults/remove"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_page_of_another_site_cannot_press_the_buttons(browser, development, make, path, origin):
    make.student()

    answer = browser.post(f"/sandbox/{path}", headers={"Origin": origin})

    assert answer.status_code == 403
    assert count(development, User) == [1]


@pytest.mark.parametrize("env", ["production", "test"])
def test_elsewhere_it_does_not_exist(config, development, env):
    elsewhere = create_app(dataclasses.replace(config, app_env=env))

    def routes(of):
        return {rule.rule for rule in of.url_map.iter_rules() if "sandbox" in rule.rule}

    assert routes(elsewhere) == set()
    assert len(routes(development)) == 6
