"""COURSE_CHANGED: another user changed the owner's course, or gave it to another instructor."""

from __future__ import annotations

from app.enums import NoticeKind
from app.models.notice import Notice
from app.services.messaging import loading
from app.services.messaging.notice_kind import Kind, Wording
from app.services.messaging.wording import admin_note, change_of, course_title, course_with_code, field_name


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
        if action == "created":
            return Wording(f"{title} is your course now", f"An admin created {course} for you.")
        changed = f" What changed: {', '.join(map(field_name, fields))}." if fields else ""
        return Wording(
            f"{title} was {action}",
            f"Your course {course} was {action} by an admin.{changed}{admin_note(notes)}",
        )


KIND = CourseChangedKind()
