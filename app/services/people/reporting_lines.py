"""Who reports to whom: no chain of managers comes back to where it began."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import TypeVar
from uuid import UUID

from sqlalchemy import exists, select

from app.db.session import among, db, lock_name
from app.errors.base import InvalidRequest
from app.models.user import User

Person = TypeVar("Person", bound=Hashable)


def hold() -> None:
    """Let no other call change managers until this one is done; before any person's row is locked."""
    lock_name("managers")


def check(manager_id: UUID | None, *, of: UUID | None = None) -> None:
    """Refuse a manager who does not exist, or who reports to this person, directly or through others.

    Changes of managers wait for each other: else A could become B's manager at the moment when B becomes A's.
    """
    if manager_id is None:
        return
    if of is not None:
        hold()
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


def above(user_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The managers of these people, the managers of those, and so on, each by whom they manage."""
    chain = select(User.id, User.manager_id).where(among(User.id, user_ids)).cte("above", recursive=True)
    # A union forgets whom it has met before: the recursion ends even where a chain comes back.
    chain = chain.union(select(User.id, User.manager_id).join(chain, User.id == chain.c.manager_id))
    found = db.session.execute(select(chain.c.id, chain.c.manager_id).where(chain.c.manager_id.is_not(None)))
    return {row.id: row.manager_id for row in found}


def circles(managers: Mapping[Person, Person]) -> set[Person]:
    """People who would report to themselves, directly or through others. Each person is visited once."""
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
