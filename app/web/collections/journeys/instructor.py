"""An instructor, from a draft to a published course."""

from __future__ import annotations

from app.web.collections.documented import ADMIN, Document
from app.web.collections.parts import Check, CollectionRequest, Folder

_ABOUT = """\
Write a course with lessons, change it under a version that you have read, submit it, and publish it once an admin has
approved it."""

_INSTRUCTOR = "{{instructor_token}}"
_COURSE = {"course_id": "{{draft_id}}"}
_REF = {"ref": "{{draft_id}}"}


def journey(document: Document) -> Folder:
    items = (*_writing(document), *_changing(document), *_deciding(document), *_publishing(document))
    return Folder("Instructor: from draft to published", _ABOUT, items)


def _status(status: str) -> Check:
    return Check(f"The course is {status}", "answer.data.status", status)


def _writing(document: Document) -> tuple[CollectionRequest, ...]:
    lesson = {"type": "TEXT", "content": "One end over the other."}
    return (
        document.request(
            "create_course",
            "Write a draft",
            token=_INSTRUCTOR,
            body={"title": "Knots for climbers {{run}}", "short_description": "Six knots.", "level": "BEGINNER"},
            before={"run": "Date.now().toString(36)"},
            checks=[_status("DRAFT")],
            saves={"draft_id": "answer.data.id", "draft_slug": "answer.data.slug"},
        ),
        document.request(
            "submit_course",
            "Submit it without a lesson",
            token=_INSTRUCTOR,
            path=_COURSE,
            status=409,
            code="course_incomplete",
        ),
        document.request(
            "create_section",
            "Add a section",
            token=_INSTRUCTOR,
            path=_COURSE,
            body={"title": "Before you climb"},
            saves={"draft_section_id": "answer.data.id"},
        ),
        document.request(
            "create_lessons",
            "Add two lessons in one call",
            token=_INSTRUCTOR,
            body={
                "section_id": "{{draft_section_id}}",
                "lessons": [{"title": "Figure eight", **lesson}, {"title": "Clove hitch", **lesson}],
            },
            checks=[Check("There are two", "answer.data.lessons.length", 2)],
            saves={
                "draft_lesson_id": "answer.data.lessons[0].id",
                "draft_other_lesson_id": "answer.data.lessons[1].id",
            },
        ),
        document.request(
            "create_lesson",
            "Add one at a position that is taken",
            token=_INSTRUCTOR,
            body={
                "section_id": "{{draft_section_id}}", "title": "Bowline", "type": "TEXT", "position": 1,
            },
            status=409,
            code="position_taken",
        ),
        document.request(
            "reorder_lessons",
            "Put the second lesson first",
            token=_INSTRUCTOR,
            path={"section_id": "{{draft_section_id}}"},
            body={"order": ["{{draft_other_lesson_id}}", "{{draft_lesson_id}}"]},
        ),
    )  # fmt: skip


def _changing(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request(
            "show_course",
            "Read the draft and its version",
            token=_INSTRUCTOR,
            path=_REF,
            checks=[Check("It has two lessons", "answer.data.lesson_count", 2)],
            saves={"draft_etag": "header('ETag')"},
        ),
        document.request(
            "edit_course",
            "Change it under that version",
            token=_INSTRUCTOR,
            path=_REF,
            headers={"If-Match": "{{draft_etag}}"},
            body={"venue": "Hall 2", "total_seats": 12},
            checks=[Check("There are 12 seats", "answer.data.total_seats", 12)],
        ),
        document.request(
            "edit_course",
            "Change it under the old version",
            token=_INSTRUCTOR,
            path=_REF,
            headers={"If-Match": "{{draft_etag}}"},
            body={"venue": "Hall 3"},
            about="Optimistic locking: your own change has made another version.",
            status=412,
            code="precondition_failed",
        ),
    )


def _deciding(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request(
            "publish_course",
            "Publish it without approval",
            token=_INSTRUCTOR,
            path=_COURSE,
            body={},
            status=409,
            code="approval_required",
        ),
        document.request(
            "submit_course", "Submit it", token=_INSTRUCTOR, path=_COURSE, checks=[_status("PENDING")]
        ),
        document.request(
            "edit_course",
            "Change it while it is under review",
            token=_INSTRUCTOR,
            path=_REF,
            body={"venue": "Hall 3"},
            status=409,
            code="course_under_review",
        ),
        document.request(
            "list_review_queue",
            "As the admin: look at what waits",
            token=ADMIN,
            checks=[Check("Some courses wait", "answer.count > 0")],
        ),
        document.request(
            "review_course",
            "As the admin: approve it",
            token=ADMIN,
            path=_COURSE,
            body={"status": "APPROVED", "review_notes": "Short and to the point."},
            checks=[_status("APPROVED")],
        ),
    )


def _publishing(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request(
            "publish_course",
            "Publish it",
            token=_INSTRUCTOR,
            path=_COURSE,
            body={},
            checks=[_status("PUBLISHED")],
        ),
        document.request(
            "publish_course",
            "Publish it again",
            token=_INSTRUCTOR,
            path=_COURSE,
            body={},
            status=409,
            code="invalid_transition",
        ),
        document.request(
            "show_course",
            "See it as anyone does, by its slug",
            token="",
            path={"ref": "{{draft_slug}}"},
            checks=[Check("It is the same course", "answer.data.id", "{{draft_id}}"), _status("PUBLISHED")],
        ),
        document.request(
            "list_course_history",
            "Read its history",
            token=_INSTRUCTOR,
            path=_COURSE,
            checks=[Check("The last step is the publication", "answer.data[0].action", "published")],
        ),
        document.request(
            "show_course_analytics",
            "Look at its figures",
            token=_INSTRUCTOR,
            path=_COURSE,
        ),
        document.request(
            "archive_course",
            "Archive it, so that the catalogue stays as it was",
            token=_INSTRUCTOR,
            path=_COURSE,
            checks=[_status("ARCHIVED")],
        ),
    )
