"""Known places: the IP addresses from which the owner of an account has logged in before.

They replace a device cookie: failed logins of attackers lock out new places only. An address is stored as a keyed hash
(HMAC), for `KEPT` after the last login from there.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.dialects.postgresql import insert

from app.adapters import client_addresses
from app.db.session import db
from app.models.known_place import KnownPlace
from app.models.user import User
from app.settings import settings

KEPT = timedelta(days=90)
_WRITTEN_EVERY = timedelta(days=1)


def last_seen(place: ColumnElement[bytes]) -> ScalarSelect[datetime]:
    """When the user has last logged in from this place, to the day; null if it is not known.

    :param place: a parameter, whose value is the `hash_of` an address
    """
    known = select(KnownPlace.seen_at).where(
        KnownPlace.user_id == User.id,
        KnownPlace.place == place,
        KnownPlace.seen_at > func.now() - KEPT,
    )
    return known.scalar_subquery()


def remember(user_id: UUID, address: str, last: datetime | None) -> None:
    """Record a login; at most once a day for one place.

    :param last: the result of `last_seen`
    """
    if last is not None and last > datetime.now(UTC) - _WRITTEN_EVERY:
        return
    seen = insert(KnownPlace).values(user_id=user_id, place=hash_of(address))
    db.session.execute(
        seen.on_conflict_do_update(
            index_elements=[KnownPlace.user_id, KnownPlace.place], set_={"seen_at": func.now()}
        )
    )


def hash_of(address: str) -> bytes:
    key = settings().secret_key.encode()
    return hmac.digest(key, f"known place\n{client_addresses.counted(address)}".encode(), "sha256")
