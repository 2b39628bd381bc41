"""Import (upsert) of users from a CSV file of an HR system, with a result for each row.

A user is matched by external id, else by email address. An empty cell is ignored, so nothing is ever cleared. The number
of statements does not depend on the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, any_, false, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from app.adapters.sheets import Row, Sheet
from app.db.session import db, savepoint
from app.enums import ImportOutcome, NoticeKind, OnConflict, Role
from app.errors.base import Forbidden, InvalidRequest
from app.errors.requests import Unavailable
from app.models.caller import Actor
from app.models.user import User
from app.services.bulk.rows import BulkReport, refuse_too_many
from app.services.bulk.rows import report as report_of
from app.services.messaging import account_notices
from app.services.people import reporting_lines, users_import_managers, users_unconfirmed
from app.services.people import users_import_writes as writes
from app.services.people.users_import_plan import ImportLine, KnownAccount, Plan

_ATTEMPTS = 5
"""How often the import is tried, if concurrent calls create the same users."""

_MOST_ERRORS = 20


@dataclass(frozen=True)
class ImportReport(BulkReport):
    sheet: Sheet


def import_people(
    admin: Actor, *, file: Sheet, on_conflict: OnConflict = OnConflict.REFUSE, strict: bool = False
) -> ImportReport:
    """Create and update accounts. New ones are verified; their owners set a password with a mailed link.

    So do the owners of existing ones with an unconfirmed address: a stranger may have signed up with it.
    """
    refuse_too_many(file.rows)
    if strict and file.ignored_columns:
        unknown = [f"Unknown column: {title}." for title in file.ignored_columns[:_MOST_ERRORS]]
        raise InvalidRequest(details={"file": unknown})
    if "manager" in file.columns:
        reporting_lines.lock()
    for _ in range(_ATTEMPTS):
        with savepoint() as undo:
            plan = Plan(_hold_known(admin, file.rows), on_conflict)
            lines = {row.number: plan.decide(row) for row in file.rows}
            users_import_managers.settle(plan, file.rows, lines)
            plan.name_new_people()
            made = writes.insert(plan.new)
            if len(made) == len(plan.new):
                return _finish(file, plan, lines, made)
            # A concurrent call has created some of these users in the meantime: now they exist.
            undo()
    raise Unavailable(
        "Another request is creating users of this file at the moment. Nothing was changed; try again."
    )


def _hold_known(admin: Actor, rows: Sequence[Row]) -> list[KnownAccount]:
    """Lock, in the order of their ids, all users that a row may match, or who have an identifier that a row gives.

    If a row deactivates a user, lock all active admins, too: one of them must remain.
    """
    sent = [row.values for row in rows if not row.errors]
    deactivates = any(values.get("is_active") is False for values in sent)
    columns = (getattr(User, column) for column in KnownAccount._fields if column != "can_log_in")
    statement = (
        select(*columns, User.can_log_in())
        .where(
            or_(
                _is_among(User.external_id, (values.get("external_id") for values in sent)),
                _is_among(func.lower(User.email), (values.get("email") for values in sent)),
                _is_among(func.lower(User.username), (_lowered(values.get("username")) for values in sent)),
                User.is_active_admin() if deactivates else false(),
            )
        )
        .order_by(User.id)
        .with_for_update(key_share=True)
    )
    known = [KnownAccount._make(row) for row in db.session.execute(statement)]
    if deactivates and not any(
        each.id == admin.id and each.is_active and each.role == Role.ADMIN for each in known
    ):
        raise Forbidden("You are no longer an admin.")
    return known


def _finish(
    file: Sheet, plan: Plan, lines: Mapping[int, ImportLine], made: Mapping[int, UUID]
) -> ImportReport:
    """Write the rest, now that all new users exist."""
    writes.update(plan)
    writes.report_to(plan.managers, made)
    account_notices.notify(
        NoticeKind.SET_PASSWORD, [*made.values(), *users_unconfirmed.adopt_unconfirmed(plan.unconfirmed)]
    )
    about = [line.about(made[number]) if number in made else line for number, line in lines.items()]
    report = report_of(about, ImportOutcome)
    return ImportReport(report.requested, report.unique, report.counts, report.results, file)


def _lowered(name: str | None) -> str | None:
    return None if name is None else name.lower()


def _is_among(column: Any, values: Iterable[str | None]) -> ColumnElement[bool]:
    wanted = sorted({value for value in values if value is not None})
    found: ColumnElement[bool] = column == any_(literal(wanted, ARRAY(Text())))
    return found
