"""Certificates: the learner's own, public verification by number, and revocation."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true, update
from sqlalchemy.orm import contains_eager, joinedload
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.interfaces import ORMOption

from app.db.listings import Listing, folded, ordered_by
from app.db.session import db
from app.errors.base import NotFound
from app.errors.catalogue import InvalidTransition
from app.models import Certificate, CourseVersion, Enrollment, User
from app.models.caller import Actor

_ORDERINGS = {"issued_at": Certificate.issued_at, "course_title": folded(Certificate.course_title)}


def list_own(user: Actor, *, ordering: str) -> Listing:
    statement = (
        select(Certificate)
        .join(Certificate.enrollment)
        .where(Enrollment.user_id == user.id)
        .options(with_version())
    )
    return Listing(statement, ordered_by(ordering, _ORDERINGS, Certificate.id))


def get_own(user: Actor, certificate_id: UUID) -> Certificate:
    """The user's own certificate; for admins any."""
    return _find(Certificate.id == certificate_id, true() if user.is_admin else _belongs_to(user))


def verify(number: str) -> Certificate:
    """The certificate with this number and its owner, for the public. A revoked one is marked as such."""
    owner = contains_eager(Certificate.enrollment).contains_eager(Enrollment.user)
    found = (
        select(Certificate)
        .join(Certificate.enrollment)
        .join(Enrollment.user)
        .options(owner.load_only(User.deleted_at), with_version())
        .where(has_number(number))
    )
    certificate = db.session.scalar(found)
    if certificate is None:
        raise NotFound
    return certificate


def has_number(number: str) -> ColumnElement[bool]:
    """Whether a certificate has this number, in any case.

    :raises NotFound: it contains characters that no number has
    """
    if not (number.isascii() and number.isprintable()):
        raise NotFound
    return Certificate.number == number.upper()


def revoke(admin: Actor, certificate_id: UUID, *, reason: str) -> Certificate:
    """Revoke a certificate. Its number verifies as revoked from now on."""
    certificate = _find(Certificate.id == certificate_id)
    revoked = db.session.scalar(
        update(Certificate)
        .where(Certificate.id == certificate_id, Certificate.revoked_at.is_(None))
        .values(revoked_at=func.now(), revoked_by_id=admin.id, revocation_reason=reason)
        .returning(Certificate.revoked_at)
    )
    if revoked is None:
        raise InvalidTransition("This certificate is already revoked.")
    set_committed_value(certificate, "revoked_at", revoked)
    return certificate


def _find(*conditions: ColumnElement[bool]) -> Certificate:
    certificate = db.session.scalar(select(Certificate).where(*conditions).options(with_version()))
    if certificate is None:
        raise NotFound
    return certificate


def _belongs_to(user: Actor) -> ColumnElement[bool]:
    return Certificate.enrollment.has(Enrollment.user_id == user.id)


def with_version() -> ORMOption:
    return joinedload(Certificate.course_version).load_only(CourseVersion.number)
