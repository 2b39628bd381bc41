"""PostgreSQL's full text search: how text is taken apart, and how a question is asked.

Every word must be there, as a stem or as the beginning of a word. Text and question are taken apart in the same way, so
that "Node.js" is found however it is written, and no query syntax ever reaches the server.
"""

from __future__ import annotations

import string
from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, cast, func
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.dialects.postgresql.ext import to_tsquery, to_tsvector

from app.settings import settings

_SPACES = " " * len(string.punctuation)
_APART = str.maketrans(string.punctuation, _SPACES)


def words_of(source: Any) -> ColumnElement[Any]:
    """A text in the language's stems and in its own words, which prefixes are matched against."""
    words = func.translate(func.coalesce(source, ""), string.punctuation, _SPACES)
    return to_tsvector(settings().search_language, words).op("||")(to_tsvector("simple", words))


def holds(source: Any, question: str) -> ColumnElement[bool]:
    """A text holds every word of the question.

    Its words are taken apart row by row: for lists that are short before they are searched, and need no index.
    """
    return words_of(source).bool_op("@@")(asking(question))


def naming(question: str, weights: str = "") -> ColumnElement[Any]:
    """The same for names, which have no stems: each word as a prefix, all of them together.

    With weights, only words of these count.
    """
    words = dict.fromkeys(question.translate(_APART).split())
    each = (to_tsquery("simple", f"'{word}':*{weights}") for word in words)
    return reduce(lambda left, right: left.op("&&")(right), each) if words else cast("", TSQUERY)


def asking(question: str) -> ColumnElement[Any]:
    """Each word by its stem or as a prefix, all of them together."""
    words = dict.fromkeys(question.translate(_APART).split())
    if not words:
        return cast("", TSQUERY)
    language = settings().search_language
    each = (
        to_tsquery(language, f"'{word}'").op("||")(to_tsquery("simple", f"'{word}':*")).self_group()
        for word in words
    )
    return reduce(lambda left, right: left.op("&&")(right), each)
