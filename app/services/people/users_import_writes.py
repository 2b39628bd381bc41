"""Bulk writes of an import: new users, changes and managers, each in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from app.db.session import among, db, refusing
from app.errors.accounts import EmailTaken, ExternalIdTaken, UsernameTaken
from app.models.course import Course
from app.models.user import User
from app.services.people import users_addresses, users_roles
from app.services.people.users_import_plan import Person, Plan
from app.services.search import courses_search

_SENT = """
    jsonb_to_recordset(:people) AS sent (
        id uuid, external_id text, email text, username text, first_name text, last_name text, department text,
        hired_on date, role text, is_active boolean, manager_id uuid
    )
"""

_MAKE = """
    INSERT INTO users (
        external_id, email, username, first_name, last_name, department, hired_on, role, is_active,
        email_verified
    )
    SELECT
        external_id, email, username, first_name, coalesce(last_name, ''), department, hired_on,
        coalesce(role, 'STUDENT'), coalesce(is_active, true), true
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
        is_active = coalesce(sent.is_active, users.is_active),
        updated_at = now()
    FROM
"""

_MANAGE = "UPDATE users SET manager_id = sent.manager_id, updated_at = now() FROM"

_PEOPLE = bindparam("people", type_=JSONB)
_INSERT = text(_MAKE + _SENT + "ON CONFLICT DO NOTHING RETURNING id, email").bindparams(_PEOPLE)
_UPDATE = text(_CHANGE + _SENT + "WHERE users.id = sent.id").bindparams(_PEOPLE)
_REPORT = text(_MANAGE + _SENT + "WHERE users.id = sent.id").bindparams(_PEOPLE)


def insert(new: Mapping[int, Mapping[str, Any]]) -> dict[int, UUID]:
    """The ids of the users who were created, by the number of the row."""
    if not new:
        return {}
    # In the same order in every import: two imports of the same users never deadlock.
    people = [_as_json(values) for values in sorted(new.values(), key=itemgetter("email"))]
    made = {row.email: row.id for row in db.session.execute(_INSERT, {"people": people})}
    return {number: made[values["email"]] for number, values in new.items() if values["email"] in made}


def update(plan: Plan) -> None:
    """Write the changes. The plan found their identifiers free; if one has been taken since, the call is refused."""
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
    users_roles.follow_deactivation(plan.deactivated)
    users_addresses.follow(plan.old_addresses)
    users_roles.follow_activation(plan.activated)
    if plan.renamed:
        courses_search.index_for_search(among(Course.instructor_id, plan.renamed))


def report_to(managers: Mapping[Person, Person], made: Mapping[int, UUID]) -> None:
    """Write the managers.

    :param made: the accounts that rows have created
    """
    if not managers:
        return

    def id_of(person: Person) -> str:
        return str(made[person] if isinstance(person, int) else person)

    people = [{"id": id_of(person), "manager_id": id_of(above)} for person, above in managers.items()]
    db.session.execute(_REPORT, {"people": people})


def _as_json(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}
