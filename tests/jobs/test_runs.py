"""Bulk runs that a worker carries: accepted, carried chunk by chunk, cancelled, abandoned and found again."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text, update

from app.adapters import queue
from app.db.session import db, transaction
from app.jobs import periodic, runs
from app.models import Assignment, AssignmentBatch, AssignmentItem, Course, Enrollment, Notice
from app.services.assigning import carrying, leases
from tests.support.http import assert_refused, data_of

ASYNC = {"Prefer": "respond-async"}


@pytest.fixture
def admin(api, make):
    return api.as_(make.admin())


@pytest.fixture
def crowd(app):
    """Many people at once; their ids as text, in order."""

    def gather(size, name="c"):
        statement = text(
            "INSERT INTO users (email, username, email_verified)"
            " SELECT :name || n || '@example.org', :name || n, true FROM generate_series(1, :size) n"
            " RETURNING CAST(id AS text)"
        )
        with app.app_context():
            found = sorted(db.session.scalars(statement, {"size": size, "name": name}))
            db.session.commit()
        return found

    return gather


@pytest.fixture
def enqueue(admin):
    """Have a run accepted; its record."""

    def post(course, people, verb="assign", **body):
        sent = {"user_ids": people, "notify": False, **body}
        response = admin.post(f"/courses/{course.id}/{verb}-multiple", json=sent, headers=ASYNC)
        assert response.status_code == 202, response.get_json()
        return data_of(response, 202)

    return post


def record(admin, run):
    return data_of(admin.get(f"/assignments/{run['id']}"))


def ledger(stored, run):
    lines = select(AssignmentItem).where(AssignmentItem.assignment_id == UUID(run["id"]))
    return stored(lines.order_by(AssignmentItem.row))


def test_a_run_is_accepted_and_carried(admin, make, crowd, enqueue, work_off, stored):
    course, people = make.course(), crowd(30)

    accepted = enqueue(course, [*people, people[0], "nobody"], reason="Yearly", notify=True)
    work_off()

    assert accepted["state"] == "QUEUED"
    assert accepted["progress"] == {
        "done": 0, "total": 32, "percent": 0, "rows_per_second": None, "seconds_left": None,
    }  # fmt: skip
    assert accepted["can"]["cancel"]
    run = record(admin, accepted)
    assert (run["state"], run["requested"], run["unique"]) == ("APPLIED", 32, 31)
    assert run["counts"]["assigned"] == 30
    assert run["counts"]["duplicate"] == run["counts"]["not_found"] == 1
    assert sum(run["counts"].values()) == 32
    assert run["progress"]["done"] == 32
    assert run["progress"]["percent"] == 100
    assert run["job"] == {"attempts": 1, "last_error": None}
    assert [line.row for line in ledger(stored, accepted)] == list(range(1, 33))
    assert len(stored(select(Enrollment.id))) == 30
    assert len(stored(select(Notice.id))) == 60
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [30]
    assert stored(select(AssignmentBatch.number)) == []


def test_more_people_than_a_request_takes_are_left_to_a_worker(admin, make, work_off, stored):
    course = make.course()
    names = [f"n{number}" for number in range(10_001)]

    response = admin.post(f"/courses/{course.id}/assign-multiple", json={"usernames": names})
    work_off()

    assert response.status_code == 202
    assert response.headers["Location"].endswith(f"/assignments/{data_of(response, 202)['id']}")
    assert response.headers["Retry-After"] == "2"
    assert "Preference-Applied" not in response.headers
    assert record(admin, data_of(response, 202))["counts"]["not_found"] == 10_001
    assert stored(select(func.count()).select_from(AssignmentItem)) == [10_001]


def test_a_person_in_two_chunks_is_assigned_by_the_first(app, admin, make, crowd, enqueue, stored):
    course, people = make.course(), crowd(300)

    accepted = enqueue(course, people, usernames=[f"c{number}" for number in range(1, 301)])
    carry_in_small_chunks(app, accepted)

    run = record(admin, accepted)
    assert (run["counts"]["assigned"], run["counts"]["duplicate"]) == (300, 300)
    assert {line.outcome for line in ledger(stored, accepted)[:300]} == {"assigned"}


def test_a_person_in_two_chunks_is_found_however_the_id_is_spelled(app, admin, make, crowd, enqueue, stored):
    course, people = make.course(), crowd(300)

    accepted = enqueue(course, [*people, people[0].upper()])
    carry_in_small_chunks(app, accepted)

    counts = record(admin, accepted)["counts"]
    assert (counts["assigned"], counts["duplicate"]) == (300, 1)
    assert ledger(stored, accepted)[-1].outcome == "duplicate"


def test_a_run_that_can_name_no_person_twice_keeps_nothing_to_look_back_at(
    app, admin, make, crowd, enqueue, stored
):
    course, people = make.course(), crowd(300)

    accepted = enqueue(course, [*people, "nobody"])
    carry_in_small_chunks(app, accepted)

    assert stored(select(Assignment.looks_back)) == [False]
    assert {line.batch for line in ledger(stored, accepted)} == {0}
    assert record(admin, accepted)["counts"]["assigned"] == 300


def test_the_order_of_the_list_decides_about_seats_across_chunks(app, admin, make, crowd, enqueue, stored):
    course, people = make.course(total_seats=260), crowd(600)

    accepted = enqueue(course, people)
    carry_in_small_chunks(app, accepted)

    lines = ledger(stored, accepted)
    assert [line.outcome for line in lines] == ["assigned"] * 260 + ["no_seat"] * 340
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [260]


def test_a_preview_by_a_worker_counts_seats_across_chunks_and_writes_no_enrollment(
    app, admin, make, crowd, enqueue, stored
):
    course, people = make.course(total_seats=260), crowd(600)

    accepted = enqueue(course, people, mode="preview")
    carry_in_small_chunks(app, accepted)

    run = record(admin, accepted)
    assert run["state"] == "PREVIEW"
    assert (run["counts"]["assigned"], run["counts"]["no_seat"]) == (260, 340)
    assert stored(select(Enrollment.id)) == []


def test_a_chunk_finds_the_enrollments_that_exist(app, admin, make, crowd, enqueue, stored, work_off):
    course = make.course()
    active, left = make.student(), make.student()
    make.enrollment(course, active)
    make.enrollment(course, left, status="CANCELLED", cancelled_at=datetime.now(UTC))
    people = [str(active.id), str(left.id)]

    first = enqueue(course, people)
    work_off()
    second = enqueue(course, people, "unassign")
    work_off()

    assert [line.outcome for line in ledger(stored, first)] == ["already_enrolled", "reactivated"]
    assert [line.outcome for line in ledger(stored, second)] == ["unassigned", "unassigned"]
    assert set(stored(select(Enrollment.status))) == {"CANCELLED"}
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [0]


def test_a_course_that_closes_in_the_middle_refuses_the_rest(app, admin, make, crowd, enqueue, stored):
    course, people = make.course(), crowd(500)
    accepted = enqueue(course, people)

    one_chunk(app, accepted)
    admin.post(f"/courses/{course.id}/archive")
    carry_in_small_chunks(app, accepted)

    lines = ledger(stored, accepted)
    assert [line.outcome for line in lines] == ["assigned"] * 250 + ["ineligible"] * 250
    assert {line.code for line in lines[250:]} == {"course_not_open"}


def test_a_queued_run_is_cancelled_at_once(admin, make, crowd, enqueue, work_off, stored):
    accepted = enqueue(make.course(), crowd(3))

    answer = admin.post(f"/assignments/{accepted['id']}/cancel")
    cancelled = data_of(answer)
    assert answer.headers["ETag"] == admin.get(f"/assignments/{accepted['id']}").headers["ETag"]
    work_off()

    assert cancelled["state"] == "CANCELLED"
    run = record(admin, accepted)
    assert (run["state"], run["counts"]["skipped"]) == ("CANCELLED", 3)
    assert {(line.outcome, line.code) for line in ledger(stored, accepted)} == {("skipped", "not_reached")}
    assert stored(select(Enrollment.id)) == []
    again = admin.post(f"/assignments/{accepted['id']}/cancel")
    assert_refused(again, 409, "invalid_transition")


def test_a_running_run_stops_at_its_next_chunk(app, admin, make, crowd, enqueue, work_off, stored):
    accepted = enqueue(make.course(), crowd(600))
    one_chunk(app, accepted)

    admin.post(f"/assignments/{accepted['id']}/cancel")
    carry_in_small_chunks(app, accepted)

    run = record(admin, accepted)
    assert run["state"] == "CANCELLED"
    assert (run["counts"]["assigned"], run["counts"]["skipped"]) == (250, 350)
    assert sum(run["counts"].values()) == run["requested"] == len(ledger(stored, accepted))
    assert len(stored(select(Enrollment.id))) == 250


def test_an_abandoned_run_is_found_by_the_sweep_and_goes_on_at_its_cursor(
    app, admin, make, crowd, enqueue, work_off, stored, listening
):
    accepted = enqueue(make.course(), crowd(600))
    one_chunk(app, accepted, gives_back=False)
    with app.app_context():
        queue.connection().flushdb()
        listening()
        periodic.sweep_runs()
        assert queue.runs().count == 0, "its lease has not expired"

    let_leases_expire(app)
    with app.app_context():
        periodic.sweep_runs()
    work_off()

    run = record(admin, accepted)
    assert (run["state"], run["counts"]["assigned"]) == ("APPLIED", 600)
    assert run["job"]["attempts"] == 2
    assert len(stored(select(Enrollment.id))) == 600


def test_the_sweep_carries_runs_itself_while_redis_is_away(app, admin, make, crowd, enqueue, without_redis):
    accepted = enqueue(make.course(), crowd(5))
    let_leases_expire(app)
    with app.app_context():
        periodic.sweep_runs()

    assert record(admin, accepted)["state"] == "APPLIED"


def test_a_lost_lease_writes_nothing(app, admin, make, crowd, enqueue, stored):
    accepted = enqueue(make.course(), crowd(5))
    run_id = UUID(accepted["id"])
    with app.app_context():
        with transaction():
            first = leases.claim(run_id)
        let_leases_expire(app)
        with transaction():
            second = leases.claim(run_id)
        with transaction():
            assert not carrying.take_step(run_id, first, 1_000)
        assert stored(select(Enrollment.id)) == []
        with transaction():
            assert leases.claim(run_id) is None
            carrying.take_step(run_id, second, 1_000)

    assert record(admin, accepted)["state"] == "APPLIED"


def test_runs_on_one_course_follow_each_other_and_others_go_side_by_side(app, make, crowd, enqueue):
    course, other, people = make.course(), make.course(), crowd(5)
    first, second, third = enqueue(course, people), enqueue(course, people), enqueue(other, people)

    with app.app_context(), transaction():
        claims = [leases.claim(UUID(run["id"])) is not None for run in (second, third, first)]

    assert claims == [False, True, True]


def test_a_row_that_the_database_refuses_fails_the_run_with_a_reason(
    app, admin, make, crowd, enqueue, work_off, stored, lines
):
    accepted = enqueue(make.course(), crowd(5))
    with app.app_context(), transaction():
        db.session.execute(
            text("ALTER TABLE enrollments ADD CONSTRAINT ck_enrollments_planted CHECK (false) NOT VALID")
        )
    try:
        work_off()
    finally:
        with app.app_context(), transaction():
            db.session.execute(text("ALTER TABLE enrollments DROP CONSTRAINT ck_enrollments_planted"))

    run = record(admin, accepted)
    assert len(lines("run_failed")) == 1
    assert run["state"] == "FAILED"
    assert "ck_enrollments_planted" in run["job"]["last_error"]
    assert run["counts"]["skipped"] == 5
    assert stored(select(Enrollment.id)) == []
    assert run["can"]["retry"]


def test_a_run_that_no_worker_gets_on_with_is_given_up(app, admin, make, crowd, enqueue, work_off):
    accepted = enqueue(make.course(), crowd(5))
    with app.app_context(), transaction():
        db.session.execute(update(Assignment).values(stalls=leases.MOST_STALLS))
    work_off()

    run = record(admin, accepted)
    assert run["state"] == "FAILED"
    assert "attempts" in run["job"]["last_error"]
    assert run["counts"]["skipped"] == 5


def test_an_instructor_who_lost_the_course_fails_the_run(app, api, admin, make, crowd, work_off):
    owner = make.instructor()
    course, people = make.course(instructor=owner), crowd(5)
    sent = {"user_ids": people, "notify": False}
    client = api.as_(owner)
    accepted = data_of(client.post(f"/courses/{course.id}/assign-multiple", json=sent, headers=ASYNC), 202)
    with app.app_context(), transaction():
        db.session.execute(
            update(Course).where(Course.id == course.id).values(instructor_id=make.instructor().id)
        )
    work_off()

    run = record(admin, accepted)
    assert run["state"] == "FAILED"
    assert "may no longer change the course" in run["job"]["last_error"]


def test_a_retry_takes_up_what_was_refused_on_the_terms_of_the_first(app, admin, make, crowd, stored):
    course, people = make.course(total_seats=2), crowd(4)
    body = {"user_ids": [*people, "nobody"], "usernames": ["late"], "due_in_days": 3, "reason": "R"}
    first = data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=body))
    assert [line["outcome"] for line in first["results"][2:]] == ["no_seat"] * 2 + ["not_found"] * 2
    make.student(username="late")
    admin.patch(f"/courses/{course.id}", json={"total_seats": 10})

    again = data_of(admin.post(f"/assignments/{first['id']}/retry"))

    assert [(line["row"], line["input"], line["outcome"]) for line in again["results"]] == [
        (1, people[2], "assigned"),
        (2, people[3], "assigned"),
        (3, "nobody", "not_found"),
        (4, "late", "assigned"),
    ]
    assert {line["after"]["due_at"] for line in again["results"] if line["after"]} == {
        first["results"][0]["after"]["due_at"]
    }
    run = record(admin, again)
    assert (run["retry_of"], run["reason"], run["requested"]) == (first["id"], "R", 4)
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [5]


def test_a_failed_run_is_retried_by_a_worker(app, admin, make, crowd, enqueue, work_off, stored):
    accepted = enqueue(make.course(), crowd(300))
    with app.app_context(), transaction():
        db.session.execute(update(Assignment).values(stalls=leases.MOST_STALLS))
    work_off()

    again = data_of(admin.post(f"/assignments/{accepted['id']}/retry", headers=ASYNC), 202)
    work_off()

    assert record(admin, again)["counts"]["assigned"] == 300
    assert len(stored(select(Enrollment.id))) == 300


def test_a_run_that_was_undone_is_not_tried_again(admin, make, crowd):
    order = {"user_ids": [*crowd(1), "0190b1c2-7a3f-7000-8000-000000000000"], "notify": False}
    first = data_of(admin.post(f"/courses/{make.course().id}/assign-multiple", json=order))
    data_of(admin.post(f"/assignments/{first['id']}/undo", json={}))

    refused = admin.post(f"/assignments/{first['id']}/retry")

    assert_refused(refused, 409, "invalid_transition")
    assert "was undone" in refused.get_json()["message"]


def test_nothing_to_retry_is_a_conflict(admin, make, crowd, enqueue, work_off):
    accepted = enqueue(make.course(), crowd(2))
    early = admin.post(f"/assignments/{accepted['id']}/retry")
    work_off()
    late = admin.post(f"/assignments/{accepted['id']}/retry")

    assert_refused(early, 409, "invalid_transition")
    assert_refused(late, 409, "invalid_transition")


def test_a_wait_ends_with_the_run(admin, make, crowd, enqueue, work_off):
    accepted = enqueue(make.course(), crowd(3))
    early = data_of(admin.get(f"/assignments/{accepted['id']}", headers={"Prefer": "wait=1"}))
    work_off()
    late = data_of(admin.get(f"/assignments/{accepted['id']}", headers={"Prefer": "wait=20"}))

    assert (early["state"], late["state"]) == ("QUEUED", "APPLIED")


def test_an_unknown_run_and_that_of_another_cannot_be_cancelled(api, admin, make, crowd, enqueue):
    accepted = enqueue(make.course(), crowd(1))

    assert_refused(admin.post(f"/assignments/{uuid4()}/cancel"), 404, "not_found")
    other = api.as_(make.instructor())
    assert_refused(other.post(f"/assignments/{accepted['id']}/cancel"), 404, "not_found")


def carry_in_small_chunks(app, accepted):
    with app.app_context():
        run_id = UUID(accepted["id"])
        with transaction():
            lease = leases.claim(run_id)
        more = True
        while more:
            with transaction():
                more = carrying.take_step(run_id, lease, 1)


def one_chunk(app, accepted, *, gives_back=True):
    """Carry the first 250 lines, and give the run back or die."""
    with app.app_context():
        run_id = UUID(accepted["id"])
        with transaction():
            lease = leases.claim(run_id)
        with transaction():
            assert carrying.take_step(run_id, lease, 1)
        if gives_back:
            with transaction():
                leases.release(run_id, lease)


def let_leases_expire(app):
    with app.app_context(), transaction():
        hour = timedelta(hours=1)
        db.session.execute(
            update(Assignment).values(
                leased_until=Assignment.leased_until - hour, enqueued_at=Assignment.enqueued_at - hour
            )
        )


def test_a_wait_for_a_new_run_is_answered_with_its_report(app, admin, make, crowd, stored):
    people = crowd(3)
    headers = {"Prefer": "respond-async, wait=20"}

    with worker_in_a_thread(app):
        answer = admin.post(
            f"/courses/{make.course().id}/assign-multiple",
            json={"user_ids": people, "notify": False},
            headers=headers,
        )

    report = data_of(answer)
    assert (report["state"], report["counts"]["assigned"]) == ("APPLIED", 3)
    assert [line["outcome"] for line in report["results"]] == ["assigned"] * 3
    assert answer.headers["Preference-Applied"] == "wait=20"
    assert len(stored(select(Enrollment.id))) == 3


def test_a_wait_that_ends_before_the_run_is_answered_with_its_record(admin, make, crowd):
    answer = admin.post(
        f"/courses/{make.course().id}/assign-multiple",
        json={"user_ids": crowd(3)},
        headers={"Prefer": "respond-async, wait=1"},
    )

    assert data_of(answer, 202)["state"] == "QUEUED"
    assert answer.headers["Location"].endswith(data_of(answer, 202)["id"])


def test_a_large_run_is_answered_with_its_record_when_it_has_ended(app, admin, make):
    names = [f"n{number}" for number in range(10_001)]

    with worker_in_a_thread(app):
        answer = admin.post(
            f"/courses/{make.course().id}/assign-multiple",
            json={"usernames": names},
            headers={"Prefer": "wait=20"},
        )

    record = data_of(answer, 202)
    assert (record["state"], record["counts"]["not_found"]) == ("APPLIED", 10_001)


@contextmanager
def worker_in_a_thread(app):
    """The sweep's way of carrying runs, beside the request that waits for one."""
    stop = Event()

    def work():
        while not stop.wait(0.05):
            with app.app_context():
                runs.carry_waiting(5)

    thread = Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
