"""Refusals about categories, courses and their content."""

from __future__ import annotations

from app.errors.base import Conflict, Forbidden, InvalidRequest
from app.errors.requests import TooLarge


class NotCourseManager(Forbidden):
    """The caller sees the course and does not teach it. Its instructor and admins can change it."""

    title = "Only the instructor of this course and admins can do this."


class NameTaken(Conflict):
    """Another category has this name."""

    code = "name_taken"
    title = "This name is taken: choose another one."


class SlugTaken(Conflict):
    """Slugs are unique among courses, and among categories."""

    code = "slug_taken"
    title = "This slug is taken: choose another one."


class CodeTaken(Conflict):
    """Course codes are unique."""

    code = "code_taken"
    title = "This course code is taken: choose another one."


class CategoryInUse(Conflict):
    """A category can be deleted once no course refers to it."""

    code = "category_in_use"
    title = "Courses still use this category: move them to another one first."


class CourseInUse(Conflict):
    """A course with active enrollments is deleted only by an admin who sends `?force=true`."""

    code = "course_in_use"
    title = "Learners are enrolled in this course: only an admin can delete it, with force=true."


class CourseIncomplete(Conflict):
    """Submitting and publishing need a complete course; `details` names what is missing."""

    code = "course_incomplete"
    title = "This course is not complete yet: see the details."


class CourseUnderReview(Conflict):
    """A PENDING course cannot be edited until it is decided about or withdrawn."""

    code = "course_under_review"
    title = "This course is under review: withdraw it to edit it."


class ApprovalRequired(Conflict):
    """On this installation a course is published after an admin has approved it."""

    code = "approval_required"
    title = "This course is not approved: submit it for review first."


class InvalidTransition(Conflict):
    """The action does not start from the current state, or another request was faster: a repeated request is refused
    too.
    """

    code = "invalid_transition"
    title = "The current state does not allow this action."


class PositionTaken(Conflict):
    """Another section or lesson has this position; `details` names the clashing ones. Leave the position out to
    append.
    """

    code = "position_taken"
    title = "This position is taken: leave it out to append."


class OrderStale(Conflict):
    """A reorder names every current id exactly once; something was added or removed since it was read."""

    code = "order_stale"
    title = "The order does not list exactly the current ids: read them again."


class CourseTooLarge(InvalidRequest):
    """A course holds at most 2,000 lessons in 500 sections, because its page shows them all; what is to be added would exceed
    that. Nothing was added. Delete what is no longer needed, or split the course in two.
    """

    code = "course_too_large"
    title = "This course is too large: it holds at most 2,000 lessons in 500 sections."


class QuotaExceeded(TooLarge):
    """The files of a course, and those that a user has uploaded, may take a certain room each: `COURSE_QUOTA_MB` and
    `USER_QUOTA_MB`. Nothing was stored; delete files that are no longer needed.
    """

    code = "quota_exceeded"
    title = "There is no room left for this file: delete files that are no longer needed."


class TooManyFiles(InvalidRequest):
    """A lesson has at most 100 files, because its page lists them all. For homework a learner has at most 20 files waiting to
    be handed in: submit them, or delete one.
    """

    code = "too_many_files"
    title = "This lesson has 100 files: delete one first."


class CourseUnchanged(Conflict):
    """A version is made of changed lessons or learning outcomes; the last version has the course as it is."""

    code = "course_unchanged"
    title = "Nothing has changed since the last version of this course."
