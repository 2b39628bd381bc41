"""The password policy: why a new password is refused, and its hash."""

from __future__ import annotations

from app.adapters import passwords
from app.errors.base import InvalidRequest
from app.models.user import User


def hash_of_new(person: User, password: str, *, field: str = "password") -> str:
    """The hash of a password that is good enough for this user.

    Hashing is slow. If the row has to be locked, call this before, and `refuse_weak` with the locked row.
    """
    refuse_weak(person, password, field=field)
    return passwords.hash_of(password)


def refuse_weak(person: User, password: str, *, field: str = "password") -> None:
    found = passwords.weaknesses(
        password,
        first_name=person.first_name,
        last_name=person.last_name,
        username=person.username or "",
        email=person.email,
    )
    if found:
        raise InvalidRequest(details={field: found})
