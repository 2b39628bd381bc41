"""The Ed25519 keys that sign Open Badges: the current private key, and the former ones as far as badges name them.

A badge names its key by an address in the issuer's DID document. The name of a key is its JWK thumbprint (RFC 7638), so
it never refers to another key.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, urlsafe_b64encode
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.settings import settings

ALGORITHM = "EdDSA"
_FROM_URL_SAFE = str.maketrans("-_", "+/")


def is_configured() -> bool:
    """Whether badges can be signed. In production only with a key of its own, which outlives SECRET_KEY."""
    return bool(settings().badge_signing_key) or settings().app_env != "production"


def issuer() -> str:
    """The DID of the platform, of the method `web`: `did:web:rollcall.example.org`, from PUBLIC_URL."""
    address = urlsplit(settings().public_url)
    host = quote(address.netloc, safe="")
    return ":".join(["did:web", host, *(quote(part, safe="") for part in address.path.split("/") if part)])


def signed(claims: dict[str, Any], kind: str) -> str:
    """The claims as a JWT. Without a time of signing, the same claims make the same bytes.

    :param kind: the `typ` of its header
    """
    key = _private_key()
    name = _name(_public_bytes(key))
    return jwt.encode(claims, key, ALGORITHM, headers={"kid": f"{issuer()}#{name}", "typ": kind})


def document() -> dict[str, Any]:
    """The DID document, which has the public keys: the current one first."""
    did = issuer()
    keys = [_public_bytes(_private_key()), *map(_decoded, settings().badge_former_keys)]
    methods = [
        {
            "id": f"{did}#{_name(key)}",
            "type": "JsonWebKey2020",
            "controller": did,
            "publicKeyJwk": {**_members(key), "alg": ALGORITHM, "use": "sig", "kid": _name(key)},
        }
        for key in dict.fromkeys(keys)
    ]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


def _private_key() -> Ed25519PrivateKey:
    return _key_of(settings().badge_signing_key, settings().secret_key)


@lru_cache(maxsize=4)
def _key_of(given: str, secret: str) -> Ed25519PrivateKey:
    """The key of the setting; without one, a key of development derived from SECRET_KEY, the same at each start."""
    if given:
        return Ed25519PrivateKey.from_private_bytes(_decoded(given))
    derived = HKDF(SHA256(), length=32, salt=None, info=b"rollcall open badges").derive(secret.encode())
    return Ed25519PrivateKey.from_private_bytes(derived)


def _public_bytes(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _members(public: bytes) -> dict[str, str]:
    """The members of the JWK that its thumbprint covers, in their order."""
    return {"crv": "Ed25519", "kty": "OKP", "x": _encoded(public)}


def _name(public: bytes) -> str:
    return _encoded(hashlib.sha256(msgspec.json.encode(_members(public))).digest())


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return b64decode(text.translate(_FROM_URL_SAFE) + "=" * (-len(text) % 4))
