"""Refusals about enrollments, payment, progress, reviews and notices."""

from __future__ import annotations

from app.errors.base import Conflict, Forbidden, NotFound, Refusal


class PaymentRequired(Refusal):
    """The enrollment is UNPAID and this installation opens priced courses only once they are PAID or WAIVED."""

    status = 402
    code = "payment_required"
    title = "This course is not paid for yet."


class NotEnrolled(Forbidden):
    """The resource is only for learners with an ACTIVE or COMPLETED enrollment in the course."""

    code = "not_enrolled"
    title = "You are not enrolled in this course: enroll first."


class CourseNotOpen(Conflict):
    """Only a PUBLISHED course takes new learners."""

    code = "course_not_open"
    title = "This course is not open for enrollment."


class AdmissionClosed(Conflict):
    """The day of the admission deadline has ended, in the time zone of the platform."""

    code = "admission_closed"
    title = "Admission to this course has closed."


class CourseFull(Conflict):
    """Every seat is held by an ACTIVE or COMPLETED enrollment."""

    code = "course_full"
    title = "This course has no seats left."


class OwnCourse(Conflict):
    """The instructor of a course cannot take it as a learner, neither by enrolling nor by an assignment: they would
    grade themselves. Use another account to try the course, or give the course to another instructor first.
    """

    code = "own_course"
    title = "The instructor of a course cannot be enrolled in it."


class AlreadyEnrolled(Conflict):
    """There is an ACTIVE or COMPLETED enrollment; `details.enrollment_id` names it."""

    code = "already_enrolled"
    title = "The user is already enrolled in this course."


class AlreadyReviewed(Conflict):
    """There is one review per learner and course; edit the one you wrote."""

    code = "already_reviewed"
    title = "You have already reviewed this course: edit your review."


class AssignedByAdmin(Conflict):
    """A learner can cancel only an enrollment they made themselves; ask the instructor or an admin."""

    code = "assigned_by_admin"
    title = "You were assigned to this course: ask the instructor or an admin to unassign you."


class AlreadyCompleted(Conflict):
    """A completed enrollment is not cancelled, except by an admin."""

    code = "already_completed"
    title = "This enrollment is completed: only an admin can cancel it."


class EnrollmentCancelled(Conflict):
    """A cancelled enrollment takes no grade and no payment state."""

    code = "enrollment_cancelled"
    title = "This enrollment is cancelled."


class LessonLocked(Conflict):
    """The course is completed in order; `details.lesson_id` names the first lesson that is missing."""

    code = "lesson_locked"
    title = "Complete the earlier lessons of this course first."


class NoticeNotDelivered(Conflict):
    """Only a SENT or FAILED notice is sent again."""

    code = "notice_not_delivered"
    title = "This notice is still being delivered: send it again once it is SENT or FAILED."


class CertificateRevoked(Conflict):
    """No badge is issued for a revoked certificate. Badges that were issued before show as revoked in their status list."""

    code = "certificate_revoked"
    title = "This certificate has been revoked."


class NameWithheld(Conflict):
    """The account of the holder has been deleted: the certificate stays valid, and no badge is issued in their name."""

    code = "name_withheld"
    title = "The name on this certificate is withheld: its holder's account has been deleted."


class BadgesDisabled(NotFound):
    """This installation issues no Open Badges: an operator enables them with the setting BADGE_SIGNING_KEY."""

    code = "badges_disabled"
    title = "This platform issues no badges."
