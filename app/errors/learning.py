"""Refusals about enrollments, payment, progress, reviews and notices."""

from __future__ import annotations

from app.errors.base import Conflict, Forbidden, InvalidRequest, NotFound, Refusal


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


class NotHomework(Conflict):
    """Submissions are for lessons of type ASSIGNMENT."""

    code = "not_homework"
    title = "Nothing can be submitted for this lesson."


class FileSubmitted(Conflict):
    """A file that belongs to a submission is part of what was handed in, and stays with it. Until the submission is graded,
    submit again without the file.
    """

    code = "file_submitted"
    title = "This file was handed in: submit again without it."


class SubmissionRequired(Conflict):
    """A lesson of type ASSIGNMENT is done by a submission: `POST /lessons/{id}/submissions`."""

    code = "submission_required"
    title = "Submit your homework: the lesson is done then."


class GradeRequired(Conflict):
    """With `HOMEWORK_COMPLETES=graded` a lesson of type ASSIGNMENT is done once the submission is graded."""

    code = "grade_required"
    title = "This lesson is done once your homework is graded."


class AlreadyGraded(Conflict):
    """A graded submission is not replaced by its learner, and its grade is corrected with `regrade` only."""

    code = "already_graded"
    title = "This homework is graded already."


class SubmissionReplaced(Conflict):
    """The learner has submitted again since, or has to after a renewal: grade the newer submission."""

    code = "submission_replaced"
    title = "This submission no longer counts: grade the newer one."


class NotWatched(Conflict):
    """This installation completes the lesson of a video when enough of it was watched (`VIDEO_COMPLETION=watched`)."""

    code = "not_watched"
    title = "Watch the video of this lesson first."


class NoticeNotDelivered(Conflict):
    """Only a SENT or FAILED notice is sent again."""

    code = "notice_not_delivered"
    title = "This notice is still being delivered: send it again once it is SENT or FAILED."


class QuizNotPassed(Conflict):
    """A quiz lesson that has questions is completed by passing its quiz. Once it is passed it can be marked again."""

    code = "quiz_not_passed"
    title = "This lesson is completed by passing its quiz: start an attempt."


class NotAQuiz(Conflict):
    """Only lessons of type QUIZ have questions, settings of a quiz, and attempts."""

    code = "not_a_quiz"
    title = "This lesson is not a quiz: change its type to QUIZ first."


class QuizEmpty(Conflict):
    """An attempt needs questions, and the instructor has added none yet."""

    code = "quiz_empty"
    title = "This quiz has no questions yet."


class AttemptOpen(Conflict):
    """There is one attempt in progress for each learner and quiz; `details.attempt_id` names it."""

    code = "attempt_open"
    title = "You have an attempt in progress: continue it, or submit it."


class AttemptsUsedUp(Conflict):
    """The quiz allows a number of attempts, and the learner has made all of them."""

    code = "attempts_used_up"
    title = "You have no attempt left in this quiz."


class AttemptSubmitted(Conflict):
    """A submitted attempt has been graded; its responses stay as they are."""

    code = "attempt_submitted"
    title = "This attempt was submitted already."


class AttemptExpired(Conflict):
    """The time limit of the attempt and its grace have passed. Submit it: the responses saved in time are graded."""

    code = "attempt_expired"
    title = "The time for this attempt is over: submit it to have the saved responses graded."


class QuizTooLarge(InvalidRequest):
    """A quiz holds at most 200 questions, because an attempt shows them all. Nothing was added."""

    code = "quiz_too_large"
    title = "This quiz is too large: it holds at most 200 questions."


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
