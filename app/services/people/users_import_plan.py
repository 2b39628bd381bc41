"""The plan of an import: what to do about each row, decided in memory from the users that the file may match.

No account and no identifier is assigned to two rows. Identifiers that an account had when the import began stay reserved
for it until the end, even if its own row changes them: so the order in which rows are written does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple, Self, cast
from uuid import UUID

from app.adapters.sheets import Row
from app.enums import ImportOutcome, OnConflict, Role
from app.errors.accounts import (
    DamagedIdentifier,
    EmailTaken,
    IdentityConflict,
    LastAdmin,
    UserInactive,
    UsernameTaken,
)
from app.errors.base import InvalidRequest, Refusal
from app.services.people import usernames, users_roles
from app.services.people.users_import_identity import contradicts, full_name_of
from app.values import names

UNIQUE = ("external_id", "email", "username")

Person = UUID | int
"""An account, or the number of the row that creates one."""


class KnownAccount(NamedTuple):
    """A user before the import."""

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
    is_active: bool
    manager_id: UUID | None
    can_log_in: bool


@dataclass(frozen=True)
class ImportLine:
    """The result of one row."""

    row: int
    input: str
    user_id: UUID | None
    outcome: ImportOutcome
    code: str | None = None
    details: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def person(self) -> Person:
        return self.user_id or self.row

    @property
    def is_written(self) -> bool:
        return self.outcome not in {ImportOutcome.INVALID, ImportOutcome.DUPLICATE}

    def about(self, user_id: UUID) -> Self:
        return replace(self, user_id=user_id)

    def updated(self) -> Self:
        """The line with an UNCHANGED outcome turned into UPDATED."""
        is_same = self.outcome == ImportOutcome.UNCHANGED
        return replace(self, outcome=ImportOutcome.UPDATED) if is_same else self

    def refused(self, refusal: Refusal) -> Self:
        return replace(
            self, user_id=None, outcome=ImportOutcome.INVALID, code=refusal.code, details=refusal.details
        )


class Plan:
    """Call `decide` for each row; then `new`, `changed`, `managers` and `unconfirmed` say what to write."""

    def __init__(self, known: Iterable[KnownAccount], on_conflict: OnConflict = OnConflict.REFUSE) -> None:
        self.accounts = {account.id: account for account in known}
        self.on_conflict = on_conflict
        self.new: dict[int, dict[str, Any]] = {}
        """values by the number of the row"""
        self.changed: dict[UUID, dict[str, Any]] = {}
        self.managers: dict[Person, Person] = {}
        """the new managers of users in the file"""
        self.unconfirmed: dict[UUID, None] = {}
        """accounts in the file with an unconfirmed address"""
        self.admins = {
            account.id: account.can_log_in
            for account in self.accounts.values()
            if account.role == Role.ADMIN and account.is_active
        }
        """the admins who stay active"""
        self._addresses: dict[Person, str] = {}
        """of the users whose row has been decided"""
        self._owners: dict[str, dict[str, Person]] = {name: {} for name in UNIQUE}
        """who has an identifier"""
        self._identified: set[Person] = set()
        """who has an external id"""
        for account in self.accounts.values():
            self._own(account.id, account._asdict())

    def decide(self, row: Row) -> ImportLine:
        named = row.sent.get("external_id") or row.sent.get("email", "")
        line = ImportLine(row.number, named, None, ImportOutcome.CREATED)
        try:
            return self._place(row, line)
        except Refusal as refusal:
            return line.refused(refusal)

    def discard(self, person: Person) -> None:
        """Remove from the plan what was decided about this user."""
        if isinstance(person, int):
            self.new.pop(person)
            return
        self.changed.pop(person, None)
        self.unconfirmed.pop(person, None)

    def owner(self, name: str, value: str | None) -> Person | None:
        """The owner of this identifier, among the users that the file may match."""
        return None if value is None else self._owners[name].get(folded(name, value))

    def name_new_people(self) -> None:
        """Give a username to each new user whose row gives none. Usernames from rows have priority."""
        unnamed = [values for values in self.new.values() if "username" not in values]
        full_names = [full_name_of(values) for values in unnamed]
        chosen = usernames.choose(full_names, reserved=self._owners["username"])
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
    def activated(self) -> list[UUID]:
        return [user_id for user_id, changes in self.changed.items() if changes.get("is_active") is True]

    @property
    def deactivated(self) -> list[UUID]:
        return [user_id for user_id, changes in self.changed.items() if changes.get("is_active") is False]

    @property
    def old_addresses(self) -> dict[UUID, str]:
        """The old addresses of users who get another one."""
        given = {user_id: changes["email"] for user_id, changes in self.changed.items() if "email" in changes}
        before = {user_id: self.accounts[user_id].email for user_id in given}
        return {user_id: old for user_id, old in before.items() if given[user_id] != names.address(old)}

    @property
    def renamed(self) -> list[UUID]:
        """Users with a new name. Students too: a demoted instructor still owns courses."""
        return [
            user_id
            for user_id, changes in self.changed.items()
            if changes.keys() & {"first_name", "last_name"}
        ]

    def _place(self, row: Row, line: ImportLine) -> ImportLine:
        if row.errors:
            raise (DamagedIdentifier if row.is_damaged else InvalidRequest)(details=row.errors)
        person = self._person(row.values)
        overridden = IdentityConflict.code if self._overrides(person, row.values) else None
        if person in self._addresses:
            user_id = person if isinstance(person, UUID) else None
            return replace(line, user_id=user_id, outcome=ImportOutcome.DUPLICATE, code=overridden)
        if isinstance(person, UUID):
            account = self.accounts[person]
            outcome = self._update(account, row.values)
            is_active = row.values.get("is_active", account.is_active)
            code = overridden or (None if is_active else UserInactive.code)
            return replace(line, user_id=person, outcome=outcome, code=code)
        self._make(row)
        return replace(line, code=None if row.values.get("is_active", True) else UserInactive.code)

    def _person(self, values: Mapping[str, Any]) -> Person | None:
        """The user that the row matches, by external id or else by email; another user's address is refused."""
        external_id = values.get("external_id")
        by_id = self.owner("external_id", external_id)
        by_email = self.owner("email", values.get("email"))
        if by_email is None or by_email == by_id:
            return by_id
        if by_id is not None:
            raise IdentityConflict(details={"email": ["It belongs to another user than the external id."]})
        if external_id and by_email in self._identified:
            raise EmailTaken(details={"email": ["It belongs to a user with another external id."]})
        return by_email

    def _overrides(self, person: Person | None, values: Mapping[str, Any]) -> bool:
        """Whether the external id alone matches, against address and name; refused unless the caller allows it."""
        if person is None or self.owner("external_id", values.get("external_id")) != person:
            return False
        if person in self._addresses:
            clashes = values.get("email", self._addresses[person]).lower() != self._addresses[person].lower()
            reason = "An earlier row gives it with another address."
        else:
            account = self.accounts[cast("UUID", person)]
            clashes = contradicts(values, email=account.email, full_name=full_name_of(account._asdict()))
            reason = "It belongs to an account with another name and another address."
        if clashes and self.on_conflict == OnConflict.REFUSE:
            raise IdentityConflict(details={"external_id": [reason]})
        return clashes

    def _update(self, account: KnownAccount, values: Mapping[str, Any]) -> ImportOutcome:
        if account.role == Role.ADMIN and "role" in values:
            raise InvalidRequest(details={"role": ["The role of an admin is not changed by a file."]})
        self._refuse_taken_username(values, account.id)
        if values.get("is_active") is False:
            self._let_go(account)
        columns = values.keys() & set(KnownAccount._fields)
        changes = {name: values[name] for name in columns if getattr(account, name) != values[name]}
        self._own(account.id, changes)
        self._addresses[account.id] = changes.get("email", account.email)
        if not account.email_verified:
            self.unconfirmed[account.id] = None
        if changes:
            self.changed[account.id] = changes
        return ImportOutcome.UPDATED if changes or not account.email_verified else ImportOutcome.UNCHANGED

    def _let_go(self, account: KnownAccount) -> None:
        """One active admin who can log in always remains."""
        if account.id in self.admins and users_roles.is_last_admin(account.id, self.admins):
            raise LastAdmin(details={"is_active": [LastAdmin.title]})
        self.admins.pop(account.id, None)

    def _make(self, row: Row) -> None:
        missing = {
            name: ["This is required for a new user."]
            for name in ("email", "first_name")
            if name not in row.values
        }
        if missing:
            raise InvalidRequest(details=missing)
        self._refuse_taken_username(row.values, None)
        values = {name: value for name, value in row.values.items() if name in KnownAccount._fields}
        self._own(row.number, values)
        self._addresses[row.number] = values["email"]
        self.new[row.number] = values

    def _refuse_taken_username(self, values: Mapping[str, Any], user_id: UUID | None) -> None:
        owner = self.owner("username", values.get("username"))
        if owner not in {None, user_id}:
            raise UsernameTaken(details={"username": ["It belongs to another user."]})

    def _own(self, person: Person, values: Mapping[str, Any]) -> None:
        for name in UNIQUE:
            if values.get(name) is not None:
                self._owners[name].setdefault(folded(name, values[name]), person)
        if values.get("external_id") is not None:
            self._identified.add(person)


def folded(name: str, value: str) -> str:
    """An identifier as it is compared. Addresses and usernames are ASCII; `lower` would turn other letters into ASCII ones."""
    return value.lower() if name != "external_id" and value.isascii() else value
