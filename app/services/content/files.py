"""Files of lessons: stored, recorded, replaced and deleted.

A file is in the store before the transaction that records it takes any lock, because a disk may be slow; if it is not
recorded it is removed again, and what a crash leaves is swept.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select

from app.adapters import media_types, storage, video_files
from app.adapters.received_files import ReceivedFile
from app.db.session import after_commit, checkpoint, db, lock_name, refusing
from app.enums import FileKind, Role
from app.errors.base import Forbidden, NotFound
from app.errors.catalogue import QuotaExceeded, TooManyFiles
from app.errors.learning import FileSubmitted
from app.errors.requests import Unavailable, UnsupportedMediaType
from app.models.caller import Actor
from app.models.course import Course
from app.models.file import File
from app.models.lesson import Lesson
from app.services.catalogue import courses
from app.services.content import file_links, lessons
from app.services.content.file_links import LinkedFile
from app.settings import settings

log = logging.getLogger(__name__)

FOLDER = "files"
SUFFIX = "bin"
MEGABYTE = 1024 * 1024
MOST_PER_LESSON = 100
UNREFERENCED_FOR = timedelta(hours=1)
"""A file is stored before the commit that names it, and no request takes as long as this."""

KEPT_AFTER_LESSON = timedelta(days=30)
"""How long the files of a deleted lesson are kept. They do not count towards a quota."""

KEPT_UNSUBMITTED = timedelta(days=1)
"""How long a file is kept that a learner uploads for homework and does not hand in."""

SWEPT_AT_ONCE = 500


def add(actor: Actor, lesson_id: UUID, *, file: ReceivedFile) -> LinkedFile:
    """Add a file to a lesson."""
    check_type(FileKind.LESSON_FILE, file)
    _check_managed(actor, lesson_id)
    with kept(file) as stored_as:
        lesson = _lock_for_files(actor, lesson_id)
        if _number_in(lesson.id) >= MOST_PER_LESSON:
            raise TooManyFiles
        return file_links.linked(record(actor, FileKind.LESSON_FILE, lesson, file, stored_as), actor)


def put_video(actor: Actor, lesson_id: UUID, *, file: ReceivedFile) -> LinkedFile:
    """Set the video of a lesson. The former one is removed after the commit."""
    check_type(FileKind.LESSON_VIDEO, file)
    _check_managed(actor, lesson_id)
    with kept(file) as stored_as:
        lesson = _lock_for_files(actor, lesson_id)
        remove_rows(File.lesson_id == lesson.id, File.kind == FileKind.LESSON_VIDEO)
        return file_links.linked(record(actor, FileKind.LESSON_VIDEO, lesson, file, stored_as), actor)


def remove(actor: Actor, file_id: UUID) -> None:
    """Delete a file of a lesson, or one's own that was not handed in. A transfer of it that has begun goes on."""
    file = db.session.get(File, file_id)
    if file is not None and file.kind == FileKind.SUBMISSION_FILE:
        return _remove_unsubmitted(actor, file_id)
    if file is None or file.kind not in {FileKind.LESSON_FILE, FileKind.LESSON_VIDEO}:
        raise NotFound
    course, _ = lessons.lock_for_edit(actor, file.lesson_id)
    if actor.role not in {Role.INSTRUCTOR, Role.ADMIN}:
        raise Forbidden("Only instructors and admins can do this.")
    remove_rows(File.id == file_id)
    courses.record_edit(actor, course, ["lessons"])
    return None


def check_type(kind: FileKind, file: ReceivedFile) -> None:
    """Refuse a file whose content is not what its kind, or its name, says."""
    promised = media_types.contradiction(file.media_type, file.name)
    if promised:
        raise UnsupportedMediaType(
            f"This file is called .{promised}, and its content is not: {file.media_type}."
        )
    if kind == FileKind.LESSON_VIDEO:
        if file.media_type not in media_types.VIDEOS:
            raise UnsupportedMediaType("Send a video: MP4, QuickTime or WebM.")
        if not video_files.is_whole(file.draft.file, file.media_type):
            raise UnsupportedMediaType("This video is cut off, or is no video.")


@contextmanager
def kept(file: ReceivedFile) -> Iterator[str]:
    """The name under which the file is stored, while it is recorded. It is removed if that fails.

    Commits what was written before: nothing is locked while the file is written.
    """
    checkpoint()
    headers = media_types.headers_of(file.media_type, file.name)
    stored_as = storage.take(FOLDER, file.draft, suffix=SUFFIX, headers=headers)
    is_recorded = False
    try:
        yield stored_as
        is_recorded = True
    finally:
        if not is_recorded:
            storage.remove(stored_as)


