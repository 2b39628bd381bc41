"""People as a list, for admins: narrowed, searched and ordered."""

from __future__ import annotations

from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, any_, func, select
from sqlalchemy.orm import load_only

from app.enums import Role
from app.errors import Forbidden
from app.models.user import User
from app.paging import Listing, ordered_by
from app.services.fulltext import naming

SORTABLE = ("created_at", "email", "username", "first_name", "last_name", "department", "hired_on")
_NULLABLE = ("department", "hired_on")
_FOLDED = {
    "email": func.lower(User.email, type_=Text),
    "username": func.lower(User.username, type_=Text),
}


def browse(
    admin: User,
    *,
    role: Role | None = None,
    is_active: bool | None = None,
    email_verified: bool | None = None,
    department: str | None = None,
    search: str | None = None,
    ordering: str = "-created_at",
) -> Listing:
    if not admin.is_admin:
        raise Forbidden
    wanted = {
        User.role: role,
        User.is_active: is_active,
        User.email_verified: email_verified,
        User.department: department,
    }
    conditions: list[ColumnElement[bool]] = [User.deleted_at.is_(None)]
    conditions += [column == value for column, value in wanted.items() if value is not None]
    if search and search.strip():
        conditions.append(_is_found(search))
    shown = [column for column in User.__mapper__.column_attrs if column.key not in {"password_hash", "bio"}]
    statement = (
        select(User)
        .where(*conditions)
        .options(load_only(*(column.class_attribute for column in shown), raiseload=True))
    )
    columns = {name: getattr(User, name) for name in SORTABLE} | _FOLDED
    return Listing(statement, ordered_by(ordering, columns, User.id, nullable=_NULLABLE))


def _is_found(search: str) -> ColumnElement[bool]:
    """Gathered first: the planner would walk the index of the ordering in the hope of a match."""
    found = select(User.id).where(User.is_named(naming(search))).correlate(None).scalar_subquery()
    return User.id == any_(func.array(found, type_=ARRAY(Uuid)))
