"""Bulk provisioning of accounts for users of another system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from app.db.session import db

_INSERT = text(
    """
    INSERT INTO users (external_id, email, username, first_name, last_name, email_verified, created_at)
    SELECT external_id, email, username, first_name, last_name, true, :at
    FROM unnest(
        CAST(:external_ids AS text[]), CAST(:emails AS text[]), CAST(:usernames AS text[]),
        CAST(:first_names AS text[]), CAST(:last_names AS text[])
    ) AS person (external_id, email, username, first_name, last_name)
    ORDER BY external_id
    ON CONFLICT (external_id) WHERE external_id IS NOT NULL DO NOTHING
    RETURNING id
    """
)


@dataclass(frozen=True)
class Person:
    external_id: str
    email: str
    username: str
    first_name: str
    last_name: str


def provision(people: Sequence[Person], *, at: datetime) -> list[UUID]:
    """Create a verified STUDENT without a password for each new external id, and return their ids.

    One statement, whatever their number.
    """
    made = db.session.scalars(
        _INSERT,
        {
            "external_ids": [person.external_id for person in people],
            "emails": [person.email for person in people],
            "usernames": [person.username for person in people],
            "first_names": [person.first_name for person in people],
            "last_names": [person.last_name for person in people],
            "at": at,
        },
    )
    return list(made)
