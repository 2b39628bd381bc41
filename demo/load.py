"""The import: course by course, each in one transaction, so that an interrupted run resumes where it stopped.

The ledger of assignments records what is finished, and was committed together with it: users may change everything
else, titles and their own addresses too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app.db.session import db
from app.enums import CourseStatus, LessonType, Level
from app.models.assignment import Assignment
from app.models.assignment_item import AssignmentItem
from app.models.category import Category
from app.models.course import Course
from app.models.lesson import Lesson
from app.models.section import Section
from app.models.user import User
from app.services.assigning import assignments
from app.services.catalogue import categories, courses_workflow, courses_write
from app.services.catalogue.courses_read import CoursePage
from app.services.content import lessons, sections
from app.services.learning import completion, enrollments_history, progress_import, reviews
from app.services.people import users_provision
from app.services.people.users_provision import Person
from app.values.people import People
from app.values.terms import Terms
from demo import materials, quizzes, totals
from demo.names import name_of
from demo.people import ADMIN, INSTRUCTORS
from demo.records import SMALL, CourseRecord, LearnerRecord, course_codes, read_courses
from demo.reviews import reviews_of
from demo.turns import Load

IMPORTED = "import"
"""Why the notices of imported completions are SUPPRESSED."""

_ANNOUNCED = -365
"""The day, counted from the start, on which an imported course was made: before its first registration."""

_SUBJECTS = {
    "AAA": "Social sciences",
    "BBB": "Social sciences",
    "CCC": "Science and technology",
    "DDD": "Science and technology",
    "EEE": "Science and technology",
    "FFF": "Science and technology",
    "GGG": "Social sciences",
}

_LEVELS = {
    "AAA": Level.BEGINNER,
    "BBB": Level.BEGINNER,
    "CCC": Level.ADVANCED,
    "DDD": Level.INTERMEDIATE,
    "EEE": Level.INTERMEDIATE,
    "FFF": Level.ADVANCED,
    "GGG": Level.INTERMEDIATE,
}
"""The records have none."""


class DemoHasChangedError(Exception):
    """The data that the rest of the demo depends on has changed."""


@dataclass(frozen=True)
class Loaded:
    """One course of an import, for the progress report."""

    code: str
    people: int
    found: Mapping[str, int] | None
    """its rows in the database, counted before the commit; None if it was there already"""


def load_records(size: str, run: Load) -> Iterator[Loaded]:
    """Import the courses of this size (`small` or `full`) that are not there yet, one transaction each."""
    for record in read_courses(SMALL if size == "small" else None):
        found = None
        with run.transaction():
            if not was_assigned(_reason(record)):
                _load_course(record)
                found = totals.count(record.code)
        db.session.expunge_all()
        yield Loaded(record.code, len(record.learners), found)


def count_courses() -> tuple[int, int]:
    """How many courses of the full import are there, and how many there will be."""
    codes = course_codes()
    there = select(func.count()).select_from(Course).where(Course.code.in_(codes))
    return db.session.scalar(there) or 0, len(codes)


def person(email: str) -> User:
    """One of the demo people, who are there before any record.

    :raises DemoHasChangedError: no account has this address any more
    """
    found = db.session.scalar(select(User).where(User.has_email(email)))
    if found is None:
        raise DemoHasChangedError(f"No account has the address {email} any more.")
    return found


def was_assigned(reason: str) -> bool:
    return db.session.scalar(select(Assignment.id).where(Assignment.reason == reason).limit(1)) is not None


def _reason(record: CourseRecord) -> str:
    return f"Registered for {record.title}"


def _load_course(record: CourseRecord) -> None:
    admin = person(ADMIN.email)
    course, lesson_ids = _publish_course(admin, record)
    learners = list(record.learners.values())
    users_provision.provision(
        [_person_of(learner) for learner in learners],
        at=record.moment(min(each.enrolled for each in learners)),
    )
    report = assignments.assign(
        admin,
        course.id,
        People(external_ids=[learner.external_id for learner in learners]),
        Terms(notify=False),
        reason=_reason(record),
        at=record.moment(_ANNOUNCED),
    )
    _record_history(record, course.id, _enrollments_of(report.run.id), lesson_ids)
    _write_reviews(record, course.id)


def _publish_course(admin: User, record: CourseRecord) -> tuple[CoursePage, dict[str, UUID]]:
    """The course with its lessons, through draft, submission, decision and publication."""
    owner = person(_instructor_of(record))
    opened = record.moment(_ANNOUNCED)
    course = courses_write.create(
        admin,
        at=opened,
        code=record.code,
        title=record.title,
        short_description=f"{_SUBJECTS[record.module]}: {record.length} days, starting {record.starts_on.day} {record.starts_on:%B %Y}.",
        description=(
            "A presentation of a real course of The Open University, from the Open University Learning Analytics "
            "Dataset (CC BY 4.0). The titles of its lessons, the names of its learners and their reviews are made up."
        ),
        category_id=_category(admin, _SUBJECTS[record.module]).id,
        instructor_id=owner.id,
        level=_LEVELS[record.module],
        class_starts=record.starts_on,
    )
    subject = _SUBJECTS[record.module]
    materials.write(owner, course.id, title=record.title, subject=subject, days=record.length)
    lesson_ids = _write_lessons(owner, course.id, record)
    quizzes.write(owner, _quiz_of(owner, course.id), subject)
    courses_workflow.submit(owner, course.id, at=opened)
    courses_workflow.review(admin, course.id, status=CourseStatus.APPROVED, at=opened)
    courses_workflow.publish(owner, course.id, at=opened)
    return course, lesson_ids


def _write_lessons(owner: User, course_id: UUID, record: CourseRecord) -> dict[str, UUID]:
    lesson_ids: dict[str, UUID] = {}
    for title, records in record.sections().items():
        section = sections.create(owner, course_id, title=title)
        written = lessons.create_many(
            owner,
            section_id=section.id,
            lessons=[
                {"title": lesson.title, "type": lesson.type, "is_required": lesson.is_required}
                for lesson in records
            ],
        )
        lesson_ids |= {lesson.key: row.id for lesson, row in zip(records, written, strict=True)}
    return lesson_ids


def _quiz_of(owner: User, course_id: UUID) -> UUID:
    """The first quiz of the course; an optional one more, where the record has none."""
    of_course = select(Lesson.id).where(Lesson.course_id == course_id, Lesson.type == LessonType.QUIZ)
    in_order = of_course.join(Section, Section.id == Lesson.section_id)
    found = db.session.scalar(in_order.order_by(Section.position, Lesson.position).limit(1))
    title = "Check what you know"
    return (
        found
        or lessons.create(owner, course_id=course_id, title=title, type=LessonType.QUIZ, is_required=False).id
    )


def _record_history(
    record: CourseRecord, course_id: UUID, enrollment_ids: dict[str, UUID], lesson_ids: dict[str, UUID]
) -> None:
    """What each learner did: joined, handed in, left, was graded; and who has completed by it."""
    learners = list(record.learners.values())

    def by_enrollment(records: Sequence[LearnerRecord], day: str) -> dict[UUID, datetime]:
        return {enrollment_ids[each.external_id]: record.moment(getattr(each, day)) for each in records}

    enrollments_history.backdate(course_id, by_enrollment(learners, "enrolled"))
    progress_import.complete_many(
        course_id,
        [
            (enrollment_ids[learner.external_id], lesson_ids[key], record.moment(day))
            for learner in learners
            for key, day in record.completions(learner)
        ],
    )
    cancelled = [learner for learner in learners if learner.is_cancelled]
    enrollments_history.cancel(course_id, by_enrollment(cancelled, "cancelled"))
    completion.settle(course_id, suppressed=IMPORTED)
    enrollments_history.grade(
        course_id, {enrollment_ids[each.external_id]: each.grade for each in learners if each.grade}
    )


def _write_reviews(record: CourseRecord, course_id: UUID) -> None:
    written = reviews_of(record)
    named = User.external_id.in_([each.external_id for each in written])
    authors = {author.external_id: author for author in db.session.scalars(select(User).where(named))}
    for each in written:
        reviews.write(
            authors[each.external_id],
            course_id,
            rating=each.rating,
            comment=each.comment,
            at=record.moment(each.day),
        )


def _enrollments_of(assignment_id: UUID) -> dict[str, UUID]:
    """Enrollment ids by the identifier that the run was given, from its ledger."""
    lines = db.session.execute(
        select(AssignmentItem.input, AssignmentItem.enrollment_id).where(
            AssignmentItem.assignment_id == assignment_id
        )
    )
    return {line.input: line.enrollment_id for line in lines if line.enrollment_id is not None}


def _person_of(learner: LearnerRecord) -> Person:
    first_name, last_name = name_of(learner.external_id)
    login = f"learner{learner.external_id}"
    return Person(learner.external_id, f"{login}@example.org", login, first_name, last_name)


def _instructor_of(record: CourseRecord) -> str:
    """Modules are shared out among the demo instructors, each keeping all presentations of a module."""
    return INSTRUCTORS[(ord(record.module[0]) - ord("A")) % len(INSTRUCTORS)].email


def _category(admin: User, name: str) -> Category:
    found = db.session.scalar(select(Category).where(Category.name == name))
    return found or categories.create(admin, name=name)
