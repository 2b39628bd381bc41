"""Column types that several tables share."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import Enum


def word(vocabulary: type[StrEnum]) -> Enum:
    """A closed vocabulary: text, with a CHECK that each table names."""
    return Enum(
        vocabulary,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=_values,
        validate_strings=True,
    )


def one_of(column: str, vocabulary: type[StrEnum]) -> str:
    """The CHECK that keeps a column inside its vocabulary."""
    listed = ", ".join(f"'{value}'" for value in _values(vocabulary))
    return f"{column} IN ({listed})"


def _values(vocabulary: type[StrEnum]) -> Sequence[str]:
    return [member.value for member in vocabulary]
