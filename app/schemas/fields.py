"""Field types: what a value looks like on the wire, and the range its column can hold."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import marshmallow as ma
from email_validator import EmailNotValidError, validate_email
from marshmallow import validate
from werkzeug.datastructures import FileStorage

from app import storage
from app import text as text_rules
from app.errors import TooLarge
from app.schemas.currencies import ISO_4217

EARLIEST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
LATEST = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
"""Times outside these bounds would be accepted by PostgreSQL and break every later reader."""

LARGEST_INTEGER = 2_147_483_647

LONGEST_LINE = 300
"""Characters; a text that may be longer may have several lines."""

LONGEST_EMAIL = 254

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
    r"(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
)


def check_text(value: str, *, is_line: bool = False) -> None:
    """Refuse characters that nobody may send."""
    found = text_rules.forbidden_in(value, is_line=is_line)
    if found is not None:
        raise ma.ValidationError(f"Contains a character that is not allowed: {text_rules.named(found)}.")


class Text(ma.fields.String):
    """A string, trimmed, at most `max_length` characters; what nobody would see counts as empty.

    :param verbatim: neither trimmed nor brought into one spelling
    :param is_line: whether line breaks are refused; by default where no more than a line fits
    """

    def __init__(
        self,
        *,
        max_length: int,
        min_length: int = 0,
        trim: bool = True,
        verbatim: bool = False,
        is_line: bool | None = None,
        **kwargs: Any,
    ) -> None:
        self.trim = trim and not verbatim
        self.verbatim = verbatim
        self.is_line = max_length <= LONGEST_LINE if is_line is None else is_line
        given = kwargs.pop("validate", [])
        rules = [
            validate.Length(min=min_length or None, max=max_length),
            *(given if isinstance(given, list) else [given]),
        ]
        super().__init__(validate=rules, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        check_text(text, is_line=self.is_line)
        if self.verbatim:
            return text
        if text_rules.is_blank(text):
            return ""
        tidied = text_rules.tidied(text)
        return tidied.strip() if self.trim else tidied


class Whole(ma.fields.Integer):
    """A whole number within a range that its column holds. In bodies a JSON number, never `"7"` or `7.0`."""

    def __init__(
        self, *, minimum: int = 0, maximum: int = LARGEST_INTEGER, strict: bool = True, **kwargs: Any
    ) -> None:
        self.from_text = not strict
        super().__init__(strict=strict, validate=validate.Range(min=minimum, max=maximum), **kwargs)

    def _validated(self, value: Any) -> int:
        if self.from_text:
            if not (isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value)):
                raise self.make_error("invalid", input=value)
            value = int(value)
        elif isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid", input=value)
        result: int = super()._validated(value)
        return result


class Flag(ma.fields.Boolean):
    """true or false; in a query also as the words."""

    truthy = {True, "true"}
    falsy = {False, "false"}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> bool:
        if isinstance(value, int) and not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        result: bool = super()._deserialize(value, attr, data, **kwargs)
        return result


class Id(ma.fields.UUID):
    """A UUID in its usual spelling."""

    def _validated(self, value: Any) -> UUID:
        if not isinstance(value, UUID) and not (isinstance(value, str) and _UUID.fullmatch(value)):
            raise self.make_error("invalid_uuid")
        result: UUID = super()._validated(value)
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
    ) -> StrEnum:
        for word in self.vocabulary:
            if isinstance(value, str) and value.isascii() and value.upper() == word.value.upper():
                return word
        raise self.make_error("unknown", choices=", ".join(self.vocabulary))


class Instant(ma.fields.AwareDateTime):
    """A moment: ISO 8601 with an offset in, UTC with `Z` out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dt.datetime:
        if not (isinstance(value, str) and _INSTANT.fullmatch(value)):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        try:
            moment: dt.datetime = super()._deserialize(value, attr, data, **kwargs).astimezone(dt.UTC)
        except OverflowError as problem:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from problem
        if not EARLIEST <= moment < LATEST:
            raise ma.ValidationError("Must lie between 1970 and 2199.")
        return moment

    def _serialize(self, value: dt.datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else wire_time(value)


class Day(ma.fields.Date):
    """A calendar day, `2026-09-01`."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dt.date:
        if not (isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        day: dt.date = super()._deserialize(value, attr, data, **kwargs)
        if not EARLIEST.date() <= day < LATEST.date():
            raise ma.ValidationError("Must lie between 1970 and 2199.")
        return day


class Money(ma.fields.Field[Decimal]):
    """An amount: number or string in, decimal string with two places out."""

    default_error_messages = {"invalid": "Must be an amount such as 49.90, with at most two decimals."}

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else f"{value:.2f}"

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Decimal:
        written = str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
        if not re.fullmatch(r"[0-9]{1,8}(\.[0-9]{1,2})?", written):
            raise self.make_error("invalid")
        return Decimal(written)


class Hours(ma.fields.Field[Decimal]):
    """A length of time: a number up to 99,999.99 with at most two decimals."""

    default_error_messages = {
        "invalid": "Must be a number of hours from 0 to 99999.99, at most two decimals."
    }

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> float | None:
        return None if value is None else float(value)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Decimal:
        written = str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""
        if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,2})?", written):
            raise self.make_error("invalid")
        return Decimal(written)


class Currency(ma.fields.String):
    """An ISO 4217 code, in any case in, in capitals out."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        code: str = super()._deserialize(value, attr, data, **kwargs)
        if code.upper() not in ISO_4217:
            raise ma.ValidationError("Not a currency of ISO 4217.")
        return code.upper()


class Email(ma.fields.String):
    """A mail address, lower-cased, without asking the network whether its domain exists."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if len(text) > LONGEST_EMAIL:
            raise ma.ValidationError("Not a valid email address.")
        try:
            checked = validate_email(text, check_deliverability=False, allow_smtputf8=False)
        except EmailNotValidError as problem:
            raise ma.ValidationError("Not a valid email address.") from problem
        # A domain outside ASCII in its spelling on the wire: the same one for every client, and mail can be sent to it.
        return (checked.ascii_email or checked.normalized).lower()


class Link(ma.fields.Url):
    """An absolute http or https URL of a named port, at most 2,000 characters, without anybody's password."""

    LONGEST = 2000

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(schemes={"http", "https"}, validate=validate.Length(max=self.LONGEST), **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        check_text(text, is_line=True)
        if len(text) > self.LONGEST or not _is_plain_address(text):
            raise self.make_error("invalid", input=text)
        return text


class Upload(ma.fields.Field[bytes]):
    """A file in a form, read whole; a larger one is refused unread."""

    default_error_messages = {"invalid": "Send a file.", "empty": "The file is empty."}

    def __init__(self, *, max_bytes: int, **kwargs: Any) -> None:
        self.max_bytes = max_bytes
        super().__init__(**kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> bytes:
        if not isinstance(value, FileStorage):
            raise self.make_error("invalid")
        check_text(value.filename or "", is_line=True)
        content = value.stream.read(self.max_bytes + 1)
        if len(content) > self.max_bytes:
            raise TooLarge(f"The file may have at most {self.max_bytes} bytes.")
        if not content:
            raise self.make_error("empty")
        return content


class PublicFile(ma.fields.String):
    """The name of a stored file, told as the URL where it can be had."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"format": "uri"}, **kwargs)

    def _serialize(self, value: str | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else storage.url_of(value)


def _is_plain_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.username is None and parts.password is None and parts.port != 0
    except ValueError:  # a port beyond 65535, half a bracket
        return False


def wire_time(moment: dt.datetime) -> str:
    """UTC, ISO 8601, with `Z`: the one spelling of times in answers."""
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
