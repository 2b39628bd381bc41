"""Deletion of users (right to erasure): the account is soft-deleted, and personal data is anonymized for good.

The row stays, because other rows refer to it: enrollments, certificates with the name they were issued to, reviews, the
history of courses. Enrollments that are not completed are cancelled, so that their seats are free.
"""

from __future__ import annotations

import secrets
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update

from app.adapters import storage
from app.db.session import after_commit, among, db, lock_name
from app.enums import CancellationReason, EnrollmentStatus, RequestStatus
from app.errors.accounts import InstructorHasCourses
from app.models.caller import Actor
from app.models.course import Course
from app.models.email_change import EmailChange
from app.models.enrollment import Enrollment
from app.models.idempotency_key import IdempotencyKey
from app.models.instructor_request import InstructorRequest
from app.models.known_place import KnownPlace
from app.models.mail_token import MailToken
from app.models.session import Session
from app.models.user import User
from app.services.auth import sessions
from app.services.people import users_roles
from app.services.search import courses_search


def prevent_deletions() -> None:
    """Block deletions of accounts until the commit. A deletion cancels the enrollments that it sees, and must see all."""
    lock_name(User.DELETION, is_shared=True)


def erase(admin: Actor, user_id: UUID) -> None:
    """Deactivate and anonymize an account. It cannot be undone."""
    lock_name(User.DELETION)
    user = users_roles.lock_with_admins(admin, user_id, keeps_admin=False)
    _refuse_with_courses(user)
    if user.profile_picture:
        after_commit(partial(storage.remove, user.profile_picture))
    _lock_courses(user)
    _anonymise(user)
    db.session.flush()
    _erase_traces(user)
    # Only deleted courses are left, and their search vectors still contain the name.
    courses_search.index_for_search(Course.instructor_id == user.id)
    _end_enrollments(user)
    sessions.end_all(user.id)


def _refuse_with_courses(user: User) -> None:
    """The user's row is locked, so that they cannot be given a course concurrently."""
    teaches = exists().where(Course.instructor_id == user.id, Course.deleted_at.is_(None))
    if db.session.scalar(select(teaches)):
        raise InstructorHasCourses


def _lock_courses(user: User) -> None:
    """Lock every course that the deletion writes to, in the order of their ids: those with a seat to free, and their own.

    Every enrollment locks the account first, so none is added from here on.
    """
    taken = select(Enrollment.course_id).where(_is_active(user))
    found = select(Course.id).where(or_(Course.id.in_(taken), Course.instructor_id == user.id))
    db.session.execute(found.order_by(Course.id).with_for_update(key_share=True))


def _end_enrollments(user: User) -> None:
    """Cancel the user's active enrollments, and free the seats. COMPLETED ones stay, as history."""
    found = select(Enrollment.id).where(_is_active(user)).order_by(Enrollment.id)
    held = db.session.scalars(found.with_for_update(key_share=True)).all()
    ended = (
        update(Enrollment)
        .where(among(Enrollment.id, held), _is_active(user))
        .values(
            status=EnrollmentStatus.CANCELLED,
            cancelled_at=func.now(),
            cancellation_reason=CancellationReason.USER_DELETED,
        )
        .returning(Enrollment.course_id)
        .cte("ended")
    )
    db.session.execute(
        update(Course)
        .where(Course.id == ended.c.course_id)
        .values(enrollment_count=Course.enrollment_count - 1, updated_at=Course.updated_at)
        .execution_options(synchronize_session=False)
    )


def _is_active(user: User) -> ColumnElement[bool]:
    return and_(Enrollment.user_id == user.id, Enrollment.status == EnrollmentStatus.ACTIVE)


def _anonymise(user: User) -> None:
    """Overwrite the account. No address exists under `.invalid`, which is reserved for names that never resolve."""
    placeholder = f"deleted-{secrets.token_hex(10)}"
    user.email, user.username = f"{placeholder}@deleted.invalid", placeholder
    user.first_name, user.last_name = "Deleted", "user"
    user.phone_number = user.bio = user.profile_picture = user.password_hash = None
    user.external_id = user.department = user.hired_on = user.manager_id = None
    user.is_active = user.email_verified = user.can_self_publish = False
    user.deleted_at = func.now()


def _erase_traces(user: User) -> None:
    """Delete the user's personal data in other tables, among it the addresses that they logged in from.

    Ended sessions are purged within days, and identifiers in bulk runs within the hour, see `retention`.
    """
    living = (Session.user_id == user.id, Session.ended_at.is_(None))
    db.session.execute(update(Session).where(*living).values(user_agent="", ip_address=""))
    for kept_about_them in (MailToken, EmailChange, IdempotencyKey, KnownPlace):
        db.session.execute(delete(kept_about_them).where(kept_about_them.user_id == user.id))
    of_theirs = InstructorRequest.user_id == user.id
    db.session.execute(
        delete(InstructorRequest).where(of_theirs, InstructorRequest.status == RequestStatus.PENDING)
    )
    db.session.execute(
        update(InstructorRequest).where(of_theirs).values(reason="", qualifications="", teaching_interests="")
    )
