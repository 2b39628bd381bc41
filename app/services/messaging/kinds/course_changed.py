"""COURSE_CHANGED: another user changed the owner's course, or gave it to another instructor."""

from __future__ import annotations

from collections.abc import Mapping

from app.enums import CourseAction, NoticeKind
from app.models.notice import Notice
from app.services.messaging import loading
from app.services.messaging.notice_kind import Kind, Wording
from app.services.messaging.wording import admin_note, change_of, course_title, course_with_code, field_name
from app.values import client_pages
from app.values.client_pages import ClientPage

WORDS: Mapping[str, tuple[str, str]] = {
    CourseAction.CREATED: ("{title} is your course now", "An admin created {course} for you."),
    CourseAction.VERSION_PUBLISHED: (
        "A new version of {title} was published",
        "An admin published a new version of your course {course}.",
    ),
    CourseAction.COMPLETIONS_VOIDED: (
        "Earlier completions of {title} were made void",
        "An admin made earlier completions of your course {course} void: their learners have to renew them.",
    ),
    **{
        action: (f"{{title}} was {action}", f"Your course {{course}} was {action} by an admin.")
        for action in (
            CourseAction.EDITED,
            CourseAction.SUBMITTED,
            CourseAction.WITHDRAWN,
            CourseAction.APPROVED,
            CourseAction.REJECTED,
            CourseAction.PUBLISHED,
            CourseAction.UNPUBLISHED,
            CourseAction.ARCHIVED,
            CourseAction.UNARCHIVED,
            CourseAction.DELETED,
        )
    },
}
"""Title and body for each action."""

_OTHERWISE = ("{title} was changed", "Your course {course} was changed by an admin.")


class CourseChangedKind(Kind):
    name = NoticeKind.COURSE_CHANGED
    loads = (loading.course, loading.change)

    def wording(self, notice: Notice) -> Wording:
        title, course = course_title(notice), course_with_code(notice)
        action, notes = change_of(notice)
        fields = notice.change.fields if notice.change else []
        if "instructor_id" in fields:
            if notice.course is not None and notice.course.instructor_id == notice.user_id:
                return Wording(
                    f"{title} is your course now", f"An admin made you the instructor of {course}."
                )
            return Wording(f"{title} has a new instructor", f"An admin gave {course} to another instructor.")
        headline, sentence = WORDS.get(action, _OTHERWISE)
        changed = f" What changed: {', '.join(map(field_name, fields))}." if fields else ""
        return Wording(
            headline.format(title=title), f"{sentence.format(course=course)}{changed}{admin_note(notes)}"
        )

    def page(self, notice: Notice) -> str:
        course = notice.course
        if course is None or course.is_deleted or course.instructor_id != notice.user_id:
            return client_pages.address(ClientPage.TEACHING)
        return client_pages.address(ClientPage.TAUGHT_COURSE, course.slug)


KIND = CourseChangedKind()
