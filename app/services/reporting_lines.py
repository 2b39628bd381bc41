"""Who reports to whom: no chain of managers comes back to where it began."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import exists, select

from app.db import db, lock_name
from app.errors import InvalidRequest
from app.models.user import User


def check(manager_id: UUID | None, *, of: UUID | None = None) -> None:
    """Refuse a manager who does not exist, or who reports to this person, directly or through others.

    Changes of managers wait for each other: else A could become B's manager at the moment when B becomes A's.
    """
    if manager_id is None:
        return
    if of is not None:
        lock_name("managers")
    chain = select(User.id, User.manager_id).where(User.id == manager_id, User.deleted_at.is_(None))
    above = chain.cte("above", recursive=True)
    above = above.union(select(User.id, User.manager_id).join(above, User.id == above.c.manager_id))
    found = exists(select(above.c.id))
    comes_back = exists(select(above.c.id).where(above.c.id == of, above.c.id != manager_id))
    is_there, is_circle = db.session.execute(select(found, comes_back)).one()
    if not is_there:
        raise _refused("There is no such user.")
    if is_circle:
        raise _refused("This person reports to them already.")


def _refused(sentence: str) -> InvalidRequest:
    return InvalidRequest(details={"manager_id": [sentence]})
