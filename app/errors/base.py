"""The base classes of refusals, and the catalogue of all of them.

A refusal is a domain error: a status, a stable reason code and a docstring, which is the documentation page behind the
error's `type`. It is raised, never returned, and rendered in one place (`app.web.problems`). Clients switch on its
`code`, and bulk reports carry it row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

Details = Mapping[str, list[str]]
"""What is wrong, by place: a path such as `lessons.3.title`, and the sentences about it."""


class Refusal(Exception):
    """A request that the rules do not allow; the base class of all domain errors."""

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[str]
    example: ClassVar[str] = ""
    """A message of a real answer, where the title alone is never sent."""

    keeps_writes: ClassVar[bool] = False
    headers: ClassVar[Mapping[str, str]] = {}
    retry_after: int | None = None
    """seconds"""

    facts: Mapping[str, Any] | None = None
    """What the details have in place of sentences."""

    def __init__(self, message: str | None = None, *, details: Details | None = None) -> None:
        self.message = message or self.title
        self.details: Details = details or {}
        super().__init__(self.message)


def catalogue() -> dict[str, type[Refusal]]:
    """Every refusal by its reason code."""

    def concrete(kind: type[Refusal]) -> Iterator[type[Refusal]]:
        if "code" in vars(kind):
            yield kind
        for narrower in kind.__subclasses__():
            yield from concrete(narrower)

    return {kind.code: kind for kind in concrete(Refusal)}


def kinds_of(code: str) -> list[type[Refusal]]:
    """The classes that share a code, which may have more than one status: the one of the catalogue comes first."""
    named = catalogue()[code]
    sharing = [kind for kind in named.__subclasses__() if kind.code == code and "status" in vars(kind)]
    return [named, *sharing]


class Unauthenticated(Refusal):
    """The request carries no access token, or the session behind it has ended: log in, or refresh."""

    status = 401
    code = "unauthenticated"
    title = "Log in first."
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class Forbidden(Refusal):
    """The caller is known and sees the resource, but neither their role nor ownership allows the action."""

    status = 403
    code = "forbidden"
    title = "You may not do this."


class NotFound(Refusal):
    """There is no such resource, or the caller may not see it: the answer is the same for both."""

    status = 404
    code = "not_found"
    title = "Not found."
    example = "Course not found."


class Conflict(Refusal):
    """The current state does not allow the request."""

    status = 409


class InvalidRequest(Refusal):
    """The request can be read but not accepted; `details` says where and why."""

    status = 422
    code = "invalid_request"
    title = "Some fields are not valid: see the details."
