"""Refusals about categories, courses and their content."""

from __future__ import annotations

from app.errors.base import Conflict, InvalidRequest


class NameTaken(Conflict):
    """Another category has this name."""

    code = "name_taken"
    title = "This name is taken."


class SlugTaken(Conflict):
    """Slugs are unique among their kind."""

    code = "slug_taken"
    title = "This slug is taken."


class CodeTaken(Conflict):
    """Course codes are unique."""

    code = "code_taken"
    title = "This course code is taken."


class CategoryInUse(Conflict):
    """A category can be deleted once no course refers to it."""

    code = "category_in_use"
    title = "Courses still use this category."


class CourseInUse(Conflict):
    """A course with active enrollments is deleted only by an admin who insists with `?force=true`."""

    code = "course_in_use"
    title = "People are enrolled in this course."


class CourseIncomplete(Conflict):
    """Submitting and publishing need a complete course; `details` names what is missing."""

    code = "course_incomplete"
    title = "The course is not complete yet."


class CourseUnderReview(Conflict):
    """A PENDING course is frozen until it is decided about or withdrawn."""

    code = "course_under_review"
    title = "The course is under review."


class ApprovalRequired(Conflict):
    """On this installation a course is published after an admin has approved it."""

    code = "approval_required"
    title = "The course has to be approved first."


class InvalidTransition(Conflict):
    """The transition does not start from the present state, or somebody else was faster: repeats are refused too."""

    code = "invalid_transition"
    title = "The present state does not allow this."


class PositionTaken(Conflict):
    """Another section or lesson stands there; `details` names the clashing positions. Leave the position out to
    append.
    """

    code = "position_taken"
    title = "This position is taken."


class OrderStale(Conflict):
    """A reorder names every current id exactly once; something was added or removed since it was read."""

    code = "order_stale"
    title = "The list to reorder is not the current one."


class CourseTooLarge(InvalidRequest):
    """A course holds at most 2,000 lessons in 500 sections: its page shows them all."""

    code = "course_too_large"
    title = "This course holds as much as a course can."
