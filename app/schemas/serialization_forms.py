"""How the values of a field are written, as an expression of Python that does what the field's `_serialize` does.

`READ` is the value where it is looked at first; from there on it is `v`. `OWN` is the field's own result, for values
of another type than usual.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import FunctionType
from typing import Any
from uuid import UUID

import marshmallow as ma
from marshmallow.utils import ensure_text_type

from app.schemas import fields

UNCHANGED = "READ"

_WRITTEN: dict[Callable[..., Any], str] = {
    ma.fields.Field._serialize: UNCHANGED,
    ma.fields.String._serialize: "v if type(READ) is str or v is None else text(v)",
    ma.fields.UUID._serialize: "None if READ is None else str(v)",
    fields.Choice._serialize: "v if type(READ) is str or v is None else str(v)",
    fields.Hours._serialize: "v if type(READ) is float or v is None else float(v)",
    fields.Amount._serialize: "v if type(READ) is float or v is None else float(v)",
    fields.Money._serialize: 'None if READ is None else f"{v:.2f}"',
}
"""By the function itself: a class that inherits it is written in the same way, and one with its own is not."""

_LEFT_TO_JSON: dict[Callable[..., Any], str] = {
    ma.fields.UUID._serialize: "v if type(READ) is UUID or type(v) is str or v is None else str(v)",
    fields.Instant._serialize: "v if READ is None or (type(v) is datetime and v.tzinfo is utc) else OWN",
}
"""The same for values that the JSON encoder writes in the same way, and faster."""

_DAY_LEFT_TO_JSON = "v if type(READ) is date or v is None else OWN"

NAMES = {
    "UUID": UUID,
    "date": dt.date,
    "datetime": dt.datetime,
    "text": ensure_text_type,
    "utc": dt.UTC,
}
"""What the expressions name."""


def form_of(field: ma.fields.Field[Any], *, for_json: bool) -> str | None:
    """The expression for a value of the field; none if only the field knows."""
    written = function_of(field._serialize)
    if isinstance(field, (ma.fields.Integer, ma.fields.Float)):
        return _form_of_number(field)
    if isinstance(field, ma.fields.Date):
        return _DAY_LEFT_TO_JSON if for_json and _is_iso(field) else None
    if written is None:
        return None
    return (for_json and _LEFT_TO_JSON.get(written)) or _WRITTEN.get(written)


def function_of(method: Any) -> FunctionType | None:
    """The function behind a bound method: whose it is says whether a class, or an instance, has its own."""
    return getattr(method, "__func__", None)


def _form_of_number(field: ma.fields.Integer | ma.fields.Float) -> str | None:
    number = ma.fields.Number
    has_own = (
        function_of(field._serialize) is not number._serialize
        or function_of(field._format_num) is not number._format_num
    )
    if has_own or field.as_string or field.num_type not in {int, float}:
        return None
    kind = field.num_type.__name__
    return f"v if type(READ) is {kind} or v is None else {kind}(v)"


def _is_iso(field: ma.fields.Date) -> bool:
    is_inherited = function_of(field._serialize) is ma.fields.Date._serialize
    return is_inherited and field.SERIALIZATION_FUNCS.get(field.format or "") is dt.date.isoformat
