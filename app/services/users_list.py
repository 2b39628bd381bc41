"""People as a list, for admins: narrowed, searched and ordered."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import load_only

from app.enums import Role
from app.errors import Forbidden
from app.models.user import User
from app.paging import Listing, ordered_by

SORTABLE = ("created_at", "email", "username", "first_name", "last_name", "department", "hired_on")
_NULLABLE = ("department", "hired_on")


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
    conditions += [_mentions(word) for word in (search or "").split()]
    shown = [column for column in User.__mapper__.column_attrs if column.key not in {"password_hash", "bio"}]
    statement = (
        select(User)
        .where(*conditions)
        .options(load_only(*(column.class_attribute for column in shown), raiseload=True))
    )
    columns = {name: getattr(User, name) for name in SORTABLE}
    return Listing(statement, ordered_by(ordering, columns, User.id, nullable=_NULLABLE))


def _mentions(word: str) -> ColumnElement[bool]:
    texts = (User.first_name, User.last_name, User.email, User.username, User.external_id)
    return or_(*(column.icontains(word, autoescape=True) for column in texts))
