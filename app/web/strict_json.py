"""JSON as RFC 8259 has it and no more, or a refusal that says what is wrong.

Everything that two readers might understand differently is refused: a key given twice, numbers that lose their value,
NaN, a byte order mark, another encoding than UTF-8. The time it takes grows with the size of the body and with nothing
else.
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
"""Arrays and objects within each other; no endpoint needs more than four."""

MOST_CONTAINERS = 20_000
MOST_MEMBERS = 1_000
LONGEST_KEY = 200
MOST_DIGITS = 20

# Possessive, and content with a string that never ends: no input makes it look twice at a byte.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_OPENERS = {b"[", b"{"}
_CLOSERS = {b"]", b"}"}


def read(body: bytes) -> Any:
    """What the body says.

    :raises MalformedBody: when it is not JSON, or not as strict as we are
    """
    if body.startswith(BOM_UTF8):
        raise MalformedBody("The body begins with a byte order mark. Send the JSON without it.")
    _check_nesting(body)
    try:
        written = body.decode()
    except UnicodeDecodeError as problem:
        raise MalformedBody(f"The body is not UTF-8: byte {problem.start + 1} does not fit.") from problem
    try:
        return _reader.decode(written)
    except json.JSONDecodeError as problem:
        raise MalformedBody(
            f"The body is not valid JSON: line {problem.lineno}, column {problem.colno}: {problem.msg}."
        ) from problem


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
            raise MalformedBody(f"The body has more than {MOST_CONTAINERS} arrays and objects.")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice, _times = Counter(key for key, _ in pairs).most_common(1)[0]
        raise MalformedBody(f"The key {characters.printable(twice)!r} is given twice in one object.")
    if len(members) > MOST_MEMBERS:
        raise MalformedBody(f"An object has more than {MOST_MEMBERS} keys.")
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
