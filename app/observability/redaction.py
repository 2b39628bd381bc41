"""Redaction of secrets and email addresses in logs, and escaping of control characters against log injection."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

HIDDEN = "[redacted]"
SHORT = 100
"""Texts shorter than this are cached: routes, addresses and outcomes repeat."""

_SECRET_NAME = re.compile(
    r"password|passwd|secret|token|authorization|cookie|credential|api_?key", re.IGNORECASE
)
# Possessive, and anchored to the start of a word: no text makes it backtrack for long.
_KEYED = re.compile(
    r"""(?P<name>(?<![\w-])["']?
        (?=[\w-]*?(?:password|passwd|secret|token|authorization|cookie|credential|api_?key))[\w-]++
        ["']?\s*+[:=]\s*+)
        (?:"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'|(?:bearer|basic)\s++[^\s,;&})]+|[^\s,;&})]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_PATTERNS = (
    # A JSON Web Token, anywhere in the text.
    (re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"), HIDDEN),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (_KEYED, rf"\g<name>{HIDDEN}"),
    (re.compile(r"\$argon2\w*\$[\w$=,./+-]+"), HIDDEN),
    # The password of a URL such as that of the database.
    (
        re.compile(r"((?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@/]+(?=@)", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(?<![\w.+%-])[\w.+%-]+@(?:[\w-]+\.)+[a-z]{2,}(?![\w-])", re.IGNORECASE), "[email]"),
)


def redacted(text: str) -> str:
    return _redacted_once(text) if len(text) < SHORT else _redact(text)


@lru_cache(maxsize=4_096)
def _redacted_once(text: str) -> str:
    return _redact(text)


def _redact(text: str) -> str:
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


@lru_cache(maxsize=256)
def _is_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def without_secrets(named: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: HIDDEN if _is_secret(name) else redacted(value) if isinstance(value, str) else value
        for name, value in named.items()
    }


def escaped(text: str, *, keep: str = "") -> str:
    """The text with invisible characters escaped: control characters, line ends, bidirectional controls."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if _is_harmless(char) or char in keep else _written(char) for char in text)


def _is_harmless(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _written(char: str) -> str:
    return char.encode("unicode_escape").decode()
