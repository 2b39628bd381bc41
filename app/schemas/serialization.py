"""Serialization of responses: a function compiled from a schema's fields, in place of `Schema.dump`.

`dump` asks every field of every row how its value is found and written. The answers never change, so a serializer asks
once, writes them down as one dict display, and compiles that for each type of row. The schema stays the one source:
what `serialization_forms` does not know is left to the field's own `serialize`, and a row that the function cannot read, such as
one that lacks an attribute, to `dump`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from keyword import iskeyword
from typing import Any

import marshmallow as ma
from marshmallow.decorators import POST_DUMP, PRE_DUMP

from app.schemas.serialization_forms import NAMES, UNCHANGED, form_of, function_of

Members = dict[str, Any]
Write = Callable[[Any], Members]

FUNCTION = """
def write(row):
    try:
        written = {{{members}}}
    except (AttributeError, IndexError, KeyError, TypeError):
        return dump(row)
    {omissions}
    {hooks}
    return written
"""
LIST = """
def write(values):
    return [{member} for v in values]
"""


class Serializer:
    """What `dump` of a schema returns, of one row or of many.

    :param for_json: whether ids, days and moments may stay what they are, since their JSON is the same
    """

    def __init__(self, schema: ma.Schema, *, for_json: bool = True) -> None:
        self.dump = schema.dump
        self.writers = _Writers(schema, for_json=for_json)
        self.is_plain = _is_known(schema) and not schema._hooks[POST_DUMP]

    def one(self, row: Any) -> Members:
        return self.writers[type(row)](row)

    def many(self, rows: Iterable[Any] | None) -> list[Members]:
        if rows is None or not self.is_plain:
            every: list[Members] = self.dump(rows, many=True)
            return every
        writers = self.writers
        return [writers[type(row)](row) for row in rows]


@cache
def of(schema: type[ma.Schema]) -> Serializer:
    """The serializer of responses."""
    return Serializer(schema())


@cache
def of_columns(schema: type[ma.Schema], columns: tuple[str, ...]) -> Serializer:
    """The serializer of the rows of a CSV."""
    return Serializer(schema(only=columns), for_json=False)


class _Writers(dict[type, Write]):
    """The function for each type of row, compiled when the first such row is written."""

    def __init__(self, schema: ma.Schema, *, for_json: bool) -> None:
        super().__init__()
        self.schema = schema
        self.for_json = for_json

    def __missing__(self, kind: type) -> Write:
        write: Write = self.schema.dump
        if _is_known(self.schema):
            write = _SourceCode(self.schema, for_json=self.for_json).compiled(by_key=_has_keys(kind))
        self[kind] = write
        return write


def _is_known(schema: ma.Schema) -> bool:
    """Whether the schema dumps as marshmallow does, row by row."""
    kind = type(schema)
    return (
        kind.dump is ma.Schema.dump
        and kind._serialize is ma.Schema._serialize
        and schema.dict_class is dict
        and not schema.many
        and not schema._hooks[PRE_DUMP]
        and not any(of_collection for _, of_collection, _ in schema._hooks[POST_DUMP])
    )


def _has_keys(kind: type) -> bool:
    """Whether marshmallow finds `row[name]` before `row.name`. A sequence, such as a named tuple, has numbers only."""
    return hasattr(kind, "__getitem__") and (issubclass(kind, Mapping) or not issubclass(kind, Sequence))


def _key_of(name: str, field: ma.fields.Field[Any]) -> str:
    return name if field.data_key is None else field.data_key


class _SourceCode:
    """The source of one function, and the objects that it names."""

    def __init__(self, schema: ma.Schema, *, for_json: bool) -> None:
        self.schema = schema
        self.for_json = for_json
        self.names: dict[str, Any] = {**NAMES, "missing": ma.missing, "dump": schema.dump}
        self.omitted: list[str] = []

    def compiled(self, *, by_key: bool) -> Write:
        members = [
            f"{_key_of(name, field)!r}: {self._member(name, field, by_key=by_key)}"
            for name, field in self.schema.dump_fields.items()
        ]
        omissions = [f"if written[{key!r}] is missing: del written[{key!r}]" for key in self.omitted]
        return self._compile(
            FUNCTION.format(
                members=", ".join(members),
                omissions="\n    ".join(omissions),
                hooks="\n    ".join(self._hooks()),
            )
        )

    def _hooks(self) -> list[str]:
        return [
            f"written = {self._hold(getattr(self.schema, name))}"
            f"(written, {'row, ' if options.get('pass_original') else ''}many=False)"
            for name, _, options in self.schema._hooks[POST_DUMP]
        ]

    def _member(self, name: str, field: ma.fields.Field[Any], *, by_key: bool) -> str:
        if not _is_read_and_written(field):
            self.omitted.append(_key_of(name, field))
            return f"{self._hold(field.serialize)}({name!r}, row, {self._hold(self.schema.get_attribute)})"
        read = self._reading(field.attribute or name, by_key=by_key)
        form = self._form(field)
        if form is None:
            self.omitted.append(_key_of(name, field))
            return f"{self._hold(field._serialize)}({read}, {name!r}, row)"
        return read if form == UNCHANGED else f"({form.replace('READ', f'(v := {read})')})"

    def _reading(self, name: str, *, by_key: bool) -> str:
        get = self.schema.get_attribute
        if "." in name or function_of(get) is not ma.Schema.get_attribute:
            return f"{self._hold(_found_by(get))}(row, {name!r})"
        if by_key:
            return f"row[{name!r}]"
        is_plain = name.isascii() and name.isidentifier() and not iskeyword(name)
        return f"row.{name}" if is_plain else f"getattr(row, {name!r})"

    def _form(self, field: ma.fields.Field[Any]) -> str | None:
        """The expression for a value of the field; none if only the field knows."""
        written = function_of(field._serialize)
        if isinstance(field, ma.fields.Nested) and written is ma.fields.Nested._serialize:
            return self._form_of_nested(field)
        if isinstance(field, ma.fields.List) and written is ma.fields.List._serialize:
            return self._form_of_list(field)
        if isinstance(field, ma.fields.Dict) and _is_free(field):
            return f"None if READ is None else {self._hold(field.mapping_type)}(v)"
        form = form_of(field, for_json=self.for_json)
        return form and form.replace("OWN", f"{self._hold(field._serialize)}(v, None, None)")

    def _form_of_nested(self, field: ma.fields.Nested) -> str:
        serializer = Serializer(field.schema, for_json=self.for_json)
        if field.many or field.schema.many:
            return f"None if READ is None else {self._hold(serializer.many)}(v)"
        return f"None if READ is None else {self._hold(serializer.writers)}[type(v)](v)"

    def _form_of_list(self, field: ma.fields.List[Any]) -> str | None:
        form = self._form(field.inner)
        if form is None:
            return None
        each = self._compile(LIST.format(member=form.replace("READ", "v")))
        return f"None if READ is None else {self._hold(each)}(v)"

    def _hold(self, value: Any) -> str:
        name = f"held_{len(self.names)}"
        self.names[name] = value
        return name

    def _compile(self, source: str) -> Write:
        """The source consists of the expressions of these modules and of the names of members, written as literals."""
        space = dict(self.names)
        exec(compile(source, f"<{type(self.schema).__name__}>", "exec"), space)
        write: Write = space["write"]
        return write


def _is_free(field: ma.fields.Dict) -> bool:
    """Whether keys and values are what they are."""
    has_own = function_of(field._serialize) is not ma.fields.Dict._serialize
    return not (has_own or field.key_field or field.value_field)


def _is_read_and_written(field: ma.fields.Field[Any]) -> bool:
    """Whether the field finds its value under its name, and writes that; none is made up."""
    return (
        function_of(field.serialize) is ma.fields.Field.serialize
        and function_of(field.get_value) is ma.fields.Field.get_value
        and field._CHECK_ATTRIBUTE
        and field.dump_default is ma.missing
    )


def _found_by(get: Callable[[Any, str, Any], Any]) -> Callable[[Any, str], Any]:
    def read(row: Any, name: str) -> Any:
        value = get(row, name, ma.missing)
        if value is ma.missing:
            raise KeyError(name)
        return value

    return read
