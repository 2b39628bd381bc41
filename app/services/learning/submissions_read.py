"""Reading submissions: one, a learner's own in a lesson, and the grading queue of a course."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from app.db.fulltext import naming
from app.db.listings import Listing, narrowed_by, ordered_by
from app.db.session import db
from app.enums import SubmissionState
from app.errors.base import NotFound
from app.models import Course, Enrollment, Lesson, Submission, User
from app.models.caller import Actor
from app.models.user import NAMES_ONLY
from app.models.visibility import submission_visible_to
from app.services.catalogue import courses
from app.services.learning import progress
from app.services.search.people_search import exact_first

_LEARNER = (User.username, User.first_name, User.last_name)
_ORDERINGS = {"submitted_at": Submission.submitted_at, "graded_at": Submission.graded_at}
_person = aliased(User)
CURRENT = (SubmissionState.SUBMITTED, SubmissionState.GRADED)


def get_visible(viewer: Actor, submission_id: UUID) -> Submission:
    """A submission, for its learner, the course's instructor and admins."""
    found = (
        select(Submission)
        .options(joinedload(Submission.lesson).load_only(Lesson.title))
        .options(joinedload(Submission.user).load_only(*_LEARNER))
        .options(selectinload(Submission.files))
        .where(Submission.id == submission_id, submission_visible_to(viewer))
        .execution_options(populate_existing=True)
    )
    submission = db.session.scalar(found)
    if submission is None:
        raise NotFound
    return submission


def list_own(learner: Actor, lesson_id: UUID) -> Listing:
    """What the learner has handed in for a lesson, the newest first, replaced submissions included."""
    enrollment_id = db.session.scalar(
        select(Enrollment.id)
        .join(Lesson, Lesson.course_id == Enrollment.course_id)
        .join(Course, Course.id == Enrollment.course_id)
        .where(Lesson.id == lesson_id, Lesson.deleted_at.is_(None), Course.deleted_at.is_(None))
        .where(Enrollment.user_id == learner.id, Enrollment.holds_seat())
    )
    if enrollment_id is None:
        progress.refuse_outsider(learner, lesson_id)
    conditions = (Submission.enrollment_id == enrollment_id, Submission.lesson_id == lesson_id)
    return Listing(
        _shown().where(*conditions),
        ordered_by("-submitted_at", _ORDERINGS, Submission.id),
        matching=select(Submission.id).where(*conditions),
    )


def list_of_course(
    manager: Actor,
    ref: str | UUID,
    *,
    state: tuple[SubmissionState, ...] | None = None,
    lesson_id: UUID | None = None,
    search: str | None = None,
    ordering: str = "submitted_at",
) -> Listing:
    """The grading queue, for the course's instructor and admins; without a state, all but the replaced.

    Submissions for lessons that were deleted are not in it.
    """
    course = courses.get_managed(manager, ref)
    present = select(Lesson.id).where(Lesson.course_id == course.id, Lesson.deleted_at.is_(None))
    conditions = [
        *narrowed_by(
            {
                Submission.course_id: course.id,
                Submission.state: state or CURRENT,
                Submission.lesson_id: lesson_id,
            }
        ),
        Submission.lesson_id.in_(present),
    ]
    keys = ordered_by(ordering, _ORDERINGS, Submission.id, nullable=("graded_at",))
    if search and search.strip():
        keys.insert(0, exact_first(Submission.user_id, search, by_username_only=not manager.is_admin))
        named = _person.is_named(naming(search, "" if manager.is_admin else NAMES_ONLY))
        # Each learner of the course is looked up: few, compared with all users whose name matches.
        looked_up = select(named).where(_person.id == Submission.user_id).correlate(Submission)
        conditions.append(looked_up.scalar_subquery())
    matching = select(Submission.id).where(*conditions)
    return Listing(_shown(), keys, matching=matching, gathers=True)


def _shown() -> Select[Submission]:
    return (
        select(Submission)
        .join(Lesson, Lesson.id == Submission.lesson_id)
        .join(User, User.id == Submission.user_id)
        .options(contains_eager(Submission.lesson).load_only(Lesson.title))
        .options(contains_eager(Submission.user).load_only(*_LEARNER))
        .options(selectinload(Submission.files))
    )
