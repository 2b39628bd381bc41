"""Files that learners upload for homework. They belong to no submission until they are handed in with one."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from app.adapters.received_files import ReceivedFile
from app.db.session import db
from app.enums import FileKind
from app.errors.catalogue import TooManyFiles
from app.models.caller import Actor
from app.models.file import File
from app.models.lesson import Lesson
from app.services.content import file_links, files
from app.services.content.file_links import LinkedFile
from app.services.learning import submissions

MOST_WAITING = 20
"""The files of a learner and a lesson that wait to be handed in; a submission takes as many."""


def add(learner: Actor, lesson_id: UUID, *, file: ReceivedFile) -> LinkedFile:
    """Upload a file for homework that the learner could submit now."""
    files.check_type(FileKind.SUBMISSION_FILE, file)
    # Checked before the file is stored, and again with what has changed meanwhile.
    submissions.lock_open(learner, lesson_id)
    with files.kept(file) as stored_as:
        files.lock_uploads_of(learner.id)
        submissions.lock_open(learner, lesson_id)
        if _number_waiting(learner, lesson_id) >= MOST_WAITING:
            raise TooManyFiles(
                f"You have {MOST_WAITING} files that are not handed in: submit or delete them."
            )
        lesson = db.session.get_one(Lesson, lesson_id)
        return file_links.linked(
            files.record(learner, FileKind.SUBMISSION_FILE, lesson, file, stored_as), learner
        )


def _number_waiting(learner: Actor, lesson_id: UUID) -> int:
    waiting = select(func.count()).where(
        File.uploaded_by_id == learner.id,
        File.lesson_id == lesson_id,
        File.kind == FileKind.SUBMISSION_FILE,
        File.submission_id.is_(None),
    )
    return db.session.scalar(waiting) or 0
