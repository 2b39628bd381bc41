"""Tokens are verified by PyJWT directly, with the verdict and the claims of Flask-JWT-Extended's own decoder."""

from __future__ import annotations

import json
import time
from uuid import UUID, uuid4

import jwt
import pytest
from flask import Flask
from flask_jwt_extended import decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.adapters import tokens
from app.errors.accounts import TokenInvalid
from config import Config

KEY = "a key of this test that is long enough to sign"
SERVER = Flask(__name__)
SERVER.config.update(
    Config(database_url="postgresql:///none", redis_url="redis://none", jwt_secret_key=KEY).for_flask(),
    JWT_DECODE_ISSUER=tokens.ISSUER,
    JWT_DECODE_AUDIENCE=tokens.AUDIENCE,
)
tokens.init_app(SERVER)

GOOD = {
    "fresh": False,
    "jti": str(uuid4()),
    "type": "access",
    "sub": str(uuid4()),
    "sid": str(uuid4()),
    "aud": tokens.AUDIENCE,
    "iss": tokens.ISSUER,
}
MOMENTS = ("exp", "nbf", "iat")
TEXT = st.text("abc-019 \u00e9", max_size=20)
ANYTHING = st.none() | st.booleans() | st.integers() | TEXT | st.lists(TEXT, max_size=2)
WORDS = st.sampled_from(
    [*GOOD.values(), "refresh", [tokens.AUDIENCE, "other"], [tokens.ISSUER], "", 0, 2**70]
)


def signed(claims, key=KEY):
    """PyJWT's own `encode` refuses to sign claims of a wrong type."""
    return jwt.PyJWS().encode(json.dumps(claims).encode(), key, algorithm="HS256")


@st.composite
def claims(draw):
    """Good claims, some of them changed or left out. Each token has a type: the other decoder assumes one."""
    offsets = {"exp": 600, "nbf": 0, "iat": 0}
    made = GOOD | {name: int(time.time()) + offset for name, offset in offsets.items()}
    moments = st.integers(-3_000, 3_000).map(lambda seconds: int(time.time()) + seconds)
    for name in draw(st.sets(st.sampled_from([*GOOD, *MOMENTS]), max_size=2)):
        values = WORDS | ANYTHING
        made[name] = draw(moments | values if name in MOMENTS else values)
    for name in draw(st.sets(st.sampled_from(sorted({*GOOD, *MOMENTS} - {"type"})), max_size=1)):
        del made[name]
    return made


def by_the_other_decoder(token):
    try:
        raw = decode_token(token)
        found = tokens.Claims(
            UUID(raw["sub"]), UUID(raw["sid"]), UUID(raw["jti"]), str(raw["type"]), int(raw["exp"])
        )
        return found if found.kind in tokens.KINDS else None
    except (jwt.PyJWTError, JWTExtendedException, KeyError, TypeError, ValueError, AttributeError):
        return None


def by_ours(token):
    try:
        return tokens.read(token)
    except TokenInvalid:
        return None


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(claims=claims(), key=st.sampled_from([KEY] * 4 + ["a key of a stranger that is long enough to sign"]))
@example(claims=GOOD | {"exp": int(time.time()) + 600}, key=KEY)
def test_both_decoders_agree(claims, key):
    token = signed(claims, key)

    with SERVER.app_context():
        assert by_ours(token) == by_the_other_decoder(token)


@pytest.mark.parametrize("kind", sorted(tokens.KINDS))
def test_both_decoders_accept_a_good_token(kind):
    token = signed(GOOD | {"type": kind, "exp": int(time.time()) + 600})

    with SERVER.app_context():
        read = by_ours(token)
        assert read is not None
        assert read == by_the_other_decoder(token)
        assert read.kind == kind


@pytest.mark.parametrize("claim", ["exp", "iss", "aud", "sub", "sid", "jti", "type"])
def test_no_claim_is_optional(claim):
    claims = GOOD | {"exp": int(time.time()) + 600}
    del claims[claim]
    token = signed(claims)

    with SERVER.app_context():
        assert by_ours(token) is None
