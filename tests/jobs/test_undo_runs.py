"""Undo by a worker: chunk by chunk under a lease, cancelled, abandoned, retried; with the sums of one in a request."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update

from app.db.session import db, transaction
from app.jobs import periodic
from app.models import Assignment, AssignmentBatch, AssignmentItem, Course, Enrollment, Notice
from app.services.assigning import carrying, leases
from app.services.counters import verification
from tests.jobs.test_runs import (
    ASYNC,
    admin,
    carry_in_small_chunks,
    crowd,
    enqueue,
    ledger,
    let_leases_expire,
    one_chunk,
    record,
)  # fmt: skip
from tests.support.http import assert_refused, data_of

__all__ = ["admin", "crowd", "enqueue"]


@pytest.fixture
def applied(admin, make, crowd):
    """A run that assigned 600 people, each of whom is named twice."""

    def run(**body):
        course, people = make.course(), crowd(600)
        names = [f"c{number}" for number in range(1, 601)]
        sent = {"user_ids": people, "usernames": names, "notify": False, **body}
        return course, data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=sent))

    return run


def undo_by_worker(client, run, **body):
    return data_of(client.post(f"/assignments/{run['id']}/undo", json=body, headers=ASYNC), 202)


def counted(run):
    return {outcome: count for outcome, count in run["counts"].items() if count}


def test_a_worker_undoes_a_run_in_chunks(app, admin, applied, stored):
    course, first = applied(notify=True)

    accepted = undo_by_worker(admin, first)
    assert (accepted["state"], accepted["action"], accepted["requested"]) == ("QUEUED", "UNDO", 1_200)
    assert record(admin, first)["undone_by"] == accepted["id"]
    assert_refused(admin.post(f"/assignments/{first['id']}/undo", json={}), 409, "invalid_transition")
    carry_in_small_chunks(app, accepted)

    run = record(admin, accepted)
    assert (run["state"], counted(run)) == ("APPLIED", {"undone": 600, "not_applied": 600})
    assert run["progress"]["done"] == run["unique"] == 1_200
    lines = ledger(stored, accepted)
    assert [line.row for line in lines] == list(range(1, 1_201))
    assert {line.outcome for line in lines[:600]} == {"undone"}
    assert {line.batch for line in lines} == {0}
    assert record(admin, first)["state"] == "UNDONE"
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [0]
    assert stored(select(func.count()).where(Enrollment.status == "CANCELLED")) == [600]
    assert stored(select(func.count()).where(Notice.state == "SUPPRESSED")) == [600]
    assert stored(select(func.count()).where(Notice.kind == "ASSIGNMENT_UNDONE")) == [600]
    assert stored(select(AssignmentBatch.number)) == []
    assert_verified(app)


@pytest.mark.usefixtures("listening")
def test_an_abandoned_undo_goes_on_at_its_cursor(app, admin, applied, work_off, stored):
    _, first = applied()
    accepted = undo_by_worker(admin, first)
    one_chunk(app, accepted, gives_back=False)
    let_leases_expire(app)
    with app.app_context():
        periodic.sweep_runs()
    work_off()

    run = record(admin, accepted)
    assert (run["state"], counted(run)) == ("APPLIED", {"undone": 600, "not_applied": 600})
    assert run["job"]["attempts"] == 2
    assert_verified(app)


def test_a_cancelled_undo_keeps_what_it_has_done_and_is_retried(app, admin, applied, work_off, stored):
    course, first = applied()
    accepted = undo_by_worker(admin, first)
    one_chunk(app, accepted)
    admin.post(f"/assignments/{accepted['id']}/cancel")
    work_off()

    run = record(admin, accepted)
    assert (run["state"], counted(run)) == ("CANCELLED", {"undone": 250, "skipped": 950})
    assert record(admin, first)["state"] == "APPLIED"
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [350]
    skipped = ledger(stored, accepted)[250]
    assert (skipped.code, skipped.input) == ("not_reached", first["results"][250]["input"])

    again = data_of(admin.post(f"/assignments/{accepted['id']}/retry"))
    assert (again["requested"], counted(again)) == (350, {"undone": 350})
    assert [line["row"] for line in again["results"]] == list(range(1, 351))
    assert record(admin, again)["undo_of"] == first["id"]
    assert record(admin, first)["state"] == "UNDONE"
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [0]
    assert_verified(app)


def test_an_undo_that_was_cancelled_after_its_last_change_has_nothing_to_retry(app, admin, applied, work_off):
    _, first = applied()
    accepted = undo_by_worker(admin, first)
    for _ in range(3):
        one_chunk(app, accepted)
    admin.post(f"/assignments/{accepted['id']}/cancel")
    work_off()

    assert_refused(admin.post(f"/assignments/{accepted['id']}/retry"), 409, "invalid_transition")


def test_a_run_that_was_cancelled_or_failed_can_be_undone(app, admin, make, crowd, enqueue, work_off, stored):
    course = make.course()
    cancelled, failed = enqueue(course, crowd(300)), enqueue(make.course(), crowd(300, "d"))
    for run in (cancelled, failed):
        assert_refused(admin.post(f"/assignments/{run['id']}/undo", json={}), 409, "invalid_transition")
        one_chunk(app, run)
    admin.post(f"/assignments/{cancelled['id']}/cancel")
    with app.app_context(), transaction():
        failing = update(Assignment).where(Assignment.id == UUID(failed["id"]))
        db.session.execute(failing.values(stalls=leases.MOST_STALLS + 1))
    work_off()

    for run, state in ((cancelled, "CANCELLED"), (failed, "FAILED")):
        assert (record(admin, run)["state"], record(admin, run)["can"]["undo"]) == (state, True)
        report = data_of(admin.post(f"/assignments/{run['id']}/undo", json={}))
        assert counted(report) == {"undone": 250, "not_applied": 50}
        assert report["results"][299]["code"] == "not_reached"
        assert record(admin, run)["state"] == "UNDONE"
    assert_verified(app)


def test_a_run_that_wrote_nothing_before_it_was_cancelled_cannot_be_undone(
    admin, make, crowd, enqueue, work_off
):
    accepted = enqueue(make.course(), crowd(3))
    admin.post(f"/assignments/{accepted['id']}/cancel")
    work_off()

    assert_refused(admin.post(f"/assignments/{accepted['id']}/undo", json={}), 409, "invalid_transition")


def test_a_preview_by_a_worker_counts_seats_across_chunks(app, admin, make, crowd, stored):
    course, people = make.course(total_seats=600), crowd(600)
    for verb in ("assign", "unassign"):
        sent = {"user_ids": people, "notify": False}
        first = data_of(admin.post(f"/courses/{course.id}/{verb}-multiple", json=sent))
    admin.patch(f"/courses/{course.id}", json={"total_seats": 260})

    accepted = undo_by_worker(admin, first, mode="preview")
    carry_in_small_chunks(app, accepted)

    run = record(admin, accepted)
    assert (run["state"], counted(run)) == ("PREVIEW", {"undone": 260, "no_seat": 340})
    assert stored(select(func.count()).where(Enrollment.status == "ACTIVE")) == [0]

    headers = {"If-Match": run["plan_etag"], **ASYNC}
    data_of(admin.post(f"/assignments/{run['id']}/commit", headers=headers), 202)
    carry_in_small_chunks(app, accepted)

    assert (record(admin, run)["state"], counted(record(admin, run))) == ("APPLIED", counted(run))
    assert record(admin, first)["undone_by"] == run["id"]
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [260]
    assert_verified(app)


@pytest.mark.parametrize("is_asynchronous", [True, False])
def test_the_retry_of_a_cancelled_preview_can_be_committed(
    app, admin, make, crowd, work_off, stored, is_asynchronous
):
    course, people = make.course(), crowd(600)
    sent = {"user_ids": people, "usernames": ["nobody"], "notify": False}
    first = data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=sent))
    accepted = undo_by_worker(admin, first, mode="preview")
    one_chunk(app, accepted)
    admin.post(f"/assignments/{accepted['id']}/cancel")
    work_off()
    plan = data_of(admin.post(f"/assignments/{accepted['id']}/retry"))
    assert (plan["state"], counted(plan)) == ("PREVIEW", {"undone": 350})

    headers = {"If-Match": plan["plan_etag"], **(ASYNC if is_asynchronous else {})}
    admin.post(f"/assignments/{plan['id']}/commit", headers=headers)
    work_off()

    run = record(admin, plan)
    assert (run["state"], counted(run), run["job"]["last_error"]) == ("APPLIED", {"undone": 350}, None)
    assert stored(select(func.count()).where(Enrollment.status == "ACTIVE")) == [250]
    assert_verified(app)


def test_an_undo_follows_the_runs_on_its_course(app, admin, applied, crowd, enqueue):
    course, first = applied()
    earlier = enqueue(course, crowd(5, "e"))
    accepted = undo_by_worker(admin, first)

    with app.app_context(), transaction():
        claims = [leases.claim(UUID(run["id"])) is not None for run in (accepted, earlier)]

    assert claims == [False, True]


def test_lines_that_name_no_course_are_not_applied(app, admin, make, work_off, stored):
    learner = make.student()
    sheet = f"email,course\n{learner.email},{make.course().code}\n{learner.email},nowhere\n"
    first = data_of(admin.post("/assignments?action=assign", data=sheet, content_type="text/csv"))

    accepted = undo_by_worker(admin, first)
    work_off()

    assert [(line.outcome, line.code, line.sent_course) for line in ledger(stored, accepted)] == [
        ("undone", None, stored(select(Course.code))[0]),
        ("not_applied", "course_not_found", "nowhere"),
    ]
    assert stored(select(func.count()).select_from(AssignmentItem)) == [4]


def test_no_line_of_a_chunk_reads_a_whole_table(app, admin, make, crowd):
    """Whatever the planner knows of a table that has just been filled."""
    course, people = make.course(), crowd(2_000)
    sent = {"user_ids": people, "notify": True}
    first = data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=sent))
    accepted = undo_by_worker(admin, first)
    run_id = UUID(accepted["id"])

    with app.app_context():
        with transaction():
            lease = leases.claim(run_id)
        with transaction():
            assert carrying.take_step(run_id, lease, 1)
            read = dict(db.session.execute(ROWS_READ).all())

    assert {read[table] > 0 for table in LARGE} == {True}
    assert {table: read[table] for table in LARGE if read[table] > MOST_READ} == {}


LARGE = ("assignment_items", "enrollments", "notices", "users")
MOST_READ = 8 * 2_000
"""Rows of a table in one chunk: it may read a table of 2,000 rows some times, and not once for each of its 250 lines."""

ROWS_READ = text("SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables")
"""Rows that this transaction has read, by table."""


def assert_verified(app):
    with app.app_context():
        assert verification.verify().differences == []
