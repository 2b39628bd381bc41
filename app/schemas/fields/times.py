"""Moments and days, in ISO 8601."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import marshmallow as ma

from app.values import days
from app.values.moments import DAY, EARLIEST, INSTANT, LATEST


class Instant(ma.fields.AwareDateTime):
    """A moment: ISO 8601 with an offset in, UTC with `Z` out."""

    default_error_messages = {"invalid": "Give a time with its zone, such as 2026-12-31T17:00:00Z."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dt.datetime:
        if not (isinstance(value, str) and INSTANT.fullmatch(value)):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        try:
            moment: dt.datetime = super()._deserialize(value, attr, data, **kwargs).astimezone(dt.UTC)
        except OverflowError as error:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from error
        return _bounded(moment)

    def _serialize(self, value: dt.datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


class DayOrInstant(Instant):
    """A moment, or a day such as `2026-12-31` in its place.

    :param meaning: the moment that a day means; by default its end in `TIMEZONE`.
    """

    default_error_messages = {
        "invalid": "Give a day such as 2026-12-31, or a time with its zone such as 2026-12-31T17:00:00Z.",
        "no_such_day": "There is no such day. Give a day such as 2026-12-31.",
    }

    def __init__(self, *, meaning: Callable[[dt.date], dt.datetime] = days.end_of, **kwargs: Any) -> None:
        self.meaning = meaning
        super().__init__(**kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dt.datetime:
        if isinstance(value, str) and DAY.fullmatch(value):
            try:
                moment = self.meaning(_within(dt.date.fromisoformat(value)))
            except ValueError as error:
                raise self.make_error("no_such_day") from error
            return _bounded(moment)
        return super()._deserialize(value, attr, data, **kwargs)


class Day(ma.fields.Date):
    """A calendar day, `2026-09-01`."""

    default_error_messages = {
        "invalid": "Give a day such as 2026-09-01.",
        "no_such_day": "There is no such day. Give a day such as 2026-09-01.",
    }

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dt.date:
        if not (isinstance(value, str) and DAY.fullmatch(value)):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        try:
            return _within(dt.date.fromisoformat(value))
        except ValueError as error:
            raise self.make_error("no_such_day") from error


def _bounded(moment: dt.datetime) -> dt.datetime:
    if not EARLIEST <= moment < LATEST:
        raise ma.ValidationError("Must be between 1970 and 2199.")
    return moment


def _within(day: dt.date) -> dt.date:
    if not EARLIEST.date() <= day < LATEST.date():
        raise ma.ValidationError("Must be between 1970 and 2199.")
    return day
