"""JSON Web Tokens (JWT): signing and verification, without any authorization.

Access and refresh tokens name a user (`sub`) and a session (`sid`). Whether the session is alive is stored in the
database.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import time
from uuid import UUID

from flask import Flask, current_app
from flask_jwt_extended import JWTManager, create_access_token, create_refresh_token
from jwt import PyJWTError, decode, encode
from jwt.types import Options

from app.adapters.recent import Recent
from app.errors.accounts import TokenInvalid

ISSUER = "rollcall"
AUDIENCE = "rollcall-api"
KINDS = {"access", "refresh"}
LONGEST = 1_000
ALGORITHM = "HS256"

KEPT_SECONDS, MOST_KEPT = 600, 2_000
"""How long and how many verified tokens a process remembers."""

_EXTENSION = "rollcall-verified-tokens"

_manager = JWTManager()
_REQUIRED: Options = {"require": ["exp", "iss", "aud", "sub", "sid", "jti", "type"]}
# All our tokens begin with the same header; a token with another one, and so another algorithm or key, is refused.
_HEADER = encode({}, "0" * 32, algorithm=ALGORITHM).partition(".")[0] + "."


@dataclass(frozen=True)
class Claims:
    user_id: UUID
    session_id: UUID
    token_id: UUID
    kind: str
    """`access` or `refresh`"""
    expires_at: int
    """seconds since the epoch"""


def init_app(app: Flask) -> None:
    app.config.update(JWT_ENCODE_ISSUER=ISSUER, JWT_ENCODE_AUDIENCE=AUDIENCE)
    _manager.init_app(app)
    app.extensions[_EXTENSION] = Recent[Claims](seconds=KEPT_SECONDS, most=MOST_KEPT)


def access(user_id: UUID, session_id: UUID) -> str:
    return create_access_token(identity=str(user_id), additional_claims={"sid": str(session_id)})


def refresh(user_id: UUID, session_id: UUID, token_id: UUID) -> str:
    """A refresh token whose `jti` is the id of its row."""
    return create_refresh_token(
        identity=str(user_id), additional_claims={"sid": str(session_id), "jti": str(token_id)}
    )


def read(token: str, *, kind: str | None = None) -> Claims:
    """The claims of a token that we signed and that has not expired, of the given kind.

    A signature is verified once in each process: it stays right. Whether the token has expired is checked each time.

    :raises TokenInvalid: for every other string.
    """
    verified: Recent[Claims] = current_app.extensions[_EXTENSION]
    claims = verified.get(token)
    if claims is None:
        claims = _verify(token)
        verified.set(token, claims)
    elif claims.expires_at <= time() - current_app.config["JWT_DECODE_LEEWAY"]:
        raise TokenInvalid
    if claims.kind not in ({kind} if kind else KINDS):
        raise TokenInvalid
    return claims


def _verify(token: str) -> Claims:
    if len(token) > LONGEST or not token.startswith(_HEADER):
        raise TokenInvalid
    try:
        raw = decode(
            token,
            current_app.config["JWT_SECRET_KEY"],
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            leeway=current_app.config["JWT_DECODE_LEEWAY"],
            options=_REQUIRED,
        )
        return Claims(UUID(raw["sub"]), UUID(raw["sid"]), UUID(raw["jti"]), str(raw["type"]), int(raw["exp"]))
    except _UNREADABLE as error:
        raise TokenInvalid from error


# Beside PyJWT's own errors: what claims of other types raise.
_UNREADABLE = (PyJWTError, KeyError, TypeError, ValueError, AttributeError, RecursionError)
