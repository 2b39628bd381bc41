"""How a name is set: in which direction it runs, what language a screen reader speaks, which Chinese forms it takes.

A name carries no language. It is concluded from the script, which decides nothing about the holder of the name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

_LANGUAGES: Mapping[str, str] = {
    "ARABIC": "ar", "ARMENIAN": "hy", "BENGALI": "bn", "CYRILLIC": "ru", "DEVANAGARI": "hi", "ETHIOPIC": "am",
    "GEORGIAN": "ka", "GREEK": "el", "GUJARATI": "gu", "GURMUKHI": "pa", "HANGUL": "ko", "HEBREW": "he",
    "HIRAGANA": "ja", "KANNADA": "kn", "KATAKANA": "ja", "KHMER": "km", "LAO": "lo", "MALAYALAM": "ml",
    "MYANMAR": "my", "ORIYA": "or", "SINHALA": "si", "TAMIL": "ta", "TELUGU": "te", "THAANA": "dv", "THAI": "th",
    "TIBETAN": "bo",
}  # fmt: skip
"""The language that a script is mostly used for, by the first word of the names of its letters."""

_JAPANESE = {"HIRAGANA", "KATAKANA"}
_CHARACTER_SETS = (("SC", "gb2312"), ("TC", "big5"), ("JP", "shift_jis"))


def is_right_to_left(text: str) -> bool:
    """The direction of the first letter that has one (rule P2 of the Unicode bidirectional algorithm)."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in {"L", "R", "AL"}:
            return direction != "L"
    return False


def language_of(text: str) -> str:
    """The language that the first letter suggests which is not a Latin one; English where all are Latin."""
    scripts = _scripts(text)
    if "CJK" in scripts and not _JAPANESE.union({"HANGUL"}) & set(scripts):
        return "zh"
    return next((_LANGUAGES[script] for script in scripts if script in _LANGUAGES), "en")


def chinese_forms_of(text: str) -> str:
    """Whose forms the Chinese characters take: SC (simplified), TC (traditional), JP or KR.

    The oldest national character sets distinguish simplified from traditional: each has only the forms of its own.
    """
    scripts = set(_scripts(text))
    if scripts & _JAPANESE:
        return "JP"
    if "HANGUL" in scripts:
        return "KR"
    characters = "".join(each for each in text if unicodedata.name(each, "").startswith("CJK UNIFIED"))
    return next((region for region, encoding in _CHARACTER_SETS if _fits(characters, encoding)), "SC")


def _scripts(text: str) -> list[str]:
    return [unicodedata.name(each, "").partition(" ")[0] for each in text if each.isalpha()]


def _fits(characters: str, encoding: str) -> bool:
    try:
        characters.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
