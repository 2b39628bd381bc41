"""The parts of a collection, independent of the tool that reads it.

`{{name}}` in a path, a parameter, a header, a body or a token is a variable of the environment. Conditions and values
that scripts compute are JavaScript expressions over `status`, `answer` (the parsed body), `header(name)` and
`given(name)` (a variable).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

VARIABLE = re.compile(r"\{\{(\w+)\}\}")
"""A variable in a text."""


@dataclass(frozen=True)
class Check:
    """A test of a response: the expression has the expected value."""

    title: str
    expression: str
    expected: str | int | float | bool = True


@dataclass(frozen=True)
class Parameter:
    name: str
    value: str
    about: str = ""
    is_sent: bool = True


@dataclass(frozen=True)
class Body:
    """What is sent: text with its type, a file in the form field `file`, or a form without a file."""

    content: str
    media_type: str = "application/json"
    file_name: str = ""
    is_text: bool = True
    """Whether a tool that keeps no files can hold the file as text."""

    fields: Mapping[str, str] = field(default_factory=dict)
    """Of the form, beside the file."""

    @property
    def is_form(self) -> bool:
        return bool(self.file_name or self.fields)


@dataclass(frozen=True)
class Example:
    """A saved answer: one that the API really gave."""

    name: str
    status: int
    content: str
    media_type: str = "application/json"
    request: CollectionRequest | None = None
    """What it is the answer to, where that is not the request that it is saved with."""


@dataclass(frozen=True)
class CollectionRequest:
    name: str
    method: str
    path: str
    about: str = ""
    query: tuple[Parameter, ...] = ()
    headers: tuple[Parameter, ...] = ()
    token: str = ""
    """The access token, usually a variable; empty for a request without one."""
    body: Body | None = None
    before: Mapping[str, str] = field(default_factory=dict)
    """Variables that are set before the request is sent, by expression."""
    checks: tuple[Check, ...] = ()
    saves: Mapping[str, str] = field(default_factory=dict)
    """Variables that are set from a successful response, by expression."""
    examples: tuple[Example, ...] = ()

    @property
    def status(self) -> int:
        """The status that is expected: the first check is about it."""
        return int(self.checks[0].expected)

    def variables(self) -> list[str]:
        """The variables that have to be set when the request is sent."""
        sent = [each.value for each in (*self.query, *self.headers) if each.is_sent]
        texts = [self.path, *sent, self.token, self.body.content if self.body else ""]
        return list(dict.fromkeys(VARIABLE.findall("\n".join(texts))))


@dataclass(frozen=True)
class Folder:
    name: str
    about: str
    items: tuple[Folder | CollectionRequest, ...]

    def requests(self) -> Iterator[tuple[tuple[str, ...], CollectionRequest]]:
        """Every request with the names of its folders, in the order in which they run."""
        for item in self.items:
            if isinstance(item, Folder):
                yield from (((self.name, *path), request) for path, request in item.requests())
            else:
                yield (self.name,), item


def text_of(value: Any) -> str:
    """JSON as people read it."""
    return json.dumps(value, indent=2, ensure_ascii=False)
