"""The base class of schemas, which refuses unknown fields, and the query parameters of a list."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import marshmallow as ma
from marshmallow import validates_schema

from app.schemas.fields import OneOf, Text, Whole
from app.schemas.fields.messages import OF_SCHEMAS, READ_ONLY, UNKNOWN, reword

LARGEST_BIG_INTEGER = 9_223_372_036_854_775_807


class Schema(ma.Schema):
    """A schema that refuses unknown fields. `EXAMPLE` is a body that loads; the OpenAPI document shows it."""

    EXAMPLE: ClassVar[Mapping[str, Any] | None] = None

    MAX_BYTES: ClassVar[int | None] = None
    """The largest JSON body in bytes; by default what the fields can hold."""

    REPORTED: ClassVar[Collection[str]] = ()
    """Lists in a body whose strings a report judges one by one: one invalid string never refuses the call."""

    IS_RESOURCE: ClassVar[bool] = False
    """It has a URL of its own: a response with it carries its version, as `ETag`."""

    ASIDE: ClassVar[Collection[str]] = ()
    """Members that only the response to a write has; they are not part of the version."""

    ONE_OF: ClassVar[Sequence[str]] = ()
    """Members of which exactly one is given; an error is reported at the first."""

    SOME_OF: ClassVar[Sequence[str]] = ()
    """Members of which at least one is given; an error is reported at the first."""

    error_messages = OF_SCHEMAS

    shown: frozenset[str] = frozenset()
    """Of a body: the members that the response shows. Those among them that it does not have are read-only."""

    class Meta:
        unknown = ma.RAISE

    def answered_with(self, response: ma.Schema) -> None:
        """Note what the response to this body shows: of the resource that it is about, and of each object within."""
        if getattr(response, "IS_RESOURCE", False):
            self.shown = frozenset(response.fields)
        for name, field in self.fields.items():
            written, read = _within(field), _within(response.fields.get(name))
            if isinstance(written, Schema) and read is not None:
                written.shown = frozenset(read.fields)
                written.answered_with(read)

    def handle_error(self, error: ma.ValidationError, data: Any, *, many: bool, **options: Any) -> None:
        """A client that sends back what it has read learns which members it cannot set."""
        super().handle_error(error, data, many=many, **options)
        messages = error.messages
        if isinstance(messages, dict):
            for name in self.shown & messages.keys():
                if messages[name] == [UNKNOWN]:
                    messages[name] = [READ_ONLY]

    def on_bind_field(self, field_name: str, field_obj: ma.fields.Field[Any]) -> None:
        super().on_bind_field(field_name, field_obj)
        reword(field_obj)

    def load(self, data: Any, *, many: bool | None = None, unknown: Any = None, **_: Any) -> Any:
        """Only a schema that is itself made `partial` has no required members.

        marshmallow passes `partial` on to nested schemas. An object in a list is replaced as a whole, though, also by a
        PATCH: what it requires has to be there.
        """
        return super().load(data, many=many, unknown=unknown)

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_given(
        self, _loaded: Mapping[str, Any], given: object, *, partial: object = None, **_: Any
    ) -> None:
        """Checked together with the single members, so that one response reports all errors of a body."""
        if not isinstance(given, Mapping):
            return
        if self.ONE_OF and sum(name in given for name in self.ONE_OF) != 1:
            raise ma.ValidationError(_give_one_of(self.ONE_OF), self.ONE_OF[0])
        if self.SOME_OF and not partial and not any(name in given for name in self.SOME_OF):
            raise ma.ValidationError(f"Give at least one of {', '.join(self.SOME_OF)}.", self.SOME_OF[0])


def _within(field: ma.fields.Field[Any] | None) -> ma.Schema | None:
    """The schema of the objects that a field holds, alone or in a list."""
    inner = field.inner if isinstance(field, ma.fields.List) else field
    return inner.schema if isinstance(inner, ma.fields.Nested) else None


def _give_one_of(names: Sequence[str]) -> str:
    if len(names) == 2:
        return f"Give either {' or '.join(names)}."
    return f"Give exactly one of {', '.join(names)}."


class PageNumber(Whole):
    """The number of a page. No list has a page of more digits than a column holds, and it is looked for in vain."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{19,3000}", value):
            value = str(min(int(value), LARGEST_BIG_INTEGER))
        return super()._validated(value)


class ListQuerySchema(Schema):
    """The paging parameters of a list."""

    page = PageNumber(
        minimum=1,
        maximum=LARGEST_BIG_INTEGER,
        load_default=1,
        strict=False,
        metadata={
            "description": "Number of the page, from 1; pages end at row 1,000. With `after` it is only a label."
        },
    )
    page_size = Whole(minimum=1, maximum=100, load_default=20, strict=False)
    after = Text(
        max_length=4000,
        load_default=None,
        metadata={
            "description": "Keyset cursor at which the page begins, from a `next` or `previous` link: signed, with the filters and"
            " the ordering. Rows that are added or removed meanwhile do not shift the pages."
        },
    )


def ordering(*names: str, default: str | None) -> ma.fields.String:
    """An `ordering` parameter: one of the names, `-` in front for descending."""
    allowed = [sign + name for name in names for sign in ("", "-")]
    return ma.fields.String(
        load_default=default,
        validate=OneOf(allowed),
        metadata={
            "description": "The field to order by; with `-` in front, descending. Missing values come last either way."
        },
    )


_SEARCH = (
    "Full text search, at most 200 characters. Every word must match, by its stem or as the beginning of a word; names by"
    " their beginning. Accents and case are ignored, words with signs (`C++`, `node.js`, `R&D`) match as they are typed, and"
    " words of scripts without spaces match anywhere. Where courses are searched, an equal title comes first; where users"
    " are, an exact match of a username, email address or external id."
)


def search_term() -> Text:
    """A `search` parameter."""
    return Text(max_length=200, is_line=False, load_default=None, metadata={"description": _SEARCH})


def course_ref(about: str = "", **options: Any) -> Text:
    """A course that a body names."""
    description = f"A course by id, slug or code. {about}".strip()
    return Text(min_length=1, max_length=220, metadata={"description": description}, **options)


def course_filter() -> Text:
    """A `course` parameter."""
    return course_ref(load_default=None)
