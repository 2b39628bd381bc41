"""Numbers, each within the range of its column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import marshmallow as ma

from app.schemas.fields.messages import Range

LARGEST_INTEGER = 2_147_483_647


class Whole(ma.fields.Integer):
    """A whole number within the range of its column. In bodies a JSON number, never `"7"` or `7.0`."""

    def __init__(
        self, *, minimum: int = 0, maximum: int = LARGEST_INTEGER, strict: bool = True, **kwargs: Any
    ) -> None:
        self.from_text = not strict
        within = Range(min=minimum, max=maximum, is_bounded=maximum < LARGEST_INTEGER)
        super().__init__(strict=strict, validate=within, **kwargs)

    def _validated(self, value: Any) -> int:
        if self.from_text:
            if not (isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value)):
                raise self.make_error("invalid", input=value)
            value = int(value)
        elif isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid", input=value)
        result: int = super()._validated(value)
        return result


class Money(ma.fields.Field[Decimal]):
    """An amount: number or string in, decimal string with two places out."""

    default_error_messages = {
        "invalid": "Must be an amount such as 49.90, with at most two decimals.",
        "negative": "Must not be negative.",
    }

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else f"{value:.2f}"

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Decimal:
        written = str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
        if not re.fullmatch(r"[0-9]{1,8}(\.[0-9]{1,2})?", written):
            raise self.make_error("negative" if re.fullmatch(r"-[0-9]+(\.[0-9]+)?", written) else "invalid")
        return Decimal(written)


class Hours(ma.fields.Field[Decimal]):
    """A length of time: a number up to 99,999.99 with at most two decimals."""

    MOST = 99_999.99
    default_error_messages = {
        "invalid": "Must be a number of hours from 0 to 99,999.99, with at most two decimals."
    }

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> float | None:
        return None if value is None else float(value)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Decimal:
        written = str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""
        if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,2})?", written) or float(written) > self.MOST:
            raise self.make_error("invalid")
        return Decimal(written)


class Points(Hours):
    """Points of a grade: a number up to 9,999.99 with at most two decimals."""

    MOST = 9_999.99
    default_error_messages = {
        "invalid": "Must be a number of points from 0 to 9,999.99, with at most two decimals."
    }


class Amount(ma.fields.Field[Decimal]):
    """A number within a range, with at most so many decimals. In bodies a JSON number, in answers one as well."""

    def __init__(
        self, *, minimum: int, maximum: int, places: int, above: bool = False, **kwargs: Any
    ) -> None:
        """:param above: whether the minimum itself is excluded"""
        self.minimum, self.maximum, self.places, self.above = minimum, maximum, places, above
        super().__init__(**kwargs)

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> float | None:
        return None if value is None else float(value)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Decimal:
        number = self._number(value)
        if number is None or not self.minimum <= number <= self.maximum:
            raise ma.ValidationError(self._sentence())
        if self.above and number == self.minimum:
            raise ma.ValidationError(self._sentence())
        return number

    def _number(self, value: Any) -> Decimal | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        number = Decimal(str(value))
        if not number.is_finite() or abs(number) > 10**12 or number != round(number, self.places):
            return None
        return number

    def _sentence(self) -> str:
        lower = f"above {self.minimum:,}" if self.above else f"from {self.minimum:,}"
        return f"Must be a number {lower} to {self.maximum:,}, with at most {self.places} decimals."
