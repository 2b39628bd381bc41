"""What learners of an imported course read and watch first: a text with a guide as PDF, and a short film.

Both files were made for the demo and may be used like it. The lessons are optional: the records know nothing of them.
"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from app.adapters import storage
from app.db.session import db
from app.enums import FileKind, LessonType
from app.models.file import File
from app.models.lesson import Lesson
from app.models.user import User
from app.services.content import files, lessons, sections

FILES = Path(__file__).parent / "files"
FILM_SECONDS = 6

_WELCOME = """\
## What this course is about

You are in **{title}**, a course in *{subject}*. It takes {weeks} weeks.

## How it works

1. Go through the lessons from top to bottom. The required ones complete the course.
2. The quiz is there to be tried: you have five attempts, and the best one counts.
3. If you wonder what is missing, ask *Why am I not done?* on the page My courses.

The guide below fits on one page. Keep it beside you in the first week.
"""


def write(owner: User, course_id: UUID, *, title: str, subject: str, days: int) -> None:
    """The first section of a course."""
    section = sections.create(owner, course_id, title="Welcome")
    text, film = lessons.create_many(
        owner,
        section_id=section.id,
        lessons=[
            {
                "title": "How to study this course",
                "type": LessonType.TEXT,
                "content": _WELCOME.format(title=title, subject=subject.lower(), weeks=round(days / 7)),
                "is_required": False,
                "is_preview": True,
            },
            {
                "title": "A short film",
                "type": LessonType.VIDEO,
                "duration_seconds": FILM_SECONDS,
                "is_required": False,
            },
        ],
    )
    attach(text, owner, "study-guide.pdf", "application/pdf", (FILES / "study-guide.pdf").read_bytes())
    content = (FILES / "film.mp4").read_bytes()
    attach(film, owner, "film.mp4", "video/mp4", content, duration_seconds=FILM_SECONDS)


def attach(
    lesson: Lesson,
    owner: User,
    name: str,
    media_type: str,
    content: bytes,
    *,
    duration_seconds: int | None = None,
) -> File:
    """A stored file of a lesson; one that plays for so long is its video."""
    row = File(
        kind=FileKind.LESSON_FILE if duration_seconds is None else FileKind.LESSON_VIDEO,
        course_id=lesson.course_id,
        lesson_id=lesson.id,
        uploaded_by_id=owner.id,
        name=name,
        media_type=media_type,
        size=len(content),
        duration_seconds=duration_seconds,
        stored_as=storage.keep(files.FOLDER, content, suffix=files.SUFFIX),
    )
    db.session.add(row)
    db.session.flush()
    return row
