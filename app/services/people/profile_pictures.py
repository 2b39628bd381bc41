"""Profile pictures of users."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial

from sqlalchemy import select

from app.adapters import images, storage
from app.db.session import after_commit, checkpoint, db
from app.errors.base import Unauthenticated
from app.models.user import User

log = logging.getLogger(__name__)

FOLDER = "pictures"
UNREFERENCED_FOR = timedelta(hours=1)
"""A picture is written before the commit that names it, and no request takes as long as this."""


def replace(user: User, *, file: bytes) -> User:
    """Set a new picture. The old file is removed after the commit."""
    checkpoint()
    # Before the row is locked: re-encoding is slow, and the disk may be, too.
    kept = storage.keep(FOLDER, images.portrait(file), suffix=images.SUFFIX)
    held = _take_down(user)
    held.profile_picture = kept
    return held


def remove(user: User) -> User:
    """Remove the picture, if there is one."""
    return _take_down(user)


def delete_unreferenced() -> None:
    """Remove the files that no account names: of commits that failed, and of removals that a crash prevented.

    If no account names any, none is removed: it may be a new database with an old folder.
    """
    named = set(db.session.scalars(select(User.profile_picture).where(User.profile_picture.is_not(None))))
    if named and (removed := storage.remove_all_but(named, FOLDER, older_than=UNREFERENCED_FOR)):
        log.info("removed %d pictures that no account names", removed)


def _take_down(user: User) -> User:
    """Clear the picture of the locked row: of two concurrent uploads the second finds the first, and removes its file."""
    statement = (
        select(User).where(User.id == user.id, User.deleted_at.is_(None)).with_for_update(key_share=True)
    )
    held = db.session.scalar(statement, execution_options={"populate_existing": True})
    if held is None:
        raise Unauthenticated
    if held.profile_picture:
        after_commit(partial(storage.remove, held.profile_picture))
    held.profile_picture = None
    return held
