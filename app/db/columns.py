"""Column types that several tables share."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from sqlalchemy import Enum, Index, text

LAST = " DESC NULLS LAST"


def word(vocabulary: type[StrEnum]) -> Enum:
    """An enumeration stored as text, with a CHECK that each table names."""
    return Enum(
        vocabulary,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=_values,
        validate_strings=True,
    )


def one_of(column: str, vocabulary: type[StrEnum]) -> str:
    """The CHECK that restricts a column to its vocabulary."""
    listed = ", ".join(f"'{value}'" for value in _values(vocabulary))
    return f"{column} IN ({listed})"


def ordered(table: str, where: str | None = None, **columns: str) -> Iterator[Index]:
    """Indexes for lists in these orders, by name; the tie-breaking key is appended."""
    for name, listed in columns.items():
        key = "id DESC" if listed.endswith(LAST) else "id"
        parts = [text(part) for part in (*listed.split(" & "), key)]
        yield Index(f"ix_{table}_{name}", *parts, postgresql_where=text(where) if where else None)


def both_ways(column: str, expression: str | None = None) -> dict[str, str]:
    """NULLs come last in both directions, which one index cannot serve."""
    listed = expression or column
    return {column: listed, f"{column}_last": f"{listed}{LAST}"}


def folded(column: str) -> str:
    """Text without accents and case, as lists order it."""
    return f"folded({column})"


def _values(vocabulary: type[StrEnum]) -> Sequence[str]:
    return [member.value for member in vocabulary]
