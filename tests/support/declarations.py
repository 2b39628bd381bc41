"""What a module of `tests/nouns` declares of its operations: a good request to each, and faults of authorization."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.enums import CourseStatus
from tests.support.paths import ROOT
from tests.support.world import World

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)
"""A picture."""

FILM = (ROOT / "tests" / "files" / "film.mp4").read_bytes()
"""A video of six seconds."""


@dataclass(frozen=True)
class Request:
    """A request that succeeds: the example of the OpenAPI document, and the rows that it has to name."""

    path: Mapping[str, str] = field(default_factory=dict)
    """Which row of the scene each path parameter names."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """The same for the ids in the body."""
    order: str = ""
    """The kind of the rows that the body puts in order."""
    body: Callable[[World], dict[str, Any]] = lambda _: {}
    """What the example cannot know. None leaves a field out."""
    file: bytes | None = None
    """What is uploaded, where the body is a form with a file."""
    form: Mapping[str, str] = field(default_factory=dict)
    """The fields beside it."""
    course_is: CourseStatus = CourseStatus.PUBLISHED
    """The state of the scene's course."""
    gives_tokens: bool = False
    """Whether the response holds tokens, which no other response may."""


def request(**values) -> Request:
    """`request(ref="course", course_is=DRAFT)`: what is no field of `Request` is a parameter of the path."""
    known = {name: values.pop(name) for name in Request.__dataclass_fields__.keys() & values.keys()}
    return Request(path=values, **known)


class Fault(NamedTuple):
    """A fault of authorization that a developer could introduce: one replacement in one file of `app/`."""

    name: str
    path: str
    old: str
    new: str
    near: str = ""
    """What pytest's -k selects to run first; the rest of `tests/security` follows if that does not notice the fault."""
