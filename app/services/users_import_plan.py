"""What an import is going to do about each row, decided in memory from the people that the file may mean.

No account and no identifier goes to two rows. What an account had when the import began stays reserved for it until the
end, even if its own row changes it: so the order in which rows are written does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple, Self
from uuid import UUID

from app.enums import ImportOutcome, Role
from app.errors import EmailTaken, InvalidRequest, Refusal, UsernameTaken
from app.services import usernames
from app.sheets import Row

_UNIQUE = ("external_id", "email", "username")


class Account(NamedTuple):
    """A person as the import finds them."""

    id: UUID
    external_id: str | None
    email: str
    username: str
    first_name: str
    last_name: str
    department: str | None
    hired_on: date | None
    role: Role
    email_verified: bool


@dataclass(frozen=True)
class Line:
    """What became of one row."""

    row: int
    input: str
    user_id: UUID | None
    outcome: ImportOutcome
    code: str | None = None
    details: Mapping[str, list[str]] = field(default_factory=dict)

    def about(self, user_id: UUID) -> Self:
        return replace(self, user_id=user_id)


class Plan:
    """`decide` row by row; then `new`, `changed` and `unconfirmed` say what to write."""

    def __init__(self, known: Iterable[Account]) -> None:
        self.accounts = {account.id: account for account in known}
        self.new: dict[int, dict[str, Any]] = {}
        """values by the number of the row"""
        self.changed: dict[UUID, dict[str, Any]] = {}
        self.unconfirmed: list[UUID] = []
        """accounts of the file whose address nobody has confirmed"""
        self.done: set[UUID | int] = set()
        self.owners: dict[str, dict[str, UUID | int]] = {name: {} for name in _UNIQUE}
        """who has an identifier: an account, or the row that makes one"""
        self.identified: set[UUID | int] = set()
        """who has an external id"""
        for account in self.accounts.values():
            self._own(account.id, account._asdict())

    def decide(self, row: Row) -> Line:
        named = row.sent.get("external_id") or row.sent.get("email", "")
        try:
            owner, outcome = self._place(row)
        except Refusal as refusal:
            return Line(row.number, named, None, ImportOutcome.INVALID, refusal.code, refusal.details)
        return Line(row.number, named, owner if isinstance(owner, UUID) else None, outcome)

    def name_new_people(self) -> None:
        """Give a username to each new person whose row gives none. Those that rows ask for go first."""
        unnamed = [values for values in self.new.values() if "username" not in values]
        full_names = [full_name_of(values) for values in unnamed]
        chosen = usernames.choose(full_names, reserved=self.owners["username"])
        for values, username in zip(unnamed, chosen, strict=True):
            values["username"] = username

    @property
    def demoted(self) -> list[UUID]:
        return [
            user_id
            for user_id, changes in self.changed.items()
            if changes.get("role") == Role.STUDENT and self.accounts[user_id].role != Role.STUDENT
        ]

    @property
    def old_addresses(self) -> dict[UUID, str]:
        """The addresses that people of the file had, who get another one."""
        accounts = {user_id: self.accounts[user_id] for user_id in self.changed}
        return {
            user_id: account.email
            for user_id, account in accounts.items()
            if self.changed[user_id].get("email", account.email).lower() != account.email.lower()
        }

    @property
    def renamed(self) -> list[UUID]:
        """Students too: whoever has been demoted still owns courses."""
        return [
            user_id
            for user_id, changes in self.changed.items()
            if changes.keys() & {"first_name", "last_name"}
        ]

    def _place(self, row: Row) -> tuple[UUID | int, ImportOutcome]:
        if row.trouble:
            raise InvalidRequest(details=row.trouble)
        owner = self._person(row.values)
        if owner in self.done:
            return owner, ImportOutcome.DUPLICATE
        if isinstance(owner, UUID):
            return owner, self._update(self.accounts[owner], row.values)
        return row.number, self._make(row)

    def _person(self, values: Mapping[str, Any]) -> UUID | int | None:
        """Whom the row means, by external id or else by email; an address of somebody else is nobody's to take."""
        external_id = values.get("external_id")
        by_id = self._owner("external_id", external_id)
        by_email = self._owner("email", values.get("email"))
        if by_email is None or by_email == by_id:
            return by_id
        if by_id is not None or (external_id and by_email in self.identified):
            raise EmailTaken(details={"email": ["It belongs to somebody with another external id."]})
        return by_email

    def _update(self, account: Account, values: Mapping[str, Any]) -> ImportOutcome:
        if account.role == Role.ADMIN and "role" in values:
            raise InvalidRequest(details={"role": ["The role of an admin is not changed by a file."]})
        self._refuse_taken_username(values, account.id)
        changes = {name: value for name, value in values.items() if getattr(account, name) != value}
        self._own(account.id, changes)
        self.done.add(account.id)
        if not account.email_verified:
            self.unconfirmed.append(account.id)
        if changes:
            self.changed[account.id] = changes
        return ImportOutcome.UPDATED if changes or not account.email_verified else ImportOutcome.UNCHANGED

    def _make(self, row: Row) -> ImportOutcome:
        missing = {
            name: ["A new person needs this."] for name in ("email", "first_name") if name not in row.values
        }
        if missing:
            raise InvalidRequest(details=missing)
        self._refuse_taken_username(row.values, None)
        self._own(row.number, row.values)
        self.done.add(row.number)
        self.new[row.number] = dict(row.values)
        return ImportOutcome.CREATED

    def _refuse_taken_username(self, values: Mapping[str, Any], user_id: UUID | None) -> None:
        owner = self._owner("username", values.get("username"))
        if owner not in {None, user_id}:
            raise UsernameTaken(details={"username": ["It belongs to somebody else."]})

    def _owner(self, name: str, value: str | None) -> UUID | int | None:
        return None if value is None else self.owners[name].get(_folded(name, value))

    def _own(self, owner: UUID | int, values: Mapping[str, Any]) -> None:
        for name in _UNIQUE:
            if values.get(name) is not None:
                self.owners[name].setdefault(_folded(name, values[name]), owner)
        if values.get("external_id") is not None:
            self.identified.add(owner)


def full_name_of(values: Mapping[str, Any]) -> str:
    return f"{values.get('first_name', '')} {values.get('last_name', '')}".strip()


def _folded(name: str, value: str) -> str:
    return value if name == "external_id" else value.lower()
