"""Text, identifiers, email addresses and links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import marshmallow as ma
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from app.schemas.fields.messages import Length
from app.values import characters as text_rules
from app.values import names

LONGEST_LINE = 300
"""Characters; a text that may be longer may have several lines."""


def check_text(value: str, *, is_line: bool = False) -> None:
    """Refuse characters that are not allowed in any text."""
    found = text_rules.forbidden_in(value, is_line=is_line)
    if found is not None:
        raise ma.ValidationError(f"Contains a character that is not allowed: {text_rules.named(found)}.")


class Text(ma.fields.String):
    """A string, trimmed, at most `max_length` characters; invisible characters alone count as empty.

    :param verbatim: neither trimmed nor normalized (Unicode NFC)
    :param is_line: whether line breaks are refused; by default where no more than a line fits
    :param empty_is_null: whether an empty one becomes null
    """

    def __init__(
        self,
        *,
        max_length: int,
        min_length: int = 0,
        trim: bool = True,
        verbatim: bool = False,
        is_line: bool | None = None,
        empty_is_null: bool = False,
        **kwargs: Any,
    ) -> None:
        self.empty_is_null = empty_is_null
        self.trim = trim and not verbatim
        self.verbatim = verbatim
        self.is_line = max_length <= LONGEST_LINE if is_line is None else is_line
        given = kwargs.pop("validate", [])
        rules = [
            Length(min=min_length or None, max=max_length),
            *(given if isinstance(given, list) else [given]),
        ]
        super().__init__(validate=rules, allow_none=kwargs.pop("allow_none", empty_is_null), **kwargs)

    def deserialize(
        self, value: Any, attr: str | None = None, data: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Any:
        text = super().deserialize(value, attr, data, **kwargs)
        return None if self.empty_is_null and text == "" else text

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


class Identifier(Text):
    """A string that finds an account: trimmed, and otherwise as sent.

    Unicode normalization would turn other characters into ASCII letters, such as U+212A into K.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(verbatim=True, is_line=False, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = text_rules.trimmed(super()._deserialize(value, attr, data, **kwargs))
        check_text(text, is_line=True)
        return text


class Email(ma.fields.String):
    """An email address in the spelling in which it is stored. Whether its domain exists is not looked up."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        address = names.address(text)
        if address is None:
            raise ma.ValidationError("Not a valid email address.")
        _check_address(address)
        return address


def _check_address(address: str) -> None:
    """ASCII throughout: the domain is in its IDNA form, and the mailer sends to no other local part (SMTPUTF8)."""
    try:
        validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        domain = address.rpartition("@")[2]
        if any(f".{domain}".endswith(f".{reserved}") for reserved in SPECIAL_USE_DOMAIN_NAMES):
            raise ma.ValidationError(
                "The domain of this address is reserved: no mail can be sent there."
            ) from error
        raise ma.ValidationError("Not a valid email address.") from error


class Link(ma.fields.Url):
    """An absolute http or https URL, at most 2,000 characters, without user name and password."""

    LONGEST = 2000

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(schemes={"http", "https"}, validate=Length(max=self.LONGEST), **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        check_text(text, is_line=True)
        if len(text) > self.LONGEST or not _is_plain_address(text):
            raise self.make_error("invalid", input=text)
        return text


def _is_plain_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.username is None and parts.password is None and parts.port != 0
    except ValueError:  # a port beyond 65535, half a bracket
        return False
