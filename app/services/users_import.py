"""People from a file of an HR system: made, brought up to date, or left as they are, with a line for each row.

A person is known by external id, else by email address. An empty cell says nothing, so nothing is ever cleared. The
number of statements does not depend on the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, any_, bindparam, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Text

from app.db import among, db, refusing, savepoint
from app.enums import ImportOutcome, NoticeKind
from app.errors import EmailTaken, ExternalIdTaken, InvalidRequest, Unavailable, UsernameTaken
from app.models.course import Course
from app.models.user import User
from app.services import (
    account_mails,
    bulk,
    courses_search,
    users_addresses,
    users_roles,
    users_unconfirmed,
)
from app.services.bulk import Report
from app.services.users_import_plan import Account, Line, Plan
from app.sheets import Row, Sheet

_SENT = """
    jsonb_to_recordset(:people) AS sent (
        id uuid, external_id text, email text, username text, first_name text, last_name text, department text,
        hired_on date, role text
    )
"""

_MAKE = """
    INSERT INTO users (
        external_id, email, username, first_name, last_name, department, hired_on, role, email_verified
    )
    SELECT
        external_id, email, username, first_name, coalesce(last_name, ''), department, hired_on,
        coalesce(role, 'STUDENT'), true
    FROM
"""

_CHANGE = """
    UPDATE users SET
        external_id = coalesce(sent.external_id, users.external_id),
        email = coalesce(sent.email, users.email),
        username = coalesce(sent.username, users.username),
        first_name = coalesce(sent.first_name, users.first_name),
        last_name = coalesce(sent.last_name, users.last_name),
        department = coalesce(sent.department, users.department),
        hired_on = coalesce(sent.hired_on, users.hired_on),
        role = coalesce(sent.role, users.role),
        updated_at = now()
    FROM
"""

_ATTEMPTS = 5
"""How often the file is decided about, where other calls make the same people at the same moment."""

_PEOPLE = bindparam("people", type_=JSONB)
_INSERT = text(_MAKE + _SENT + "ON CONFLICT DO NOTHING RETURNING id, email").bindparams(_PEOPLE)
_UPDATE = text(_CHANGE + _SENT + "WHERE users.id = sent.id").bindparams(_PEOPLE)


@dataclass(frozen=True)
class ImportReport(Report):
    sheet: Sheet


def import_people(*, file: Sheet, strict: bool = False) -> ImportReport:
    """Make and update accounts. New ones are verified; their owners set a password by mail.

    So do the owners of known ones whose address nobody has confirmed: a stranger may have signed up under it.
    """
    bulk.refuse_too_many(file.rows)
    if strict and file.ignored_columns:
        raise InvalidRequest(
            details={"file": [f"Unknown column: {title}." for title in file.ignored_columns[:20]]}
        )
    for _ in range(_ATTEMPTS):
        with savepoint() as undo:
            plan = Plan(_hold_known(file.rows))
            lines = {row.number: plan.decide(row) for row in file.rows}
            plan.name_new_people()
            ids = _insert(plan.new)
            if len(ids) == len(plan.new):
                return ImportReport(**vars(_finish(plan, lines, ids)), sheet=file)
            # Another call has made some of these people in the meantime: now they are known.
            undo()
    raise Unavailable(
        "People of this file are being made elsewhere at this moment. Nothing was changed; try again."
    )


def _finish(plan: Plan, lines: dict[int, Line], ids: Mapping[int, UUID]) -> Report:
    _update(plan)
    account_mails.owe(
        NoticeKind.SET_PASSWORD, [*ids.values(), *users_unconfirmed.vouch_for(plan.unconfirmed)]
    )
    about = [line.about(ids[number]) if number in ids else line for number, line in lines.items()]
    return bulk.report(about, ImportOutcome)


def _hold_known(rows: Sequence[Row]) -> list[Account]:
    """Lock, in the order of their ids, all people whom a row may mean, or who have an identifier that a row gives."""
    sent = [row.values for row in rows if not row.trouble]
    statement = (
        select(*(getattr(User, column) for column in Account._fields))
        .where(
            or_(
                _is_among(User.external_id, (values.get("external_id") for values in sent)),
                _is_among(func.lower(User.email), (values.get("email") for values in sent)),
                _is_among(func.lower(User.username), (_lowered(values.get("username")) for values in sent)),
            )
        )
        .order_by(User.id)
        .with_for_update(key_share=True)
    )
    return [Account._make(row) for row in db.session.execute(statement)]


def _insert(new: Mapping[int, Mapping[str, Any]]) -> dict[int, UUID]:
    """The ids of the people who were made, by the number of the row."""
    if not new:
        return {}
    # In the same order in every import: two imports of the same people never deadlock.
    people = [_as_json(values) for values in sorted(new.values(), key=itemgetter("email"))]
    made = {row.email: row.id for row in db.session.execute(_INSERT, {"people": people})}
    return {number: made[values["email"]] for number, values in new.items() if values["email"] in made}


def _update(plan: Plan) -> None:
    """Write the changes. The plan found their identifiers free; if somebody has taken one since, the call is refused."""
    if not plan.changed:
        return
    people = [{"id": str(user_id), **_as_json(changes)} for user_id, changes in plan.changed.items()]
    taken = {
        User.ONE_PER_EMAIL: EmailTaken(),
        User.ONE_PER_USERNAME: UsernameTaken(),
        User.ONE_PER_EXTERNAL_ID: ExternalIdTaken(),
    }
    with refusing(taken):
        db.session.execute(_UPDATE, {"people": people})
    users_roles.follow_demotion(plan.demoted)
    users_addresses.follow(plan.old_addresses)
    if plan.renamed:
        courses_search.index_for_search(among(Course.instructor_id, plan.renamed))


def _as_json(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


def _lowered(name: str | None) -> str | None:
    return None if name is None else name.lower()


def _is_among(column: Any, values: Iterable[str | None]) -> ColumnElement[bool]:
    wanted = sorted({value for value in values if value is not None})
    found: ColumnElement[bool] = column == any_(literal(wanted, ARRAY(Text())))
    return found
