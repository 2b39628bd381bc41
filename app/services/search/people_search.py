"""Exact matches in searches of users: they come first, before any ordering."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Text, cast, literal, or_, select

from app.db.keyset import SortKey
from app.db.session import db
from app.models.user import User


def exact_first(column: Any, question: str, *, by_username_only: bool = False) -> SortKey:
    """The first sort key of a search: rows of users whose username, address or external id is the search term.

    They are looked up beforehand, by unique indexes, and are three at most. Without any, every row has the same key, so
    that an index of the ordering is still used.

    :param column: the id of the user a row is about
    :param by_username_only: for callers who may not see addresses and external ids.
    """
    found = _exact_matches(question.strip(), by_username_only=by_username_only)
    if not found:
        return SortKey(cast(literal("false", Text), Boolean), descending=True, is_constant=True)
    return SortKey(column.in_(found), descending=True)


def _exact_matches(question: str, *, by_username_only: bool) -> list[UUID]:
    matches = [User.has_username(question)]
    if not by_username_only:
        matches += [User.has_email(question), User.external_id == question]
    return list(db.session.scalars(select(User.id).where(or_(*matches))))
