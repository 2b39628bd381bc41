"""Reporting lines: the managers of users, without cycles."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import TypeVar
from uuid import UUID

from sqlalchemy import exists, select

from app.db.session import among, db, lock_name
from app.errors.base import InvalidRequest
from app.models.user import User

Person = TypeVar("Person", bound=Hashable)


def lock() -> None:
    """Lock all changes of managers until the commit. Call it before any user's row is locked."""
    lock_name("managers")


def check(manager_id: UUID | None, *, of: UUID | None = None) -> None:
    """Refuse a manager who does not exist, or who reports to this user, directly or through others.

    Changes of managers are serialized: otherwise A could become B's manager at the moment when B becomes A's.
    """
    if manager_id is None:
        return
    if of is not None:
        lock()
    chain = select(User.id, User.manager_id).where(User.id == manager_id, User.deleted_at.is_(None))
    above = chain.cte("above", recursive=True)
    above = above.union(select(User.id, User.manager_id).join(above, User.id == above.c.manager_id))
    found = exists(select(above.c.id))
    comes_back = exists(select(above.c.id).where(above.c.id == of, above.c.id != manager_id))
    is_there, is_circle = db.session.execute(select(found, comes_back)).one()
    if not is_there:
        raise _refused("There is no such user.")
    if is_circle:
        raise _refused("This user already reports to them.")


def above(user_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The managers of these users, their managers, and so on, each by whom they manage."""
    chain = select(User.id, User.manager_id).where(among(User.id, user_ids)).cte("above", recursive=True)
    # UNION drops duplicate rows: the recursion ends even if a chain is a cycle.
    chain = chain.union(select(User.id, User.manager_id).join(chain, User.id == chain.c.manager_id))
    found = db.session.execute(select(chain.c.id, chain.c.manager_id).where(chain.c.manager_id.is_not(None)))
    return {row.id: row.manager_id for row in found}


def circles(managers: Mapping[Person, Person]) -> set[Person]:
    """Users in a cycle: they would report to themselves, directly or through others. Each user is visited once."""
    walks: dict[Person, int] = {}
    found: set[Person] = set()
    for walk, start in enumerate(managers):
        person, path = start, []
        while person in managers and person not in walks:
            walks[person] = walk
            path.append(person)
            person = managers[person]
        if walks.get(person) == walk:
            found.update(path[path.index(person) :])
    return found


def _refused(sentence: str) -> InvalidRequest:
    return InvalidRequest(details={"manager_id": [sentence]})
