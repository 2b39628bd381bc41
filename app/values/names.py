"""Normalization of email addresses and usernames, as they are stored, looked up and compared.

Both are ASCII and case-insensitive. Case is folded here, after everything else has been refused: `str.lower`, the
`lower` of a database's locale and Unicode normalization turn some letters beyond ASCII into ASCII ones, and one user's
name would find another's account.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from app.values.characters import trimmed

_ADDRESS = re.compile(r"(?=.{3,254}\Z)[!-?A-~]+@[!-?A-~]+")
_BEGINNING = re.compile(r"[!-?A-~]+")
_USERNAME = re.compile(r"[ -~]{1,254}")
_LONGEST_DOMAIN = 253
_LONGEST_LABEL = 63
_DOTS = str.maketrans(dict.fromkeys("\u3002\uff0e\uff61", "."))
"""The characters that IDNA treats as a dot."""

FOLDING_TO_ASCII = frozenset("\u0130\u017f\u212a")
"""The letters beyond ASCII that case folding turns into ASCII ones: İ, ſ and the Kelvin sign."""


def address(text: str) -> str | None:
    """An email address trimmed, in lower case, its domain in ASCII (IDNA); None for what cannot be one.

    Whether mail can be sent there is not checked: a lookup with an invalid address just finds nothing.
    """
    given = trimmed(text)
    if not given.isascii():
        local, _, domain = given.rpartition("@")
        given = f"{local}@{_domain_in_ascii(domain)}" if _BEGINNING.fullmatch(local) else ""
    return given.lower() if _ADDRESS.fullmatch(given) else None


def username(text: str) -> str | None:
    """A username trimmed and in lower case; None for what cannot be one."""
    given = trimmed(text)
    return given.lower() if _USERNAME.fullmatch(given) else None


@lru_cache(maxsize=1_000)
def _domain_in_ascii(domain: str) -> str:
    """The domain with the mapping of IDNA (UTS 46, non-transitional), which takes a library a thousand times as long.

    Whether it is valid is checked where it is stored.
    """
    if len(domain) > _LONGEST_DOMAIN or not FOLDING_TO_ASCII.isdisjoint(domain):
        return ""
    # Letter by letter: of a whole word, lower() makes the last sigma another letter.
    lower = "".join(map(str.lower, unicodedata.normalize("NFKC", domain.translate(_DOTS))))
    return ".".join(map(_label_in_ascii, unicodedata.normalize("NFC", lower).split(".")))


def _label_in_ascii(label: str) -> str:
    if label.isascii():
        return label
    # Encoding takes time quadratic in the length, and no host name has a longer label.
    return f"xn--{label.encode('punycode').decode('ascii')}" if len(label) <= _LONGEST_LABEL else " "
