"""Strict JSON parsing: RFC 8259, with limits on size and nesting.

Everything that two parsers might read differently is refused: duplicate keys, numbers that lose precision, NaN, a byte
order mark, another encoding than UTF-8. Parsing takes time linear in the size of the body.
"""

from __future__ import annotations

import json
import math
import re
from codecs import BOM_UTF8
from collections import Counter
from decimal import Decimal
from typing import Any, NoReturn

from app.errors.requests import MalformedBody
from app.values import characters

DEEPEST = 32
"""Levels of nested arrays and objects; no endpoint needs more than four."""

MOST_CONTAINERS = 20_000
MOST_MEMBERS = 1_000
LONGEST_KEY = 200
MOST_DIGITS = 20

# Possessive, and accepts an unterminated string: no input makes it backtrack.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_OPENERS = {b"[", b"{"}
_CLOSERS = {b"]", b"}"}


def read(body: bytes) -> Any:
    """The value of the JSON document.

    :raises MalformedBody: when it is not JSON, or breaks one of the stricter rules
    """
    if body.startswith(BOM_UTF8):
        raise MalformedBody("The body begins with a byte order mark. Send the JSON without it.")
    _check_nesting(body)
    try:
        written = body.decode()
    except UnicodeDecodeError as error:
        raise MalformedBody(f"The body is not UTF-8: byte {error.start + 1} is invalid.") from error
    try:
        return _reader.decode(written)
    except json.JSONDecodeError as error:
        raise MalformedBody(
            f"The body is not valid JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        ) from error


def _check_nesting(body: bytes) -> None:
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return
    depth = containers = 0
    for token in _TOKEN.finditer(body):
        opener = token[0]
        if opener in _OPENERS:
            depth += 1
            containers += 1
        elif opener in _CLOSERS:
            depth -= 1
        if depth > DEEPEST:
            raise MalformedBody(f"The body is nested more than {DEEPEST} levels deep.")
        if containers > MOST_CONTAINERS:
            raise MalformedBody(f"The body has more than {MOST_CONTAINERS:,} arrays and objects.")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice, _times = Counter(key for key, _ in pairs).most_common(1)[0]
        raise MalformedBody(f"The key {characters.printable(twice)!r} is given twice in one object.")
    if len(members) > MOST_MEMBERS:
        raise MalformedBody(f"An object has more than {MOST_MEMBERS:,} keys.")
    if any(len(key) > LONGEST_KEY for key in members):
        raise MalformedBody(f"A key has more than {LONGEST_KEY} characters.")
    return members


def _whole(written: str) -> int:
    if len(written.lstrip("-")) > MOST_DIGITS:
        raise MalformedBody(f"A number has more than {MOST_DIGITS} digits.")
    return int(written)


def _fraction(written: str) -> float:
    digits = re.sub("[eE].*|[^0-9]", "", written)
    if len(digits) > MOST_DIGITS:
        raise MalformedBody(f"A number has more than {MOST_DIGITS} digits.")
    number = float(written)
    if not math.isfinite(number) or (number == 0 and digits.strip("0")):
        raise MalformedBody(f"The number {written[:40]} is out of range.")
    if number and Decimal(written) != Decimal(repr(number)):
        raise MalformedBody(
            f"The number {written[:40]} is more precise than JSON numbers can be relied upon."
        )
    return number


def _no_number(word: str) -> NoReturn:
    raise MalformedBody(f"{word} is not JSON.")


_reader = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_whole, parse_float=_fraction, parse_constant=_no_number
)
