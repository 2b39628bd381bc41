"""Nothing but a token that we have signed is an access token, and it is sent in one way only."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from uuid import uuid4

import pytest

from app.db.session import transaction
from app.services.auth import sessions
from tests.support.http import assert_refused, data_of

STRANGERS_KEY = "the key of another issuer, which is long enough"


def encoded(part):
    text = part if isinstance(part, bytes) else json.dumps(part, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def decoded(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Forge:
    """Makes tokens like a good one, with our key or without."""

    def __init__(self, token, key):
        self.token = token
        self.key = key
        self.header, self.claims, self.signature = token.split(".")

    def __call__(self, *, key=None, header=None, without=(), **claims):
        changed = {**decoded(self.claims), **claims}
        for name in without:
            del changed[name]
        return self.sign(header or decoded(self.header), changed, key or self.key)

    @staticmethod
    def sign(header, claims, key, digest=hashlib.sha256):
        signed = f"{encoded(header)}.{encoded(claims)}"
        return f"{signed}.{encoded(hmac.digest(key.encode(), signed.encode(), digest))}"

    def header_with(self, **more):
        return {**decoded(self.header), **more}


@pytest.fixture
def forge(pair, config):
    return Forge(pair.access, config.jwt_secret_key)


JWK = {"kty": "oct", "k": encoded(STRANGERS_KEY.encode())}


TAMPERED = {
    # unsigned, or signed with another key
    "no algorithm": lambda f, _: f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{f.claims}.",
    "no algorithm, our signature": lambda f, _: (
        f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{f.claims}.{f.signature}"
    ),
    "None with a capital": lambda f, _: f"{encoded({'alg': 'None', 'typ': 'JWT'})}.{f.claims}.",
    "no signature": lambda f, _: f"{f.header}.{f.claims}.",
    "two parts": lambda f, _: f"{f.header}.{f.claims}",
    "another key": lambda f, _: f(key=STRANGERS_KEY),
    "no key": lambda f, _: f(key="\0"),
    "the development key": lambda f, _: f(key="development-only-secret-do-not-deploy"),
    "a signature cut short": lambda f, _: f.token[:-3],
    "a signature of other claims": lambda f, _: (
        f"{f.header}.{encoded(decoded(f.claims) | {'role': 'ADMIN'})}.{f.signature}"
    ),
    # other algorithms
    "RS256 over our key": lambda f, _: f(header=f.header_with(alg="RS256")),
    "ES256 over our key": lambda f, _: f(header=f.header_with(alg="ES256")),
    "HS512 over our key": lambda f, _: f.sign(
        f.header_with(alg="HS512"), decoded(f.claims), f.key, hashlib.sha512
    ),
    "hs256 in small letters": lambda f, _: f(header=f.header_with(alg="hs256")),
    "no alg at all": lambda f, _: f(header={"typ": "JWT"}),
    # headers that name a key or want to be understood
    "kid": lambda f, _: f(header=f.header_with(kid="../../dev/null"), key="\0"),
    "kid with SQL": lambda f, _: f(header=f.header_with(kid="' UNION SELECT 'x' --"), key="x"),
    "jku": lambda f, _: f(header=f.header_with(jku="https://evil.example/keys"), key=STRANGERS_KEY),
    "jwk": lambda f, _: f(header=f.header_with(jwk=JWK), key=STRANGERS_KEY),
    "x5u": lambda f, _: f(header=f.header_with(x5u="https://evil.example/cert"), key=STRANGERS_KEY),
    "crit, our key": lambda f, _: f(header=f.header_with(crit=["exp"], exp=1)),
    "b64, our key": lambda f, _: f(header=f.header_with(crit=["b64"], b64=False)),
    "compressed, our key": lambda f, _: f(header=f.header_with(zip="DEF")),
    # claims, all under our key
    "expired": lambda f, _: f(exp=int(time.time()) - 60),
    "never expires": lambda f, _: f(without=["exp"]),
    "expires in words": lambda f, _: f(exp="tomorrow"),
    "not yet": lambda f, _: f(nbf=int(time.time()) + 600),
    "issued in the future": lambda f, _: f(iat=int(time.time()) + 600),
    "another issuer": lambda f, _: f(iss="somebody"),
    "no issuer": lambda f, _: f(without=["iss"]),
    "another audience": lambda f, _: f(aud="somebody"),
    "no audience": lambda f, _: f(without=["aud"]),
    "of an unknown kind": lambda f, _: f(type="mail"),
    "no session": lambda f, _: f(without=["sid"]),
    "an unknown session": lambda f, _: f(sid=str(uuid4())),
    "the session of another user": lambda f, other: f(sid=other),
    "no user": lambda f, _: f(without=["sub"]),
    "an unknown user": lambda f, _: f(sub=str(uuid4())),
    "a subject that is no id": lambda f, _: f(sub="admin"),
    "a subject that is a number": lambda f, _: f(sub=1),
    "a subject that is a list": lambda f, _: f(sub=["a", "b"]),
    "claims that are a list": lambda f, _: f.sign(decoded(f.header), [1], f.key),
    "claims that are no JSON": lambda f, _: f.sign(decoded(f.header), b"{", f.key),
    # strings that are no token
    "four parts": lambda f, _: f"{f.token}.{f.signature}",
    "five parts, as if encrypted": lambda f, _: f"{f.token}.{f.claims}.{f.signature}",
    "huge": lambda f, _: f(padding="x" * 100_000),
    "a bomb of brackets as claims": lambda f, _: f"{f.header}.{encoded(b'[' * 50_000)}.{f.signature}",
    "a small bomb of brackets": lambda f, _: f"{f.header}.{encoded(b'[' * 680)}.{f.signature}",
    "a bomb of brackets as header": lambda f, _: f"{encoded(b'[' * 50_000)}.{f.claims}.{f.signature}",
    "not ASCII": lambda f, _: f.token[:-1] + "\u00e9",
    "not base64": lambda f, _: f"{f.header}.!!!!.{f.signature}",
    "a space inside": lambda f, _: f"{f.header} .{f.claims}.{f.signature}",
    "quotes around": lambda f, _: f'"{f.token}"',
    "twice": lambda f, _: f"{f.token},{f.token}",
    "nothing": lambda _f, _: "",
    "dots": lambda _f, _: "..",
    "null": lambda _f, _: "null",
}


@pytest.mark.parametrize("form", TAMPERED)
def test_a_tampered_token_opens_no_door(app, api, make, forge, form):
    with app.app_context(), transaction():
        other = sessions.open_session(make.admin())
    token = TAMPERED[form](forge, decoded(other.access.split(".")[1])["sid"])

    answers = [
        api.get(path, headers={"Authorization": f"Bearer {token}"})
        for path in ("/auth/me", "/courses", "/users")
    ]

    assert data_of(api.with_token(forge.token).get("/auth/me")), "the one it was made of is good"
    for answer in answers:
        assert answer.status_code == 401
        assert_refused(answer, 401, answer.get_json()["error"]["code"])
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    verdict = api.post("/auth/verify", json={"token": token})
    assert verdict.status_code in {413, 422} or data_of(verdict)["valid"] is False


@pytest.mark.parametrize("form", TAMPERED)
def test_a_tampered_refresh_token_is_exchanged_for_nothing(api, config, make, pair, form):
    forge = Forge(pair.refresh, config.jwt_secret_key)
    token = TAMPERED[form](forge, str(uuid4()))

    answer = api.post("/auth/refresh", json={"refresh": token})

    assert answer.status_code in {401, 413, 422}
    assert data_of(api.post("/auth/refresh", json={"refresh": pair.refresh})), (
        "the one it was made of is good"
    )


@pytest.mark.parametrize(
    "header",
    [
        "{token}",
        "Basic {token}",
        "Token {token}",
        "Digest {token}",
        "Bearer",
        "Bearer  ",
        "Bearer{token}",
        "Bearer: {token}",
        "Bearer {token}, Bearer {token}",
        "Basic dTpw, Bearer {token}",
        "Bearer Bearer {token}",
        "Bearer {token} extra",
        "Bearer\u00a0{token}",
    ],
)
def test_a_token_comes_in_one_way_only(api, pair, header):
    answer = api.get("/auth/me", headers={"Authorization": header.format(token=pair.access)})

    assert answer.status_code == 401
    assert_refused(answer, 401, answer.get_json()["error"]["code"])


@pytest.mark.parametrize("place", ["query", "cookie", "x-header"])
def test_a_token_elsewhere_than_in_the_header_is_not_seen(api, pair, place):
    options = {
        "query": {"query_string": {"access_token": pair.access}},
        "cookie": {"headers": {"Cookie": f"access_token_cookie={pair.access}"}},
        "x-header": {"headers": {"X-Authorization": f"Bearer {pair.access}"}},
    }[place]

    assert_refused(api.get("/auth/me", **options), 401, "unauthenticated")


def test_the_scheme_may_be_written_in_small_letters(api, pair):
    assert data_of(api.get("/auth/me", headers={"Authorization": f"bearer {pair.access}"}))


def test_each_kind_of_token_is_good_for_its_own_purpose_alone(api, pair):
    assert_refused(api.with_token(pair.refresh).get("/auth/me"), 401, "token_invalid")
    assert_refused(api.post("/auth/refresh", json={"refresh": pair.access}), 401, "token_invalid")
    assert_refused(
        api.with_token(pair.access).post("/auth/logout", json={"refresh": pair.access}), 401, "token_invalid"
    )
