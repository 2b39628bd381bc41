"""PostgreSQL full text search: vectors (tsvector) of texts, and queries (tsquery) from search terms.

Every word must match, by its stem or as a prefix. SQL functions of migration 0028 tokenize texts and search terms in the
same way: accents are folded, signs that belong to a word stay with it, and scripts without spaces are split into
bigrams. Query syntax in a search term never reaches the server.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Dialect, Text, cast, func, literal
from sqlalchemy.dialects.postgresql import REGCONFIG, TSQUERY, TSVECTOR

from app.settings import settings
from app.values import names


def words_of(source: Any) -> ColumnElement[Any]:
    """The vector of a text: stems of the language, and the unstemmed words, which prefixes are matched against."""
    return func.words_of(func.coalesce(source, ""), _language(settings().search_language), type_=TSVECTOR)


def holds(source: Any, question: str | ColumnElement[str]) -> ColumnElement[bool]:
    """A text contains every word of the search term.

    The vector is computed row by row: for lists that are short before they are searched, and need no index.
    """
    return words_of(source).bool_op("@@")(asking(question))


def asking(question: str | ColumnElement[str]) -> ColumnElement[Any]:
    """The query of a search term: each word by its stem or as a prefix, joined with AND."""
    return func.asked(question, _language(settings().search_language), "", type_=TSQUERY)


def naming(question: str, weights: str = "") -> ColumnElement[Any]:
    """The same for names, which are not stemmed.

    With weights, only words of these weights match.
    """
    return func.asked(_as_stored(question), _language("simple"), weights, type_=TSQUERY)


def _as_stored(question: str) -> str:
    """The search term with its email addresses normalized as accounts store them."""
    return " ".join((names.address(word) if "@" in word else None) or word for word in question.split())


def _language(name: str) -> ColumnElement[Any]:
    return cast(literal(name, _Language()), REGCONFIG)


class _Language(REGCONFIG):
    """The name of a text search configuration, which can be a constant in SQL."""

    def literal_processor(self, dialect: Dialect) -> Any:
        return Text().literal_processor(dialect)
