"""What every schema shares: strictness, examples, and the query of a list."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import marshmallow as ma
from marshmallow import validate, validates_schema

from app.schemas.fields import Text, Whole


class Schema(ma.Schema):
    """Unknown fields are refused. `EXAMPLE` is a body that loads; the OpenAPI document shows it."""

    EXAMPLE: ClassVar[Mapping[str, Any] | None] = None

    MAX_BYTES: ClassVar[int | None] = None
    """What a JSON body may weigh; by default what the fields can hold."""

    REPORTED: ClassVar[Collection[str]] = ()
    """Lists in a body whose strings are judged one by one, in a report: one bad string never refuses the call."""

    IS_RESOURCE: ClassVar[bool] = False
    """It is read at an address of its own: an answer with it carries its version, as `ETag`."""

    ASIDE: ClassVar[Collection[str]] = ()
    """Members that only the answer to a write has; they are no part of the version."""

    ONE_OF: ClassVar[Sequence[str]] = ()
    """Members of which exactly one is given; what is wrong is told of the first."""

    SOME_OF: ClassVar[Sequence[str]] = ()
    """Members of which at least one is given; what is wrong is told of the first."""

    class Meta:
        unknown = ma.RAISE

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_given(
        self, _loaded: Mapping[str, Any], given: object, *, partial: object = None, **_: Any
    ) -> None:
        """Together with what is wrong with single members: nobody sends a body three times to hear three things."""
        if not isinstance(given, Mapping):
            return
        if self.ONE_OF and sum(name in given for name in self.ONE_OF) != 1:
            raise ma.ValidationError(f"Give exactly one of {', '.join(self.ONE_OF)}.", self.ONE_OF[0])
        if self.SOME_OF and not partial and not any(name in given for name in self.SOME_OF):
            raise ma.ValidationError(f"Give at least one of {', '.join(self.SOME_OF)}.", self.SOME_OF[0])


class ListQuerySchema(Schema):
    """How to walk a list."""

    page = Whole(
        minimum=1,
        maximum=9_223_372_036_854_775_807,
        load_default=1,
        strict=False,
        metadata={
            "description": "The page with this number; numbers reach to row 1,000. Beside `after` it is a label."
        },
    )
    page_size = Whole(minimum=1, maximum=100, load_default=20, strict=False)
    after = Text(
        max_length=4000,
        load_default=None,
        metadata={
            "description": "Where the page begins: a signed cursor from a `next` or `previous` link, which holds filters"
            " and ordering. Rows that come or go meanwhile shift nothing."
        },
    )


def ordering(*names: str, default: str | None) -> ma.fields.String:
    """An `ordering` parameter: one of the names, `-` in front for descending."""
    allowed = [sign + name for name in names for sign in ("", "-")]
    return ma.fields.String(
        load_default=default,
        validate=validate.OneOf(allowed, error="Order by one of {choices}."),
        metadata={"description": "`-` in front orders downwards; missing values come last either way."},
    )


_SEARCH = (
    "Every word must match, by its stem or as the beginning of a word; names by their beginning. Accents and capitals make"
    " no difference, words with signs (`C++`, `node.js`, `R&D`) are found as they are typed, and words of scripts without"
    " spaces anywhere. Where users are searched, an exact match of a username, email address or external id comes first."
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
