"""SUBMISSION_GRADED: homework of the learner was graded."""

from __future__ import annotations

from app.enums import NoticeKind
from app.models.notice import Notice
from app.services.messaging import loading
from app.services.messaging.notice_kind import Kind, Wording
from app.services.messaging.wording import course_page, course_with_code, points_of, quoted
from app.values import client_pages
from app.values.client_pages import ClientPage


class SubmissionGradedKind(Kind):
    name = NoticeKind.SUBMISSION_GRADED
    loads = (loading.course, loading.submission, loading.submitted_lesson)

    def wording(self, notice: Notice) -> Wording:
        submission = notice.submission
        if submission is None:
            return Wording(
                "Your homework was graded", f"The grade in {course_with_code(notice)} was corrected later."
            )
        lesson = " ".join(submission.lesson.title.split())
        feedback = quoted(submission.feedback)
        return Wording(
            f"Your homework for {lesson} was graded",
            f"You have {points_of(submission)} points for “{lesson}” in {course_with_code(notice)}."
            + (f" The feedback: {feedback}" if feedback else ""),
        )

    def obsolete_reason(self, notice: Notice) -> str | None:
        """A corrected grade has a notice of its own."""
        return "superseded" if notice.submission is None else None

    def page(self, notice: Notice) -> str:
        if notice.course is None or notice.submission is None:
            return course_page(notice)
        return client_pages.address(ClientPage.LESSON, notice.course.slug, notice.submission.lesson.id)


KIND = SubmissionGradedKind()
