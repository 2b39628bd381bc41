"""Authentication by bearer token, and authorization by role.

Role, active flag and session are read from the database on every request, in one statement: a token says who the caller
claims to be, never what they may do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from flask import Request, g, request

from app.adapters import tokens
from app.enums import Role
from app.errors.base import Forbidden, Refusal, Unauthenticated
from app.services.auth import sessions
from app.services.people import users
from app.web.application import noted

if TYPE_CHECKING:
    from uuid import UUID

    from app.adapters.tokens import Claims
    from app.models.caller import Actor, Caller
    from app.models.user import User

View = TypeVar("View", bound=Callable[..., object])


@dataclass(frozen=True)
class Access:
    """Who may call an endpoint: anyone, any signed-in user, or the named roles."""

    is_public: bool
    roles: frozenset[Role] = frozenset()
    reads_token: bool = True


def requires(*roles: Role) -> Callable[[View], View]:
    """Only users with one of these roles; without any, every signed-in user."""
    return _declare(Access(is_public=False, roles=frozenset(roles)))


def public(view: View) -> View:
    """Anyone; a caller who sends a token is still authenticated."""
    return _declare(Access(is_public=True))(view)


def public_ignoring_token(view: View) -> View:
    """Anyone; a token in the request is ignored.

    A client whose access token has expired keeps sending it; logging in or refreshing must still work.
    """
    return _declare(Access(is_public=True, reads_token=False))(view)


def access_of(view: Callable[..., object]) -> Access | None:
    return getattr(view, "_access", None)


def authenticate(access: Access, request: Request) -> UUID | None:
    """Identify the caller. A bad token is not refused yet: such requests count towards the rate limits, too."""
    found, session_id, refused = None, None, None
    try:
        if access.reads_token:
            found, session_id = _identify(request)
    except Refusal as refusal:
        refused = refusal
    about = noted()
    about.caller, about.session_id, about.refusal = found, session_id, refused
    about.caller_id = caller_id = found.id if found else None
    return caller_id


def may_send(access: Access, authorization: str) -> bool:
    """Whether a body is worth receiving: not from callers who are refused regardless of it.

    Does not use the database: whether the session is alive is checked once the body has arrived.
    """
    if not access.reads_token:
        return True
    try:
        is_signed = _claims(authorization) is not None
    except Refusal:
        return False
    return is_signed or access.is_public


def authorize(access: Access) -> None:
    """Refuse callers without access: 401 for a bad or missing token, then 403 by role."""
    about = noted()
    if about.refusal is not None:
        raise about.refusal
    if access.is_public:
        return
    if about.caller is None:
        raise Unauthenticated
    if access.roles and about.caller.role not in access.roles:
        raise Forbidden(_only(access.roles))


def caller() -> Caller:
    """The signed-in user. Only for views that are not public."""
    user: Caller = g.caller
    return user


@contextmanager
def acting_as(user: Actor) -> Iterator[None]:
    """Call views in the name of a user, outside of a request: the demo does."""
    before = g.get("caller")
    g.caller = user
    try:
        yield
    finally:
        g.caller = before


def visitor() -> Caller | None:
    """The signed-in user, or None. For public views."""
    found: Caller | None = g.caller
    return found


def account() -> User:
    """The account of the signed-in user, for views that show or change it."""
    return users.get_own(caller())


def session_id() -> UUID:
    """The session of the access token in use."""
    found: UUID = g.session_id
    return found


def device() -> dict[str, str]:
    """Where the request comes from, as the list of sessions shows it."""
    return {"user_agent": request.user_agent.string, "ip_address": request.remote_addr or ""}


def _only(roles: frozenset[Role]) -> str:
    named = [f"{role.lower()}s" for role in Role if role in roles]
    return f"Only {' and '.join(named)} can do this."


def _identify(request: Request) -> tuple[Caller, UUID] | tuple[None, None]:
    claims = _claims(request.headers.get("Authorization", ""))
    if claims is None:
        return None, None
    found = sessions.caller_of_live(claims.session_id)
    if found is None or found.id != claims.user_id:
        raise Unauthenticated("This session has ended: log in again.")
    return found, claims.session_id


def _claims(authorization: str) -> Claims | None:
    """The claims of the request's access token, or None if none was sent."""
    header = authorization.strip()
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("Send `Authorization: Bearer <access token>`.")
    return tokens.read(token.strip(), kind="access")


def _declare(access: Access) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view._access = access  # type: ignore[attr-defined]
        return view

    return mark
