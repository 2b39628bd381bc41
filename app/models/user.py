"""A user: learner, instructor or admin."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ColumnElement,
    Computed,
    ForeignKey,
    Index,
    SQLColumnExpression,
    String,
    Text,
    and_,
    func,
    literal,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, deferred, mapped_column

from app.db.columns import both_ways, folded, one_of, ordered, word
from app.db.session import Identified, Model, Timestamped
from app.enums import Role
from app.settings import settings
from app.values import names

SEARCHED = """
    words_of_person(first_name::text, last_name::text, username::text, email::text, external_id::text)
"""
NAMES_ONLY = "A"
"""The weight of names among the words that a search for users reads; addresses and personnel numbers have none."""


class User(Identified, Timestamped, Model):
    """An account. A user without a password hash cannot log in."""

    __tablename__ = "users"

    ONE_PER_EMAIL = "uq_users_email"
    ONE_PER_USERNAME = "uq_users_username"
    ONE_PER_EXTERNAL_ID = "uq_users_external_id"

    DELETION = "deletion of people"
    """The advisory lock that a deletion holds exclusively, and that bulk runs and renewals share."""
    HAS_MANAGER = "fk_users_manager_id"
    NOT_OWN_MANAGER = "ck_users_not_own_manager"

    email: Mapped[str] = mapped_column(String(254))
    username: Mapped[str] = mapped_column(String(60))
    first_name: Mapped[str] = mapped_column(String(100), server_default="")
    last_name: Mapped[str] = mapped_column(String(100), server_default="")
    phone_number: Mapped[str | None] = mapped_column(String(40))
    bio: Mapped[str | None] = mapped_column(String(2000))
    profile_picture: Mapped[str | None] = mapped_column(String(500))
    role: Mapped[Role] = mapped_column(word(Role), server_default=Role.STUDENT)
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    email_verified: Mapped[bool] = mapped_column(server_default=text("false"))
    can_self_publish: Mapped[bool] = mapped_column(server_default=text("false"))
    external_id: Mapped[str | None] = mapped_column(String(100))
    department: Mapped[str | None] = mapped_column(String(100))
    hired_on: Mapped[date | None]
    manager_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    deleted_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    """when the names of a deleted user were removed from bulk runs"""
    former_name_hashes: Mapped[list[str] | None] = deferred(mapped_column(ARRAY(Text)), raiseload=True)
    """of earlier addresses, usernames and external ids, kept by a trigger until a deleted user is erased from bulk runs"""
    search_vector: Mapped[str] = deferred(
        mapped_column(TSVECTOR, Computed(SEARCHED.strip(), persisted=True), nullable=False), raiseload=True
    )

    __table_args__ = (
        Index(ONE_PER_EMAIL, func.lower(email), unique=True),
        Index(ONE_PER_USERNAME, func.lower(username), unique=True),
        Index(
            ONE_PER_EXTERNAL_ID, external_id, unique=True, postgresql_where=text("external_id IS NOT NULL")
        ),
        Index("ix_users_active_admins", "id", postgresql_where=text("role = 'ADMIN' AND is_active")),
        Index("ix_users_created_at_id", "created_at", "id"),
        *ordered(
            "users",
            first_name=folded("first_name"),
            last_name=folded("last_name"),
            role_newest="role & created_at",
            department_newest="department & created_at",
            **both_ways("department", folded("department")),
            **both_ways("hired_on"),
        ),
        *ordered("users", "NOT is_active", inactive_newest="created_at"),
        *ordered("users", "NOT email_verified", unverified_newest="created_at"),
        Index(
            "ix_users_to_erase",
            "id",
            postgresql_where=text("deleted_at IS NOT NULL AND erased_at IS NULL"),
        ),
        Index("ix_users_search_vector", search_vector, postgresql_using="gin"),
        CheckConstraint(one_of("role", Role), "role"),
        CheckConstraint("manager_id <> id", "not_own_manager"),
        CheckConstraint("email <> '' AND username <> '' AND external_id <> ''", "identifiers_not_empty"),
        CheckConstraint("department <> ''", "department_not_empty"),
    )

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def is_deleted(self) -> bool:
        """Whether nothing of the user is left but the row that others refer to."""
        return self.deleted_at is not None

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    @classmethod
    def is_active_admin(cls) -> ColumnElement[bool]:
        return and_(cls.role == Role.ADMIN, cls.is_active)

    @classmethod
    def can_log_in(cls) -> ColumnElement[bool]:
        is_confirmed = cls.email_verified if settings().require_email_verification else true()
        return and_(cls.is_active, cls.password_hash.is_not(None), is_confirmed)

    @classmethod
    def has_email(cls, email: str) -> ColumnElement[bool]:
        return _is_called(cls.email, names.address(email))

    @classmethod
    def has_username(cls, username: str) -> ColumnElement[bool]:
        return _is_called(cls.username, names.username(username))

    @staticmethod
    def hash_of_name(name: ColumnElement[str]) -> ColumnElement[str]:
        """The hash by which an address, a username or an external id is recognized without being stored."""
        return func.hash_of_name(name)

    @classmethod
    def is_named(cls, asked: ColumnElement[Any]) -> ColumnElement[bool]:
        """The words of a text search are in names, email or external id."""
        return cls.search_vector.bool_op("@@")(asked)


def _is_called(column: SQLColumnExpression[str], name: str | None) -> ColumnElement[bool]:
    """A value that cannot be such a name is compared as well, with NULL: the query takes the same time."""
    return func.lower(column) == literal(name, String)
