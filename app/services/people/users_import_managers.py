"""Managers in an import: each row may name a manager from anywhere in the file or from the database.

All rows are read before any of them is checked, so that the order of the file does not matter. A row is refused if its
manager is unknown, if the manager's own row is refused, or if the user would report to themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import any_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from app.adapters.sheets import Row
from app.db.session import db
from app.enums import ImportOutcome
from app.errors.base import InvalidRequest
from app.models.user import User
from app.services.people import reporting_lines
from app.services.people.users_import_plan import UNIQUE, ImportLine, Person, Plan, folded
from app.values.spreadsheet_cells import clean

_MOST_ROUNDS = 20
"""How often cycles are searched. A refused row keeps its old manager, who may close another cycle."""

_UNKNOWN = "There is no such user. Give an address, a username or an external id."
_AMBIGUOUS = "It means more than one user. Give the address."
_CIRCLE = "This user would report to themselves."

Found = Mapping[tuple[str, str], UUID]


def settle(plan: Plan, rows: Iterable[Row], lines: dict[int, ImportLine]) -> None:
    """Add the managers to the plan; rows with an impossible manager become `invalid` in `lines`."""
    wanted = {
        line.person: str(row.values["reports_to"])
        for row in rows
        if "reports_to" in row.values and (line := lines[row.number]).is_written
    }
    if not wanted:
        return
    numbers = {line.person: number for number, line in lines.items() if line.is_written}
    settling = _Settling(plan, lines, numbers, _named_by_refused(rows, lines))
    settling.name(wanted, _people_outside(set(wanted.values())))
    settling.open_circles()
    settling.keep_changes()


class _Settling:
    def __init__(
        self,
        plan: Plan,
        lines: dict[int, ImportLine],
        numbers: Mapping[Person, int],
        refused: Mapping[tuple[str, str], int],
    ) -> None:
        self.plan, self.lines, self.numbers, self.refused = plan, lines, numbers, refused
        self.above: dict[Person, Person] = {}
        """the manager of each user whose row names one"""

    def name(self, wanted: Mapping[Person, str], outside: Found) -> None:
        unknown: dict[Person, str] = {}
        for person, named in wanted.items():
            owners = [
                self.plan.owner(kind, named) or outside.get((kind, folded(kind, named))) for kind in UNIQUE
            ]
            meant = {owner for owner in owners if owner is not None}
            if len(meant) == 1:
                self.above[person] = meant.pop()
            else:
                unknown[person] = _AMBIGUOUS if meant else self._why_unknown(named)
        self._refuse(unknown)

    def open_circles(self) -> None:
        known = {each for pair in self.above.items() for each in pair if isinstance(each, UUID)}
        standing: dict[Person, Person] = dict(reporting_lines.above(known).items())
        for _ in range(_MOST_ROUNDS):
            closed = reporting_lines.circles({**standing, **self.above}) & self.above.keys()
            if not closed:
                return
            self._refuse(dict.fromkeys(closed, _CIRCLE))
        self._refuse(dict.fromkeys(self.above, _CIRCLE))

    def keep_changes(self) -> None:
        for person, above in self.above.items():
            if isinstance(person, UUID) and self.plan.accounts[person].manager_id == above:
                continue
            self.plan.managers[person] = above
            number = self.numbers[person]
            self.lines[number] = self.lines[number].updated()

    def _refuse(self, refused: Mapping[Person, str]) -> None:
        """Refuse these rows; for refused new users also the rows that name them as manager, and so on."""
        below: dict[Person, list[Person]] = {}
        for person, above in self.above.items():
            below.setdefault(above, []).append(person)
        waiting = list(refused.items())
        done: set[Person] = set()
        while waiting:  # each user once
            person, sentence = waiting.pop()
            if person in done:
                continue
            done.add(person)
            self.above.pop(person, None)
            self.plan.discard(person)
            number = self.numbers[person]
            self.lines[number] = self.lines[number].refused(InvalidRequest(details={"manager": [sentence]}))
            if isinstance(person, int):
                waiting += [(each, refused.get(each, _without(number))) for each in below.get(person, ())]

    def _why_unknown(self, named: str) -> str:
        rows = (self.refused.get((kind, folded(kind, named))) for kind in UNIQUE)
        number = next((row for row in rows if row is not None), None)
        return _UNKNOWN if number is None else _without(number)


def _without(number: int) -> str:
    return f"The manager is in row {number}, which was refused: correct that row first."


def _named_by_refused(rows: Iterable[Row], lines: Mapping[int, ImportLine]) -> dict[tuple[str, str], int]:
    """The refused rows, by the identifiers that they give."""
    return {
        (kind, folded(kind, clean(row.sent[kind], is_identifier=True))): row.number
        for row in rows
        if lines[row.number].outcome == ImportOutcome.INVALID
        for kind in UNIQUE
        if kind in row.sent
    }


def _people_outside(names: Iterable[str]) -> Found:
    """The users with these identifiers in the database, by kind and identifier."""
    exact = literal(sorted(names), ARRAY(Text()))
    lowered = literal(sorted({folded("username", name) for name in names}), ARRAY(Text()))
    found = db.session.execute(
        select(User.id, User.external_id, User.email, User.username).where(
            or_(
                User.external_id == any_(exact),
                func.lower(User.email) == any_(lowered),
                func.lower(User.username) == any_(lowered),
            ),
            User.deleted_at.is_(None),
        )
    )
    return {
        (kind, folded(kind, value)): row.id
        for row in found
        for kind in UNIQUE
        if (value := getattr(row, kind)) is not None
    }
