"""Recalculation of a course's completions, after a repair of its data."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.services.catalogue import courses
from app.services.learning import completion

SUPPRESSED = "recalculated"


@dataclass(frozen=True)
class Recalculation:
    course_id: UUID
    completed: int
    """Enrollments that this call completed."""


def recalculate(ref: str | UUID, *, notify: bool) -> Recalculation:
    """Complete every enrollment that qualifies. Without `notify` the notices are recorded and not sent."""
    course = courses.lock(ref)
    completed = completion.settle(course.id, suppressed=None if notify else SUPPRESSED)
    return Recalculation(course.id, len(completed))