def record(actor: Actor, kind: FileKind, lesson: Lesson, file: ReceivedFile, stored_as: str) -> File:
    """Record a stored file, within the quotas of its uploader and its course.

    The caller holds `lock_uploads_of` the uploader, and the course's lock for a kind that counts towards its quota.
    """
    _check_quota(file, File.uploaded_by_id == actor.id, settings().user_quota_mb)
    if kind != FileKind.SUBMISSION_FILE:
        of_course = (File.course_id == lesson.course_id) & (File.kind != FileKind.SUBMISSION_FILE)
        _check_quota(file, of_course, settings().course_quota_mb)
    is_video = file.media_type in media_types.VIDEOS
    row = File(
        kind=kind,
        course_id=lesson.course_id,
        lesson_id=lesson.id,
        uploaded_by_id=actor.id,
        name=file.name,
        media_type=file.media_type,
        size=file.size,
        duration_seconds=video_files.seconds_of(file.draft.file, file.media_type) if is_video else None,
        stored_as=stored_as,
    )
    # The lock of the course keeps two videos of one lesson apart; the constraint is the safeguard behind it.
    with refusing({File.ONE_VIDEO_PER_LESSON: Unavailable()}):
        db.session.add(row)
    db.session.refresh(row)
    return row


def lock_uploads_of(user_id: UUID) -> None:
    """Let uploads of one user be recorded one after the other. Taken before any row is locked."""
    lock_name(f"uploads of {user_id}")


def delete_unreferenced() -> bool:
    """Delete what no reader needs: of deleted lessons and courses, not handed in, of commits that failed.

    If no row names a file, none is removed: it may be a new database with an old folder. The rows are gone before the
    store is asked, which may fail, and takes its time without a transaction. Whether there may be more.
    """
    swept = _remove_deleted()
    forgotten = _remove_forgotten()
    checkpoint()
    named = set(db.session.scalars(select(File.stored_as)))
    checkpoint()
    removed = 0
    if named:
        removed = storage.remove_all_but(named, FOLDER, older_than=UNREFERENCED_FOR)
    if removed or swept or forgotten:
        log.info(
            "removed %d files of deleted lessons and courses, %d not handed in, %d that no row names",
            swept,
            forgotten,
            removed,
        )
    return SWEPT_AT_ONCE in {swept, forgotten}


def _remove_unsubmitted(learner: Actor, file_id: UUID) -> None:
    """Locked first: the file may be handed in, or deleted, at this moment."""
    own = select(File.submission_id).where(File.id == file_id, File.uploaded_by_id == learner.id)
    found = db.session.execute(own.with_for_update()).one_or_none()
    if found is None:
        raise NotFound
    if found.submission_id is not None:
        raise FileSubmitted
    remove_rows(File.id == file_id)


def _remove_deleted() -> int:
    """Those of lessons and courses that were deleted long ago. Homework stays: it is the work of its learner."""
    long_ago = func.now() - KEPT_AFTER_LESSON
    gone = select(File.id).join(Lesson, Lesson.id == File.lesson_id).join(Course, Course.id == File.course_id)
    gone = gone.where(or_(Lesson.deleted_at < long_ago, Course.deleted_at < long_ago))
    return remove_rows(File.id.in_(gone.where(File.kind != FileKind.SUBMISSION_FILE).limit(SWEPT_AT_ONCE)))


def _remove_forgotten() -> int:
    unsubmitted = (File.kind == FileKind.SUBMISSION_FILE) & File.submission_id.is_(None)
    old = select(File.id).where(unsubmitted, File.created_at < func.now() - KEPT_UNSUBMITTED)
    # One that is being handed in is locked, and left alone.
    return remove_rows(File.id.in_(old.limit(SWEPT_AT_ONCE).with_for_update(skip_locked=True)), unsubmitted)


def _check_managed(actor: Actor, lesson_id: UUID) -> None:
    """Refuse before the file is stored what would be refused afterwards."""
    present = select(Lesson.course_id).where(Lesson.id == lesson_id, Lesson.deleted_at.is_(None))
    course_id = db.session.scalar(present)
    if course_id is None:
        raise NotFound
    courses.refuse_under_review(courses.get_managed(actor, course_id))


def _lock_for_files(actor: Actor, lesson_id: UUID) -> Lesson:
    lock_uploads_of(actor.id)
    course, lesson = lessons.lock_for_edit(actor, lesson_id)
    courses.record_edit(actor, course, ["lessons"])
    return lesson


def _number_in(lesson_id: UUID) -> int:
    files = select(func.count()).where(File.lesson_id == lesson_id, File.kind == FileKind.LESSON_FILE)
    return db.session.scalar(files) or 0


def _check_quota(file: ReceivedFile, whose: ColumnElement[bool], megabytes: int) -> None:
    """The files of deleted lessons and courses do not count."""
    used = select(func.coalesce(func.sum(File.size), 0)).join(Lesson, Lesson.id == File.lesson_id)
    used = used.join(Course, Course.id == File.course_id).where(whose)
    is_present = and_(Lesson.deleted_at.is_(None), Course.deleted_at.is_(None))
    taken = int(db.session.scalar(used.where(is_present)) or 0)
    room = max(0, megabytes * MEGABYTE - taken)
    if file.size > room:
        raise QuotaExceeded(f"There is room for {room:,} more bytes: delete files that are no longer needed.")


def remove_rows(*which: ColumnElement[bool]) -> int:
    """Delete these rows, and their files once this is committed."""
    removed = db.session.scalars(
        delete(File).where(*which).returning(File.stored_as).execution_options(synchronize_session=False)
    ).all()
    for name in removed:
        after_commit(partial(storage.remove, name))
    return len(removed)
