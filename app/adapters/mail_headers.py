"""Serialization of mail headers: RFC 5322 lines, with RFC 2047 encoded words where ASCII is not enough.

The `email` package is not used for them: its folding parses its input, so that a name or a title that looks like an
encoded word raises an error or arrives as another text, and long names lose their quotes. Here every text is either
plain or encoded as a whole, and a mail client shows it exactly as given.
"""

from __future__ import annotations

import re
from base64 import b64encode
from textwrap import wrap

LONGEST_LINE = 76
"""What RFC 2047 allows a line with an encoded word."""

_WRAPPING = len("=?utf-8?b??=")
_LOOKS_ENCODED = "=?"
_WORDS_WITHOUT_QUOTES = re.compile(r"[A-Za-z0-9'_+-]+(?: [A-Za-z0-9'_+-]+)*")
_NEEDS_ESCAPE = re.compile(r'[\\"]')


def text_field(name: str, text: str) -> str:
    """A field of free text, such as Subject. The text is one line."""
    folded = wrap(f"{name}: {text}", LONGEST_LINE, break_long_words=False, break_on_hyphens=False)
    is_short = max(map(len, folded)) <= LONGEST_LINE
    if _is_plain(text) and is_short:
        return "\r\n ".join(folded)
    return f"{name}: {_encoded(text, len(name) + 2)}"


def address_field(name: str, display_name: str, address: str) -> str:
    """A field with one address. The address is valid and ASCII, the display name one line or empty."""
    if not display_name:
        return f"{name}: {address}"
    phrase = _phrase(display_name, len(name) + 2)
    line = f"{name}: {phrase} <{address}>"
    return line if len(line) <= LONGEST_LINE else f"{name}: {phrase}\r\n <{address}>"


def _phrase(text: str, taken: int) -> str:
    if _is_plain(text):
        phrase = text if _WORDS_WITHOUT_QUOTES.fullmatch(text) else _quoted(text)
        if taken + len(phrase) <= LONGEST_LINE:
            return phrase
    return _encoded(text, taken)


def _quoted(text: str) -> str:
    """Inside quotes a comma does not end the address."""
    escaped = _NEEDS_ESCAPE.sub(r"\\\g<0>", text)
    return f'"{escaped}"'


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and _LOOKS_ENCODED not in text


def _encoded(text: str, taken: int) -> str:
    """The text in encoded words, one a line, each of whole characters. `taken` is the width of what precedes the first."""
    chunks = [b""]
    room = _room(taken)
    for character in text:
        content = character.encode()
        if len(chunks[-1]) + len(content) > room:
            chunks.append(b"")
            room = _room(1)
        chunks[-1] += content
    return "\r\n ".join(f"=?utf-8?b?{b64encode(chunk).decode()}?=" for chunk in chunks)


def _room(taken: int) -> int:
    """How many bytes an encoded word holds in what is left of a line."""
    return (LONGEST_LINE - taken - _WRAPPING) // 4 * 3
