"""Values of a known set or form: flags, choices, currencies, ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

import marshmallow as ma

from app.schemas.fields.currencies import ISO_4217
from app.values import characters
from app.values.identifiers import SPELLING


class Flag(ma.fields.Boolean):
    """true or false; in a query also as words, and in Python's spelling."""

    truthy = {True, "true", "True"}
    falsy = {False, "false", "False"}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> bool:
        if isinstance(value, int) and not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        result: bool = super()._deserialize(value, attr, data, **kwargs)
        return result


class Choice(ma.fields.Field[Any]):
    """One word of a closed vocabulary, or of some of its words: any case in, the stored spelling out."""

    default_error_messages = {"unknown": "Must be one of {choices}."}

    def __init__(self, vocabulary: Iterable[StrEnum], **kwargs: Any) -> None:
        self.vocabulary = tuple(vocabulary)
        super().__init__(**kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else str(value)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        return self._word(value)

    def _word(self, value: Any) -> StrEnum:
        for word in self.vocabulary:
            if isinstance(value, str) and value.isascii() and value.upper() == word.value.upper():
                return word
        raise self.make_error(
            "unknown", input=characters.printable(str(value)), choices=", ".join(self.vocabulary)
        )


class Choices(Choice):
    """Words of a closed vocabulary, separated by commas, for a filter. An empty one does not filter."""

    default_error_messages = {"unknown": "Must be one of {choices}, not {input}."}

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else ",".join(value)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> tuple[StrEnum, ...] | None:
        written = [each for each in str(value).split(",") if not characters.is_blank(each)]
        return tuple(dict.fromkeys(self._word(each.strip()) for each in written)) or None


class Currency(ma.fields.String):
    """An ISO 4217 code, in any case in, in capitals out."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        code: str = super()._deserialize(value, attr, data, **kwargs)
        if code.upper() not in ISO_4217:
            raise ma.ValidationError("Give an ISO 4217 currency code such as EUR.")
        return code.upper()


class Id(ma.fields.UUID):
    """A UUID in its usual spelling."""

    def _validated(self, value: Any) -> UUID:
        if not isinstance(value, UUID) and not (isinstance(value, str) and SPELLING.fullmatch(value)):
            raise self.make_error("invalid_uuid")
        result: UUID = super()._validated(value)
        return result
