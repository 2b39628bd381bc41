"""Access and refresh tokens as Rollcall makes and checks them, by hand: HS256 and nothing else."""

from __future__ import annotations

import base64
import hmac
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

ISSUER, AUDIENCE = "rollcall", "rollcall-api"
LONGEST = 1_000
LEEWAY_SECONDS = 5
LIFE_SECONDS = {"access": 3_600, "refresh": 7 * 86_400}


class TokenRefusedError(Exception):
    """It is not ours, not of this kind, or has expired."""


@dataclass(frozen=True)
class Keys:
    """The secret that signs tokens."""

    secret: bytes

    def mint(self, kind: str, user_id: str, session_id: str, token_id: str | None = None) -> str:
        now = int(time.time())
        claims = {
            "fresh": False,
            "iat": now,
            "jti": token_id or str(uuid.uuid4()),
            "type": kind,
            "sub": user_id,
            "nbf": now,
            "csrf": str(uuid.uuid4()),
            "aud": AUDIENCE,
            "iss": ISSUER,
            "exp": now + LIFE_SECONDS[kind],
            "sid": session_id,
        }
        signed = _HEADER + _base64(json.dumps(claims, separators=(",", ":")).encode())
        return f"{signed}.{self._signature(signed)}"

    def read(self, authorization: str) -> dict[str, Any]:
        """The claims of an access token in an `Authorization` header."""
        scheme, _, token = authorization.partition(" ")
        signed, _, signature = token.rpartition(".")
        if scheme.lower() != "bearer" or len(token) > LONGEST or not signed.startswith(_HEADER):
            raise TokenRefusedError
        if not hmac.compare_digest(signature, self._signature(signed)):
            raise TokenRefusedError
        payload = signed[len(_HEADER) :]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        now = time.time()
        is_current = claims["nbf"] <= now + LEEWAY_SECONDS and now < claims["exp"] + LEEWAY_SECONDS
        if not is_current or (claims["type"], claims["iss"], claims["aud"]) != ("access", ISSUER, AUDIENCE):
            raise TokenRefusedError
        return claims

    def _signature(self, signed: str) -> str:
        return _base64(hmac.digest(self.secret, signed.encode(), "sha256"))


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


_HEADER = _base64(b'{"alg":"HS256","typ":"JWT"}') + "."
