"""Unicode text: forbidden characters, trimming, and normalization (NFC).

Control characters, halves of surrogate pairs, non-characters and bidirectional overrides are refused everywhere; line
breaks and tabs in single-line texts.
"""

from __future__ import annotations

import re
import unicodedata

_BIDI = "\u202a-\u202e\u2066-\u2069"
_NON_CHARACTERS = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
_NEVER = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff{_BIDI}{_NON_CHARACTERS}]")
_HALF = re.compile("[\ud800-\udfff]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_BREAKS = re.compile("[\t\n\r\u2028\u2029]")
_LONGEST_COMPOSED = 1_000
_LONE_RETURN = re.compile(r"\r(?!\n)")
_UNSEEN = "[\\s\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2064\u206a-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0]"
_INVISIBLE = re.compile(f"{_UNSEEN}*")
_AROUND = re.compile(f"\\A{_UNSEEN}+|(?<!{_UNSEEN}){_UNSEEN}+\\Z")


def forbidden_in(text: str, *, is_line: bool = False) -> str | None:
    """The first forbidden character, or None. With `is_line`, line breaks are forbidden, too."""
    # A shortcut: nearly every text is printable ASCII, and one check is enough for it.
    if text.isascii() and text.isprintable():
        return None
    found = _NEVER.search(text) or _LONE_RETURN.search(text) or (_BREAKS.search(text) if is_line else None)
    return found[0] if found else None


def named(character: str) -> str:
    """The code point in Unicode notation: `U+0000`."""
    return f"U+{ord(character):04X}"


def printable(text: str) -> str:
    """The text as it can be repeated in a response: without forbidden characters, and truncated if it is long."""
    shown = text if len(text) <= 100 else f"{text[:100]}…"
    return _NEVER.sub("\N{REPLACEMENT CHARACTER}", shown)


def tidied(text: str) -> str:
    """The normalized text: line feeds as line ends and, in a name or a title, composed characters (NFC).

    Long texts keep their characters: composing takes time quadratic in the length of a run of accents.
    """
    lines = text.replace("\r\n", "\n")
    return unicodedata.normalize("NFC", lines) if len(lines) <= _LONGEST_COMPOSED else lines


def trimmed(text: str) -> str:
    """The text without white space, line breaks and invisible characters of any kind at its ends."""
    stripped = text.strip()
    return stripped if stripped.isascii() else _AROUND.sub("", stripped)


def is_blank(text: str) -> bool:
    """Whether it has no visible character."""
    return _INVISIBLE.fullmatch(text) is not None


def is_writable(text: str) -> bool:
    """Whether it can be written in UTF-8."""
    return _HALF.search(text) is None


def storable(text: str) -> str:
    """The text with a replacement character for what PostgreSQL stores in no text: NUL, and halves of surrogate pairs."""
    # A shortcut: neither is printable, and nearly every text is.
    return text if text.isprintable() else _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
