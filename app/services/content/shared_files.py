"""Whether this node has the files that other nodes wrote: each keeps them in a folder of its own, unless that is shared."""

from __future__ import annotations

from sqlalchemy import select

from app.adapters import storage
from app.db.session import db
from app.models.file import File
from app.settings import settings

LOOKED_AT = 20
"""The newest, which a folder that is not shared does not have."""


def is_checked() -> bool:
    """A bucket is the same for all nodes, and a developer may delete the folder."""
    wanted = settings().media_check
    is_on = settings().app_env == "production" if wanted == "auto" else wanted == "on"
    return is_on and settings().media_store == "disk"


def newest() -> list[str]:
    """The names of the newest files by the database."""
    found = select(File.stored_as).order_by(File.id.desc()).limit(LOOKED_AT)
    with db.engine.connect() as connection:
        return list(connection.scalars(found))


def are_missing() -> bool:
    """Whether there are files, and none of the newest is here. One may be missing: a crash, or a disk that was full."""
    names = newest()
    return bool(names) and not any(map(storage.exists, names))
