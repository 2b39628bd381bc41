"""PostgreSQL's full text search: text search vectors of texts, and queries from questions.

Every word must match, by its stem or as the beginning of a word. SQL functions of migration 0028 take texts and
questions apart in the same way: accents are folded, signs that belong to a word stay with it, and scripts without spaces
are split into pairs of characters. No query syntax of a question ever reaches the server.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, cast, func
from sqlalchemy.dialects.postgresql import REGCONFIG, TSQUERY, TSVECTOR

from app.settings import settings
from app.values import names


def words_of(source: Any) -> ColumnElement[Any]:
    """The vector of a text: stems of the language, and its own words, which prefixes are matched against."""
    return func.words_of(func.coalesce(source, ""), _language(settings().search_language), type_=TSVECTOR)


def holds(source: Any, question: str) -> ColumnElement[bool]:
    """A text holds every word of the question.

    The vector is made row by row: for lists that are short before they are searched, and need no index.
    """
    return words_of(source).bool_op("@@")(asking(question))


def asking(question: str) -> ColumnElement[Any]:
    """The query of a question: each word by its stem or as a prefix, all of them together."""
    return func.asked(question, _language(settings().search_language), "", type_=TSQUERY)


def naming(question: str, weights: str = "") -> ColumnElement[Any]:
    """The same for names, which have no stems.

    With weights, only words of these count.
    """
    return func.asked(_as_stored(question), _language("simple"), weights, type_=TSQUERY)


def _as_stored(question: str) -> str:
    """The question with the addresses among its words in the spelling in which accounts have them."""
    return " ".join((names.address(word) if "@" in word else None) or word for word in question.split())


def _language(name: str) -> ColumnElement[Any]:
    return cast(name, REGCONFIG)
