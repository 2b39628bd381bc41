"""The picture that people show of themselves."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from app import pictures, storage
from app.db import after_commit, checkpoint, db
from app.errors import Unauthenticated
from app.models.user import User

FOLDER = "pictures"


def replace(user: User, *, file: bytes) -> User:
    """Show another picture. The one before is removed once this one is committed."""
    checkpoint()
    drawn = pictures.portrait(file)
    held = _take_down(user)
    held.profile_picture = storage.keep(FOLDER, drawn, suffix=pictures.SUFFIX)
    return held


def remove(user: User) -> User:
    """Show no picture; having none already is fine."""
    return _take_down(user)


def _take_down(user: User) -> User:
    """Lock the row, so that of two pictures sent at once the second finds the first, and removes its file."""
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
