"""Completion and imported progress as sets: who, when, and in how few statements."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text

from app.db.session import db, transaction
from app.enums import EnrollmentStatus, NoticeState, PaymentStatus
from app.models import Certificate, Enrollment, LessonProgress, Notice
from app.services.learning import completion, progress_import


def day(number):
    return datetime(2026, 3, number, tzinfo=UTC)


@pytest.fixture
def settle(app):
    def run(course, **options):
        with app.app_context(), transaction():
            return completion.settle(course.id, **options)

    return run


@pytest.fixture
def tell(app):
    def run(course, *rows):
        with app.app_context(), transaction():
            progress_import.complete_many(
                course.id, [(enrollment.id, lesson.id, at) for enrollment, lesson, at in rows]
            )

    return run


def test_every_learner_who_is_done_completes_on_the_day_of_their_last_lesson(app, make, settle, tell):
    course = make.course(lessons=2)
    first, second = make.lessons_of(course)
    early, late, undone = (make.enrollment(course) for _ in range(3))
    tell(
        course,
        (early, first, day(1)),
        (early, second, day(3)),
        (late, first, day(9)),
        (late, second, day(2)),
        (undone, first, day(1)),
    )

    settled = settle(course)

    assert set(settled) == {early.id, late.id}
    with app.app_context():
        completed = dict(db.session.execute(select(Enrollment.id, Enrollment.completed_at)).all())
        issued = dict(db.session.execute(select(Certificate.enrollment_id, Certificate.issued_at)).all())
    assert completed == {early.id: day(3), late.id: day(9), undone.id: None}
    assert issued == {early.id: day(3), late.id: day(9)}


def test_only_those_who_were_named_are_settled(make, settle):
    course = make.course(lessons=1)
    named, other = make.enrollment(course), make.enrollment(course)
    for enrollment in (named, other):
        make.progress(enrollment, *make.lessons_of(course))

    assert settle(course, enrollment_ids=[named.id]) == [named.id]


def test_a_course_without_lessons_completes_no_learner(make, settle):
    course = make.course()
    make.enrollment(course)

    assert settle(course) == []


def test_the_cancelled_and_the_completed_are_left_alone(make, settle):
    course = make.course(lessons=1)
    states = [
        {"status": EnrollmentStatus.CANCELLED, "cancelled_at": day(1)},
        {"status": EnrollmentStatus.COMPLETED, "completed_at": day(1), "completion_number": 1},
    ]
    for state in states:
        make.progress(make.enrollment(course, **state), *make.lessons_of(course))

    assert settle(course) == []


def test_where_payment_is_required_the_unpaid_wait(make, settle, setting):
    setting(paid_enrollment="require")
    course = make.course(lessons=1, price=5)
    unpaid = make.enrollment(course)
    paid = make.enrollment(course, payment_status=PaymentStatus.PAID)
    for enrollment in (unpaid, paid):
        make.progress(enrollment, *make.lessons_of(course))

    assert settle(course) == [paid.id]
    setting(paid_enrollment="allow")
    assert settle(course) == [unpaid.id]


def test_suppressed_notices_are_recorded_and_say_why(app, make, settle):
    course = make.course(lessons=1)
    make.progress(make.enrollment(course), *make.lessons_of(course))

    settle(course, suppressed="import")

    with app.app_context():
        notices = db.session.execute(select(Notice.state, Notice.reason)).all()
    assert notices == [(NoticeState.SUPPRESSED, "import")] * 2


def test_a_deleted_lesson_counts_no_longer(app, make, settle):
    course = make.course(lessons=2)
    done, dropped = make.lessons_of(course)
    enrollment = make.enrollment(course)
    make.progress(enrollment, done)
    assert settle(course) == []

    with app.app_context(), transaction():
        gone = db.session.get_one(type(dropped), dropped.id)
        gone.position, gone.deleted_at = None, func.now()

    assert settle(course) == [enrollment.id]


def test_any_number_of_people_takes_the_same_statements(make, settle, statements):
    def count(people):
        course = make.course(lessons=2)
        for _ in range(people):
            make.progress(make.enrollment(course), *make.lessons_of(course))
        with statements() as seen:
            assert len(settle(course)) == people
        return len(seen)

    assert count(2) == count(25) == 5


def test_of_two_completions_of_a_lesson_the_earlier_is_remembered(app, make, tell):
    course = make.course(lessons=1)
    (lesson,) = make.lessons_of(course)
    enrollment = make.enrollment(course)

    tell(course, (enrollment, lesson, day(5)), (enrollment, lesson, day(4)))
    tell(course, (enrollment, lesson, day(6)))

    with app.app_context():
        assert db.session.scalars(select(LessonProgress.completed_at)).all() == [day(4)]
        assert db.session.scalars(select(Enrollment.last_accessed)).one() == day(6)


def test_a_lesson_that_was_only_watched_becomes_done(app, make, tell):
    course = make.course(lessons=1)
    (lesson,) = make.lessons_of(course)
    enrollment = make.enrollment(course)
    with app.app_context(), transaction():
        db.session.add(LessonProgress(enrollment_id=enrollment.id, lesson_id=lesson.id, position_seconds=7))

    tell(course, (enrollment, lesson, day(5)))

    with app.app_context():
        row = db.session.scalars(select(LessonProgress)).one()
        assert (row.completed_at, row.position_seconds) == (day(5), 7)


def test_what_belongs_to_another_course_is_not_written(app, make, tell):
    course, other = make.course(lessons=1), make.course(lessons=1)
    enrollment, elsewhere = make.enrollment(course), make.enrollment(other)
    (lesson,), (foreign,) = make.lessons_of(course), make.lessons_of(other)

    tell(course, (enrollment, foreign, day(1)), (elsewhere, lesson, day(1)))

    with app.app_context():
        assert db.session.scalars(select(LessonProgress)).all() == []


def test_recording_takes_the_same_statements_for_any_number(make, tell, statements):
    course = make.course(lessons=3)
    lessons = make.lessons_of(course)

    def count(people):
        rows = [(make.enrollment(course), lesson, day(1)) for _ in range(people) for lesson in lessons]
        with statements() as seen:
            tell(course, *rows)
        return len(seen)

    assert count(1) == count(10) == 3


def test_a_course_is_counted_once_even_where_the_planner_believes_that_it_is_empty(app, make):
    """As after a bulk load into tables that were emptied and vacuumed: each join is then planned for one row."""
    course = make.course(lessons=5)
    for _ in range(5):
        make.progress(make.enrollment(course), *make.lessons_of(course))
    statement = completion._completing("trust", of_all=True)
    believed = text(
        "UPDATE pg_class SET relpages = 8, reltuples = 0 WHERE relkind IN ('r', 'i')"
        " AND relnamespace = 'public'::regnamespace"
    )

    with app.app_context(), db.engine.connect() as connection:
        connection.execute(believed)
        compiled = statement.compile(connection, compile_kwargs={"render_postcompile": True})
        plan = connection.exec_driver_sql(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled}", {**compiled.params, "of_course": course.id}
        ).scalar_one()
        connection.rollback()

    grouped = [node for node in nodes_of(plan[0]["Plan"]) if "Group Key" in node]
    assert [node["Actual Loops"] for node in grouped] == [1]


def nodes_of(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes_of(child)
