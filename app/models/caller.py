"""Who acts: the caller of a request, as the few columns that rules ask for."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

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
