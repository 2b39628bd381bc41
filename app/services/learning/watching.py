"""Watched video: a lesson completes when enough of its video was really watched.

A player reports which seconds it has played. They are merged with the earlier ones, and no report adds more than could be
played since the one before it, by the clock of the database: one call cannot claim a whole film.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Float, Select, Text, and_, bindparam, cast, func, select
from sqlalchemy import Uuid as UuidType

from app.db.statements import Statement
from app.enums import FileKind, LessonType
from app.errors.learning import NotWatched
from app.models import Enrollment, File, Lesson, LessonProgress
from app.models.caller import Actor
from app.services.learning import progress
from app.services.learning.enrollment_rows import EnrollmentRow
from app.settings import settings
from app.values import watched as ranges
from app.values.watched import Range


@dataclass(slots=True)
class _Known:
    """What is known of a learner and the video of a lesson."""

    watched: str | None
    elapsed: float | None
    length: int | None
    is_completed: bool


def record(
    user: Actor,
    lesson_id: UUID,
    *,
    watched: Sequence[Range] | None = None,
    completed: bool | None = None,
    position_seconds: int | None = None,
) -> EnrollmentRow:
    """Record progress in a lesson, and what was watched of its video. Enough of it completes the lesson."""
    if watched is None:
        if completed:
            check_may_be_marked(user, lesson_id)
        return progress.record(user, lesson_id, completed=completed, position_seconds=position_seconds)
    known = _known(user, lesson_id)
    if known is None:
        # Not a learner of the course: the refusal is that of any progress.
        return progress.record(user, lesson_id, completed=completed, position_seconds=position_seconds)
    reported = watched if known.length is None else ranges.within(watched, known.length)
    before = ranges.from_database(known.watched or "")
    seen = ranges.extended(before, reported, most=ranges.allowance(known.elapsed))
    if completed and not _is_enough(seen, known.length):
        check_may_be_marked(user, lesson_id)
    is_reached = completed is None and not known.is_completed and _is_enough(seen, known.length)
    return progress.record(
        user,
        lesson_id,
        completed=completed,
        position_seconds=position_seconds,
        watched=ranges.for_database(seen),
        may_complete=is_reached,
    )


def check_may_be_marked(user: Actor, lesson_id: UUID) -> None:
    """Refuse to mark the lesson of a video as done that was not watched, where VIDEO_COMPLETION asks for it."""
    if settings().video_completion != "watched":
        return
    known = _known(user, lesson_id)
    if known is None or known.length is None or known.is_completed:
        return
    seen = ranges.from_database(known.watched or "")
    if not _is_enough(seen, known.length):
        percent = 100 * ranges.seconds_in(seen) // known.length
        raise NotWatched(f"Watch the video first: {percent} % of {settings().watched_percent} % are watched.")


def _known(user: Actor, lesson_id: UUID) -> _Known | None:
    """Behind the lock of the enrollment: what reports of one learner add is decided one after the other."""
    return _READING.first_behind(progress.LOCKING, {"user_id": user.id, "lesson_id": lesson_id})


def _is_enough(seen: Sequence[Range], length: int | None) -> bool:
    return length is not None and 100 * ranges.seconds_in(seen) >= settings().watched_percent * length


def _select_known() -> Select[*tuple[Any, ...]]:
    mine = and_(LessonProgress.enrollment_id == Enrollment.id, LessonProgress.lesson_id == Lesson.id)
    video = and_(
        File.lesson_id == Lesson.id, File.kind == FileKind.LESSON_VIDEO, Lesson.type == LessonType.VIDEO
    )
    elapsed = func.extract("epoch", func.now() - LessonProgress.watched_at)
    return (
        select(
            cast(LessonProgress.watched, Text),
            cast(elapsed, Float),
            File.duration_seconds,
            LessonProgress.completed_at.is_not(None),
        )
        .select_from(Enrollment)
        .join(Lesson, Lesson.course_id == Enrollment.course_id)
        .outerjoin(LessonProgress, mine)
        .outerjoin(File, video)
        .where(
            Enrollment.user_id == bindparam("user_id", type_=UuidType()),
            Lesson.id == bindparam("lesson_id", type_=UuidType()),
            Lesson.deleted_at.is_(None),
        )
    )


_READING: Statement[_Known] = Statement(_select_known, _Known)
