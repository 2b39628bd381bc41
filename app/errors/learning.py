"""Refusals about enrollments, payment, progress, reviews and notices."""

from __future__ import annotations

from app.errors.base import Conflict, Forbidden, Refusal


class PaymentRequired(Refusal):
    """The enrollment is UNPAID and this installation opens priced courses only once they are PAID or WAIVED."""

    status = 402
    code = "payment_required"
    title = "This course has to be paid for first."


class NotEnrolled(Forbidden):
    """What was asked for is only for people with an ACTIVE or COMPLETED enrollment in the course."""

    code = "not_enrolled"
    title = "You are not enrolled in this course."


class CourseNotOpen(Conflict):
    """Only a PUBLISHED course takes new people."""

    code = "course_not_open"
    title = "This course is not open for enrollment."


class AdmissionClosed(Conflict):
    """The day of the admission deadline has ended, in the time zone of the platform."""

    code = "admission_closed"
    title = "Admission to this course has closed."


class CourseFull(Conflict):
    """Every seat is held by an ACTIVE or COMPLETED enrollment."""

    code = "course_full"
    title = "This course has no seat left."


class OwnCourse(Conflict):
    """The instructor of a course cannot be enrolled in it."""

    code = "own_course"
    title = "You are the instructor of this course."


class AlreadyEnrolled(Conflict):
    """There is an ACTIVE or COMPLETED enrollment; `details.enrollment_id` names it."""

    code = "already_enrolled"
    title = "Already enrolled in this course."


class AlreadyReviewed(Conflict):
    """There is one review per learner and course; edit the one you wrote."""

    code = "already_reviewed"
    title = "You have already reviewed this course."


class AssignedByAdmin(Conflict):
    """Only an enrollment of one's own making can be cancelled by the learner; ask whoever assigned you."""

    code = "assigned_by_admin"
    title = "You were assigned to this course and cannot leave it yourself."


class AlreadyCompleted(Conflict):
    """A completed enrollment is not cancelled, except by an admin."""

    code = "already_completed"
    title = "This enrollment is completed."


class EnrollmentCancelled(Conflict):
    """A cancelled enrollment takes no grade and no payment state."""

    code = "enrollment_cancelled"
    title = "This enrollment is cancelled."


class LessonLocked(Conflict):
    """The course is completed in order; `details.lesson_id` names the first lesson that is missing."""

    code = "lesson_locked"
    title = "An earlier lesson comes first."


class NoticeNotDelivered(Conflict):
    """Only a SENT or FAILED notice is sent again."""

    code = "notice_not_delivered"
    title = "This notice has not been delivered or given up yet."
