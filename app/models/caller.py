"""Who acts: the caller of a request, as the few columns that rules ask for."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, bindparam

from app.enums import Role
from app.models.user import User


class Caller(NamedTuple):
    """The signed-in user of a request. Read on every request, so it is not the whole row."""

    id: UUID
    role: Role
    can_self_publish: bool

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN


Actor = User | Caller
"""Whose rights decide: of a request its caller, of a command or an import the user in whose name it acts."""


class ViewerKind(Enum):
    """The kinds of viewers that see different rows."""

    VISITOR = auto()
    USER = auto()
    ADMIN = auto()


_ID: Any = bindparam("viewer_id", type_=Uuid())

_PARAMETERS = {
    ViewerKind.VISITOR: None,
    ViewerKind.USER: Caller(_ID, Role.STUDENT, can_self_publish=False),
    ViewerKind.ADMIN: Caller(_ID, Role.ADMIN, can_self_publish=False),
}


def kind_of(viewer: Actor | None) -> ViewerKind:
    if viewer is None:
        return ViewerKind.VISITOR
    return ViewerKind.ADMIN if viewer.is_admin else ViewerKind.USER


def as_parameter(kind: ViewerKind) -> Caller | None:
    """A viewer of this kind whose id is the parameter `viewer_id` of a statement that is built once."""
    return _PARAMETERS[kind]


def viewing(viewer: Actor | None) -> dict[str, Any]:
    """The value of the parameter `viewer_id`."""
    return {} if viewer is None else {"viewer_id": viewer.id}
