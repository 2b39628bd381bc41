"""Sessions, one per device, and refresh token rotation with reuse detection.

A refresh token can be exchanged once, even if two requests send it at the same moment. One that is used again later than
`REFRESH_GRACE_SECONDS` may have been stolen, and ends its session.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Interval, Select, Text, Uuid, bindparam, func, insert, select, update

from app.adapters import tokens
from app.adapters.tokens import Claims
from app.db.keyset import SortKey
from app.db.listings import Listing
from app.db.session import among, db
from app.db.statements import Statement, value_of
from app.errors.accounts import AlreadyRotated, RefreshTokenReused, TokenInvalid
from app.errors.base import NotFound, Unauthenticated
from app.models.caller import Actor, Caller
from app.models.session import RefreshToken, Session
from app.models.user import User
from app.observability import alarms
from app.observability.alarms import Alarm
from app.settings import settings

_CALLER_OF_LIVE = Statement(
    lambda: (
        select(User.id, User.role, User.can_self_publish)
        .join(Session, Session.user_id == User.id)
        .where(Session.id == bindparam("session_id"), Session.is_alive(), User.is_active)
    ),
    Caller,
)


_EXPIRES = func.now() + bindparam("life", type_=Interval())


class _Opened(NamedTuple):
    session_id: UUID
    token_id: UUID


def _open() -> Select[UUID, UUID]:
    """Insert a session and its first refresh token."""
    opened = (
        insert(Session)
        .values(
            user_id=bindparam("user_id", type_=Uuid()),
            user_agent=bindparam("user_agent", type_=Text()),
            ip_address=bindparam("ip_address", type_=Text()),
            expires_at=_EXPIRES,
        )
        .returning(Session.id)
        .cte("opened")
    )
    first = select(opened.c.id, _EXPIRES)
    issued = insert(RefreshToken).from_select(["session_id", "expires_at"], first)
    token = issued.returning(RefreshToken.session_id, RefreshToken.id).cte("issued")
    return select(token.c.session_id, token.c.id)


_OPENING = Statement(_open, _Opened)
_ISSUING: Statement[UUID] = Statement(
    lambda: (
        insert(RefreshToken)
        .values(session_id=bindparam("session_id", type_=Uuid()), expires_at=_EXPIRES)
        .returning(RefreshToken.id)
    ),
    value_of,
)


@dataclass(frozen=True)
class TokenPair:
    access: str
    refresh: str
    expires_in: int
    """lifetime of the access token in seconds"""


@dataclass(frozen=True)
class TokenReport:
    """Whether a token is valid now, and its claims."""

    valid: bool
    kind: str | None = None
    user_id: UUID | None = None
    session_id: UUID | None = None
    expires_at: datetime | None = None


def open_session(user: Actor, *, user_agent: str = "", ip_address: str = "") -> TokenPair:
    """A new session on one device, with its first pair of tokens."""
    opened = _OPENING.one(
        {
            "user_id": user.id,
            "user_agent": user_agent[:300],
            "ip_address": ip_address[:45],
            "life": _life(),
        }
    )
    return _pair(user.id, *opened)


def caller_of_live(session_id: UUID) -> Caller | None:
    """The user of a session that has not ended; None if the user is deactivated."""
    return _CALLER_OF_LIVE.first({"session_id": session_id}, keeps=True)


def refresh(token: str) -> TokenPair:
    """Exchange a refresh token for the next pair of its session."""
    claims = tokens.read(token, kind="refresh")
    if not _keep_alive(claims.user_id, claims.session_id):
        raise TokenInvalid
    if not _spend(RefreshToken.id == claims.token_id):
        _refuse_spent(claims)
    return _issue(claims.user_id, claims.session_id)


def renew(user_id: UUID, session_id: UUID) -> TokenPair:
    """A new pair of tokens for an open session. Its earlier refresh tokens are revoked."""
    if not _keep_alive(user_id, session_id):
        raise Unauthenticated
    _spend(RefreshToken.session_id == session_id)
    return _issue(user_id, session_id)


def log_out(user: Actor, session_id: UUID, *, refresh: str | None = None) -> None:
    """End the session of the refresh token, or else the one in use."""
    if refresh is not None:
        claims = tokens.read(refresh, kind="refresh")
        if claims.user_id != user.id:
            raise TokenInvalid
        session_id = claims.session_id
    _end(Session.id == session_id, Session.user_id == user.id)


def list_own(user: Actor, current_id: UUID) -> Listing:
    """The user's active sessions, the last used first."""
    statement = select(
        Session.id,
        Session.user_agent,
        Session.ip_address,
        Session.created_at,
        Session.last_used_at,
        Session.expires_at,
        (Session.id == current_id).label("is_current"),
    ).where(Session.user_id == user.id, Session.is_alive())
    keys = [SortKey(Session.last_used_at, descending=True), SortKey(Session.id, descending=True)]
    return Listing(statement, keys, columns=True)


