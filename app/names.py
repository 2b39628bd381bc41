"""Email addresses and usernames in the one spelling by which they are stored, looked up and compared.

Both are ASCII and compared without regard to case. Case is folded here, after everything else has been refused: under
`str.lower`, under the `lower` of a database's locale and under Unicode normalization some letters beyond ASCII become
ASCII ones, and one person's name would find another's account.
"""

from __future__ import annotations

import re
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from app.text import trimmed

_ADDRESS = re.compile(r"(?=.{3,254}\Z)[!-?A-~]+@[!-?A-~]+")
_BEGINNING = re.compile(r"[!-?A-~]+")
_USERNAME = re.compile(r"[ -~]{1,254}")
_LONGEST_DOMAIN = 253

FOLDING_TO_ASCII = frozenset("\u0130\u017f\u212a")
"""The letters beyond ASCII that case folding takes for ASCII ones: İ, ſ and the Kelvin sign."""


def address(text: str) -> str | None:
    """An email address trimmed, in lower case, its domain in ASCII (IDNA); None for what cannot be one.

    Whether mail can be sent there is not checked: what is looked up need not be valid, it only finds nothing.
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
    if len(domain) > _LONGEST_DOMAIN or not FOLDING_TO_ASCII.isdisjoint(domain):
        return ""
    try:
        checked = validate_email(f"postmaster@{domain}", check_deliverability=False)
    except EmailNotValidError:
        return ""
    return str(checked.ascii_domain)
