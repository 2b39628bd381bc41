"""Logins: a session per device, tokens that rotate, and how all of it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from app import tokens
from app.db import db
from app.models.session import RefreshToken, Session
from app.models.user import User
from app.settings import settings


@dataclass(frozen=True)
class TokenPair:
    access: str
    refresh: str
    expires_in: int
    """seconds that the access token lives"""
    token_type: str = "Bearer"


def open_session(user: User, *, user_agent: str = "", ip_address: str = "") -> TokenPair:
    """A new session on one device, with its first pair of tokens."""
    life = timedelta(days=settings().refresh_token_days)
    session = Session(
        user_id=user.id, user_agent=user_agent[:300], ip_address=ip_address[:45], expires_at=func.now() + life
    )
    db.session.add(session)
    db.session.flush()
    return _issue(user.id, session.id)


def user_of_live(session_id: UUID) -> User | None:
    """The active user behind a session that is still alive."""
    return db.session.scalar(
        select(User)
        .join(Session, Session.user_id == User.id)
        .where(Session.id == session_id, Session.is_alive(), User.is_active)
    )


def _issue(user_id: UUID, session_id: UUID) -> TokenPair:
    refresh_token = RefreshToken(session_id=session_id)
    db.session.add(refresh_token)
    db.session.flush()
    return TokenPair(
        access=tokens.access(user_id, session_id),
        refresh=tokens.refresh(user_id, session_id, refresh_token.id),
        expires_in=settings().access_token_minutes * 60,
    )
