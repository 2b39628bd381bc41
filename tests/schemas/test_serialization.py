"""Whatever the schema and the row: the JSON of a compiled function has the bytes of `Schema.dump`'s."""

from __future__ import annotations

import datetime as dt
import keyword
import random
from collections import UserDict
from decimal import Decimal
from enum import Enum
from functools import partial
from itertools import product
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import marshmallow as ma
import msgspec
import pytest
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData

from app import blueprints
from app.enums import CourseStatus, Level
from app.schemas import fields
from app.schemas.base import Schema
from app.schemas.serialization import Serializer

KEY = UUID("01920c3e-7a10-7c3d-9f42-5b6a7c8d9e0f")
MOMENT = dt.datetime(2026, 12, 31, 17, 0, 5, 120, tzinfo=dt.UTC)
MOMENTS = [
    MOMENT,
    MOMENT.replace(microsecond=0),
    MOMENT.astimezone(ZoneInfo("Europe/Lisbon")),
    MOMENT.astimezone(dt.timezone(dt.timedelta(hours=5, minutes=30))),
    dt.datetime(1, 1, 1, tzinfo=dt.UTC),
]
AMOUNTS = [Decimal("49.90"), Decimal(0), Decimal("12.345"), Decimal("1E+3"), Decimal("-0.005")]


class Colour(Enum):
    RED = 1


class Word(str):
    __slots__ = ()


FITTING = {
    ma.fields.Boolean: [True, False],
    ma.fields.Date: [MOMENT.date(), MOMENT],
    ma.fields.DateTime: MOMENTS,
    ma.fields.Decimal: AMOUNTS,
    ma.fields.Dict: [{"a": 1}, {}],
    ma.fields.Enum: [Colour.RED],
    ma.fields.Float: [4.5, 0.0, 1e300, 7, Decimal("58.33")],
    ma.fields.Integer: [7, 0, -1, 2**62, 2.9, Decimal(3)],
    ma.fields.String: ["Ada", "", "\N{SNOWMAN} <b>", Word("word"), Level.BEGINNER],
    ma.fields.UUID: [KEY, str(KEY)],
    fields.Choice: [CourseStatus.PUBLISHED, "DRAFT"],
    fields.Amount: AMOUNTS,
    fields.Hours: AMOUNTS,
    fields.Money: AMOUNTS,
}
ODD = [
    *(None, True, 7, 2**70, -1.5, float("nan"), "7", "", b"bytes", b"\xff", KEY, MOMENT, MOMENT.date()),
    *(MOMENT.replace(tzinfo=None), Decimal("1.5"), Decimal("NaN"), Colour.RED, Level.BEGINNER, Word("word")),
    *([], ["a", None], {}, {"a": 1}, (1, 2), SimpleNamespace(id=KEY, name="Ada"), ma.fields.String),
]


class Inner(ma.Schema):
    id = ma.fields.UUID()
    name = ma.fields.String()


class Everything(ma.Schema):
    """What marshmallow offers, most of which no response of ours uses yet."""

    items = ma.fields.String()
    keys = ma.fields.Integer(attribute="values", data_key='of {them} "all"\'\\')
    of_keyword = ma.fields.String(attribute="class")
    renamed = ma.fields.UUID(attribute="id", data_key="key")
    defaulted = ma.fields.Integer(dump_default=3)
    made = ma.fields.List(ma.fields.Integer, dump_default=list)
    reached = ma.fields.String(dump_only=True, attribute="inner.name")
    amount = ma.fields.Decimal(places=2)
    written_amount = ma.fields.Decimal(as_string=True, dump_only=True, attribute="amount")
    written_number = ma.fields.Integer(as_string=True, dump_only=True, attribute="number")
    number = ma.fields.Float(allow_nan=True)
    stamp = ma.fields.DateTime(format="timestamp", dump_only=True, attribute="moment")
    moment = ma.fields.DateTime()
    rfc = ma.fields.AwareDateTime(format="rfc", dump_only=True, attribute="moment")
    day = ma.fields.Date(format="%d.%m.%Y")
    iso_day = ma.fields.Date(dump_only=True, attribute="day")
    colour = ma.fields.Enum(Colour)
    colour_value = ma.fields.Enum(Colour, by_value=True, dump_only=True, attribute="colour")
    counts = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())
    free = ma.fields.Dict()
    raw = ma.fields.Raw()
    constant = ma.fields.Constant("Bearer")
    called = ma.fields.Function(lambda row: type(row).__name__)
    by_method = ma.fields.Method("_by_method")
    by_no_method = ma.fields.Method(deserialize="_by_method")
    secret = ma.fields.String(load_only=True)
    inner = ma.fields.Nested(Inner, exclude=("id",))
    inners = ma.fields.Nested(Inner, many=True)
    listed = ma.fields.List(ma.fields.Nested(Inner))
    plucked = ma.fields.Pluck(Inner, "name", dump_only=True, attribute="inner")
    plucked_all = ma.fields.Pluck(Inner, "name", many=True, dump_only=True, attribute="inners")
    texts = ma.fields.List(ma.fields.String())
    lists = ma.fields.List(ma.fields.List(ma.fields.UUID()))
    coloured = ma.fields.List(ma.fields.Enum(Colour))
    tuple = ma.fields.Tuple((ma.fields.String(), ma.fields.Integer()))
    span = ma.fields.TimeDelta()
    myself = ma.fields.Nested(lambda: Everything(only=("items", "myself")))

    def _by_method(self, row):
        return ma.missing if isinstance(row, dict) else "object"


