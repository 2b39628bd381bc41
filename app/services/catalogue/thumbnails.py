"""Thumbnails of courses: a public picture in three sizes, under names that cannot be guessed."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from app.adapters import images, storage
from app.db.session import after_commit, checkpoint, db
from app.models.caller import Actor
from app.models.course import Course, thumbnail_names
from app.services.catalogue import courses, courses_read
from app.services.catalogue.courses_read import CoursePage

log = logging.getLogger(__name__)

FOLDER = "thumbnails"
SIZES = {"large": (1280, 720), "medium": (640, 360), "small": (320, 180)}
"""Width and height in pixels, the largest first."""

UNREFERENCED_FOR = timedelta(hours=1)
"""A picture is written before the commit that names it, and no request takes as long as this."""


def replace(actor: Actor, ref: str | UUID, *, file: bytes) -> CoursePage:
    """Set a new thumbnail. The old one is removed after the commit."""
    courses.refuse_under_review(courses.get_managed(actor, ref))
    checkpoint()
    # Before the row is locked: re-encoding is slow, and the disk may be, too.
    pictures = images.cut(file, list(SIZES.values()))
    stem = storage.keep_together(FOLDER, dict(zip(SIZES, pictures, strict=True)), suffix=images.SUFFIX)
    course = courses.lock_for_edit(actor, ref)
    _take_down(course)
    course.thumbnail = stem
    courses.record_edit(actor, course, ["thumbnail"])
    return courses_read.show(actor, course.id)


def remove(actor: Actor, ref: str | UUID) -> CoursePage:
    """Remove the thumbnail, if there is one."""
    course = courses.lock_for_edit(actor, ref)
    if course.thumbnail:
        _take_down(course)
        course.thumbnail = None
        courses.record_edit(actor, course, ["thumbnail"])
    return courses_read.show(actor, course.id)


def delete_unreferenced() -> None:
    """Remove the files that no course names: of commits that failed, and of removals that a crash prevented.

    If no course names any, none is removed: it may be a new database with an old folder.
    """
    stems = db.session.scalars(select(Course.thumbnail).where(Course.thumbnail.is_not(None)))
    named = {name for stem in stems for name in thumbnail_names(stem) or ()}
    if named and (removed := storage.remove_all_but(named, FOLDER, older_than=UNREFERENCED_FOR)):
        log.info("removed %d thumbnails that no course names", removed)


def _take_down(course: Course) -> None:
    """Remove the files of the locked course, once this is committed."""
    for name in thumbnail_names(course.thumbnail) or ():
        after_commit(partial(storage.remove, name))
