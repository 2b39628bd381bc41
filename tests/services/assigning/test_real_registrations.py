"""The 32,593 registrations of the Open University's open data as one sheet: totals are right after every run."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select, text

from app.db.session import db
from app.models import AssignmentItem, Course, Enrollment
from app.services.counters import verification
from tests.support.http import data_of
from tests.support.paths import ROOT

REGISTRATIONS = ROOT / "demo" / "oulad" / "studentRegistration.csv.gz"
LINES, STUDENTS, COURSES = 32_593, 28_785, 22

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def registrations():
    with gzip.open(REGISTRATIONS, "rt", encoding="utf-8", newline="") as file:
        return [
            (f"{row['code_module']}-{row['code_presentation']}", row["id_student"])
            for row in csv.DictReader(file)
        ]


@pytest.fixture
def expected(app, make, registrations):
    """The courses and people of the registrations; how many lines each course has."""
    counted = Counter(code for code, _ in registrations)
    for code in counted:
        make.course(code=code)
    people = sorted({student for _, student in registrations})
    statement = text(
        "INSERT INTO users (email, username, external_id, email_verified)"
        " SELECT 's' || id || '@example.org', 's' || id, id, true FROM unnest(CAST(:ids AS text[])) AS id"
    )
    with app.app_context():
        db.session.execute(statement, {"ids": people})
        db.session.commit()
    assert (len(registrations), len(people), len(counted)) == (LINES, STUDENTS, COURSES)
    return dict(counted)


@pytest.fixture
def client(api, make):
    return api.as_(make.admin())


@pytest.fixture
def send(client, registrations, work_off):
    """Send all registrations as one sheet, and let a worker carry the run; its record."""
    sheet = io.StringIO()
    csv.writer(sheet).writerows([("Course code", "Student ID"), *registrations])

    def run(**options):
        query = urlencode({"notify": "false", **options})
        sent = client.post(f"/assignments?{query}", data=sheet.getvalue(), content_type="text/csv")
        accepted = data_of(sent, 202)
        work_off()
        return data_of(client.get(f"/assignments/{accepted['id']}"))

    return run


def test_every_registration_is_assigned_taken_out_and_assigned_again(app, send, expected):
    preview = send(action="assign", mode="preview")
    assert outcome_of(preview) == ("PREVIEW", {"assigned": LINES})
    assert seats(app) == dict.fromkeys(expected, 0)

    assert outcome_of(send(action="assign")) == ("APPLIED", {"assigned": LINES})
    assert seats(app) == expected

    assert outcome_of(send(action="assign")) == ("APPLIED", {"already_enrolled": LINES})
    assert outcome_of(send(action="unassign")) == ("APPLIED", {"unassigned": LINES})
    assert seats(app) == dict.fromkeys(expected, 0)

    assert outcome_of(send(action="assign")) == ("APPLIED", {"reactivated": LINES})
    assert seats(app) == expected
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Enrollment)) == LINES
        assert db.session.scalar(select(func.count()).select_from(AssignmentItem)) == 5 * LINES
        assert not verification.verify().differences


def test_the_plan_is_committed_undone_and_committed_again(app, client, work_off, send, expected):
    def act(run, action, **headers):
        sent = client.post(f"/assignments/{run['id']}/{action}", headers=headers)
        accepted = data_of(sent, 202)
        work_off()
        return data_of(client.get(f"/assignments/{accepted['id']}"))

    for _ in range(2):
        plan = send(action="assign", mode="preview")
        assert outcome_of(plan) == ("PREVIEW", {"assigned": LINES})
        assert seats(app) == dict.fromkeys(expected, 0)

        committed = act(plan, "commit", **{"If-Match": plan["plan_etag"]})
        assert committed["id"] == plan["id"]
        assert outcome_of(committed) == ("APPLIED", {"assigned": LINES})
        assert {course["code"]: course["counts"]["assigned"] for course in committed["courses"]} == expected
        assert seats(app) == expected

        undone = act(committed, "undo")
        assert outcome_of(undone) == ("APPLIED", {"undone": LINES})
        assert outcome_of(data_of(client.get(f"/assignments/{plan['id']}")))[0] == "UNDONE"
        assert seats(app) == dict.fromkeys(expected, 0)

    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Enrollment)) == LINES
        assert db.session.scalar(select(func.count()).select_from(AssignmentItem)) == 4 * LINES
        assert not verification.verify().differences


def outcome_of(run):
    return run["state"], {name: count for name, count in run["counts"].items() if count}


def seats(app):
    with app.app_context():
        return dict(db.session.execute(select(Course.code, Course.enrollment_count)).all())