class Hooked(Inner):
    @ma.post_dump(pass_original=True)
    def _first(self, written, row, *, many, **_):
        return {**written, "many": many, "of": type(row).__name__}

    @ma.post_dump
    def _second(self, written, **_):
        return dict(reversed(written.items()))


class HookedBefore(Inner):
    @ma.pre_dump
    def _before(self, row, **_):
        return {"name": f"of {type(row).__name__}"}


class HookedAround(Inner):
    @ma.post_dump(pass_collection=True)
    def _around(self, written, *, many, **_):
        return {"many": many, "rows": written}


class Nesting(ma.Schema):
    hooked = ma.fields.Nested(Hooked)
    all_hooked = ma.fields.Nested(Hooked, many=True)
    before = ma.fields.Nested(HookedBefore)
    around = ma.fields.List(ma.fields.Nested(HookedAround))


class Shouting(ma.fields.String):
    def serialize(self, *place, **options):
        return str(super().serialize(*place, **options)).upper()


class Elsewhere(ma.fields.Integer):
    def get_value(self, *_place, **_options):
        return 42

    def _format_num(self, value):
        return value + 1


class OfItsOwn(ma.Schema):
    name = Shouting()
    number = Elsewhere()
    last = ma.fields.String()

    def get_attribute(self, obj, attr, default):
        return super().get_attribute(obj, "name" if attr == "last" else attr, default)


ODD_SCHEMAS = [
    *(Everything, Inner, Hooked, HookedBefore, HookedAround, Nesting, OfItsOwn),
    lambda: Everything(only=("items", "inner.name")),
    lambda: Everything(exclude=("inners.id", "items")),
    lambda: Inner(many=True),
]


def all_of(base):
    return [base, *(each for direct in base.__subclasses__() for each in all_of(direct))]


assert blueprints.ALL
OURS = sorted(
    {
        each
        for each in all_of(Schema)
        if each.__module__.startswith(("app.", "marshmallow.")) and each._declared_fields
    },
    key=lambda each: each.__qualname__,
)
"""Every schema of the application: the blueprints import those of the responses, and those of bodies do no harm."""


def as_row(members):
    keys = SimpleResultMetaData(list(members))
    return next(IteratorResult(keys, iter([tuple(members.values())])))


def as_named_tuple(members):
    names = [name for name in members if name.isidentifier() and not keyword.iskeyword(name)]
    return NamedTuple("Named", [(name, Any) for name in names])(*(members[name] for name in names))


KINDS = {
    "dict": dict,
    "object": lambda members: SimpleNamespace(**members),
    "mapping": UserDict,
    "row": as_row,
    "mapping of a row": lambda members: as_row(members)._mapping,
    "named tuple": as_named_tuple,
}


class Draw(random.Random):
    """Random rows, the same in every run."""

    def row(self, schema, depth=3):
        """A row with values that fit, some of them odd or left out."""
        members = {
            (field.attribute or name).partition(".")[0]: self.value(field, depth)
            for name, field in schema.fields.items()
        }
        for name in self.sample(sorted(members), k=min(len(members), self.choice([0, 0, 1, 2]))):
            members[name] = self.choice(ODD)
        if self.random() < 0.3:
            del members[self.choice(sorted(members))]
        return KINDS[self.choice(sorted(KINDS))](members)

    def value(self, field, depth):
        if self.random() < 0.1 or depth == 0:
            return None
        if isinstance(field, ma.fields.Nested):
            return self.rows(field.schema, depth - 1) if field.many else self.row(field.schema, depth - 1)
        if isinstance(field, ma.fields.List):
            return [self.value(field.inner, depth) for _ in range(self.randrange(3))]
        (kind,) = [each for each in type(field).__mro__ if each in FITTING][:1] or [None]
        return self.choice(FITTING.get(kind, ODD))

    def rows(self, schema, depth=3):
        return [self.row(schema, depth) for _ in range(self.randrange(4))]


FAILURES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, msgspec.MsgspecError)


def outcome(write, row):
    """The bytes, or what was raised in their place."""
    try:
        return msgspec.json.encode(write(row), enc_hook=str)
    except FAILURES as error:
        return type(error), str(error)


def assert_same(schema, times):
    draw = Draw(0)
    for_json, exact = Serializer(schema), Serializer(schema, for_json=False)
    written = 0
    for _ in range(times):
        one, several = draw.row(schema), draw.rows(schema)

        found = outcome(for_json.one, one)
        assert found == outcome(schema.dump, one), one
        written += isinstance(found, bytes)
        assert outcome(for_json.many, several) == outcome(partial(schema.dump, many=True), several), several
        assert outcome(lambda row: repr(exact.one(row)), one) == outcome(
            lambda row: repr(schema.dump(row)), one
        )


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__qualname__)
def test_our_schemas_are_written_as_marshmallow_dumps_them(app, kind):
    with app.app_context():
        assert_same(kind(), times=60)


@pytest.mark.parametrize("name", Everything().fields)
def test_a_value_of_any_type_is_written_as_marshmallow_dumps_it(name):
    schema = Everything(only=(name,))
    attribute = schema.fields[name].attribute or name
    every = [*ODD, *(value for some in FITTING.values() for value in some)]
    for_json = Serializer(schema)

    for kind, value in product(("dict", "object"), [*every, *([each] for each in every)]):
        row = KINDS[kind]({attribute: value})
        assert outcome(for_json.one, row) == outcome(schema.dump, row), row


@pytest.mark.parametrize("make_schema", ODD_SCHEMAS)
def test_what_marshmallow_offers_is_written_as_it_dumps_it(make_schema):
    assert_same(make_schema(), times=400)
