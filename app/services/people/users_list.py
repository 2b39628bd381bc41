"""The list of users, for admins: filtered, searched and ordered."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import load_only

from app.db.fulltext import naming
from app.db.listings import Listing, folded, lowered, narrowed_by, ordered_by
from app.enums import Role
from app.models.user import User
from app.services.search.people_search import exact_first

LOGINS = ("email", "username")
WORDS = ("first_name", "last_name", "department")
SORTABLE = ("created_at", "hired_on", *LOGINS, *WORDS)
_NULLABLE = ("department", "hired_on")
_HIDDEN = ("password_hash", "bio", "former_name_hashes", "search_vector")


def list_people(
    *,
    role: tuple[Role, ...] | None = None,
    is_active: bool | None = None,
    email_verified: bool | None = None,
    department: str | None = None,
    email: str | None = None,
    username: str | None = None,
    external_id: str | None = None,
    search: str | None = None,
    ordering: str = "-created_at",
) -> Listing:
    wanted = {
        User.role: role,
        User.is_active: is_active,
        User.email_verified: email_verified,
        User.department: department,
        User.external_id: external_id,
    }
    conditions: list[ColumnElement[bool]] = [User.deleted_at.is_(None)]
    conditions += narrowed_by(wanted)
    if email is not None:
        conditions.append(User.has_email(email))
    if username is not None:
        conditions.append(User.has_username(username))
    shown = [column for column in User.__mapper__.column_attrs if column.key not in _HIDDEN]
    people = select(User).options(load_only(*(column.class_attribute for column in shown), raiseload=True))
    columns = {name: getattr(User, name) for name in SORTABLE}
    columns |= {name: lowered(columns[name]) for name in LOGINS}
    columns |= {name: folded(columns[name]) for name in WORDS}
    keys = ordered_by(ordering, columns, User.id, nullable=_NULLABLE)
    if not search or not search.strip():
        return Listing(people.where(*conditions), keys)
    keys.insert(0, exact_first(User.id, search))
    conditions.append(User.is_named(naming(search)))
    crowded = Listing(people.where(*conditions), keys)
    return Listing(people, keys, matching=select(User.id).where(*conditions), gathers=True, crowded=crowded)