def end_own(user: Actor, session_id: UUID) -> None:
    """End one of the user's own sessions."""
    if not _end(Session.id == session_id, Session.user_id == user.id, Session.is_alive()):
        raise NotFound


def log_out_everywhere(user: Actor) -> None:
    # Lock the user's row before their sessions, as a password change does: in the other order two could deadlock.
    db.session.execute(select(User.id).where(User.id == user.id).with_for_update(key_share=True))
    end_all(user.id)


def end_all(user_id: UUID) -> None:
    """End every session of a user whose row is locked. Their access tokens are refused from the next request on."""
    _end(Session.user_id == user_id)


def end_all_of(user_ids: Collection[UUID]) -> None:
    """End every session of users whose rows are locked."""
    _end(among(Session.user_id, user_ids))


def end_others(user_id: UUID, session_id: UUID) -> None:
    """End every session but this one, of a user whose row is locked."""
    _end(Session.user_id == user_id, Session.id != session_id)


def inspect(token: str) -> TokenReport:
    """Whether a token would be accepted, without using it."""
    try:
        claims = tokens.read(token)
    except TokenInvalid:
        return TokenReport(valid=False)
    user = caller_of_live(claims.session_id)
    if user is None or user.id != claims.user_id or not _is_unspent(claims):
        return TokenReport(valid=False)
    expires_at = datetime.fromtimestamp(claims.expires_at, UTC)
    return TokenReport(
        valid=True,
        kind=claims.kind,
        user_id=claims.user_id,
        session_id=claims.session_id,
        expires_at=expires_at,
    )


def _keep_alive(user_id: UUID, session_id: UUID) -> bool:
    """Extend a session, and return whether it is still alive.

    Its row stays locked until the commit, so that concurrent calls with its tokens are served one after the other.
    """
    kept = db.session.scalar(
        update(Session)
        .where(
            Session.id == session_id,
            Session.user_id == user_id,
            Session.is_alive(),
            User.id == Session.user_id,
            User.is_active,
        )
        .values(last_used_at=func.now(), expires_at=func.now() + _life())
        .returning(Session.id)
        .execution_options(synchronize_session=False)
    )
    return kept is not None


def _spend(which: ColumnElement[bool]) -> bool:
    """Mark tokens as used, and return whether any was unused. In one statement: of two requests with a token, one wins."""
    spent = db.session.scalars(
        update(RefreshToken)
        .where(which, RefreshToken.spent_at.is_(None))
        .values(spent_at=func.clock_timestamp())
        .returning(RefreshToken.id)
        .execution_options(synchronize_session=False)
    )
    return bool(spent.all())


def _refuse_spent(claims: Claims) -> None:
    grace = timedelta(seconds=settings().refresh_grace_seconds)
    is_recent = db.session.scalar(
        select(RefreshToken.spent_at > func.clock_timestamp() - grace).where(
            RefreshToken.id == claims.token_id
        )
    )
    if is_recent is None:
        raise TokenInvalid
    if is_recent:
        raise AlreadyRotated
    _end(Session.id == claims.session_id)
    alarms.sound(
        Alarm.REFRESH_TOKEN_REUSED,
        "a spent refresh token came back, and its session is over",
        level=logging.WARNING,
        user_id=claims.user_id,
        session_id=claims.session_id,
    )
    raise RefreshTokenReused


def _is_unspent(claims: Claims) -> bool:
    if claims.kind != "refresh":
        return True
    statement = select(RefreshToken.id).where(
        RefreshToken.id == claims.token_id, RefreshToken.spent_at.is_(None)
    )
    return db.session.scalar(statement) is not None


def _end(*which: ColumnElement[bool]) -> bool:
    ended = db.session.scalars(
        update(Session)
        .where(*which, Session.ended_at.is_(None))
        .values(ended_at=func.now())
        .returning(Session.id)
        .execution_options(synchronize_session=False)
    )
    return bool(ended.all())


def _issue(user_id: UUID, session_id: UUID) -> TokenPair:
    token_id = _ISSUING.one({"session_id": session_id, "life": _life()})
    return _pair(user_id, session_id, token_id)


def _pair(user_id: UUID, session_id: UUID, token_id: UUID) -> TokenPair:
    return TokenPair(
        access=tokens.access(user_id, session_id),
        refresh=tokens.refresh(user_id, session_id, token_id),
        expires_in=settings().access_token_minutes * 60,
    )


def _life() -> timedelta:
    return timedelta(days=settings().refresh_token_days)
