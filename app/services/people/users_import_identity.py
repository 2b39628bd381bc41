"""Identity check: whether an imported row is about the user with its external id.

External ids are damaged, mistyped and reused. A row that matches an account by external id alone must therefore agree
with it in the address or in the name; otherwise one user's account would become another's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

_ACCENTS = re.compile("[\u0300-\u036f]")
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)


def contradicts(values: Mapping[str, Any], *, email: str, full_name: str) -> bool:
    """Whether the row gives an address or a name, and neither is the account's."""
    named = full_name_of(values)
    if "email" not in values and not named:
        return False
    has_address = values.get("email", "").lower() == email.lower()
    return not (has_address or (bool(named) and is_same_name(named, full_name)))


def is_same_name(one: str, other: str) -> bool:
    """Whether two names have the same words, in any order, without case, accents and punctuation."""
    return _words(one) == _words(other)


def full_name_of(values: Mapping[str, Any]) -> str:
    return f"{values.get('first_name', '')} {values.get('last_name', '')}".strip()


def _words(name: str) -> list[str]:
    """The words of a name. Combining marks of scripts other than Latin, Greek and Cyrillic stay: there they are vowels.

    Regular expressions do not count them as word characters: रानी and रीना would be the same two consonants.
    """
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", name.casefold()))
    spelled = unicodedata.normalize("NFC", plain).translate(_LETTERS)
    return sorted("".join(map(_in_word, spelled)).split()) or [spelled]


def _in_word(character: str) -> str:
    """Letters, digits and marks; nothing for an invisible character, and a space for any other."""
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    return character if category[0] in "LMN" else " "
