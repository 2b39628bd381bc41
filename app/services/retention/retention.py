"""Retention periods: purging expired rows, and erasing deleted users from bulk runs.

Rows are deleted in batches. The caller repeats a function until it returns False; each batch is a transaction, short
enough that no request waits for it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    and_,
    any_,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy import inspect as mapper_of
from sqlalchemy.dialects.postgresql import JSONB

from app.db.session import Model, among, db
from app.enums import MailTokenPurpose
from app.models.assignment import Assignment
from app.models.assignment_item import AssignmentItem
from app.models.attempt import Attempts
from app.models.email_change import EmailChange
from app.models.idempotency_key import IdempotencyKey
from app.models.known_place import KnownPlace
from app.models.mail_token import MailToken
from app.models.session import RefreshToken, Session
from app.models.user import User
from app.services.auth import known_places
from app.services.retention import idempotency_keys
from app.values.characters import is_blank

SESSIONS_KEPT = timedelta(days=7)
TOKENS_KEPT = timedelta(days=1)
"""Tokens expire by the clocks of the web servers, rows by the database's; this is more than the two differ."""

EMAIL_CHANGES_KEPT = timedelta(days=30)
LONGEST_RUN = timedelta(hours=1)
"""A bulk run that began before a user was deleted has ended after this time, and writes no more lines about them."""

A_DELETION = timedelta(minutes=1)
"""Longer than a deletion takes: a run that began by then may still have seen the user."""

ERASED = "[deleted]"
"""Replaces the identifier of a user whom the instructor may not see. The id would reveal that there is an account."""

SPACE = "".join(filter(is_blank, map(chr, range(0x10000))))

BATCH = 1_000
PREVIEWS_AT_ONCE = 10
"""Each has as many lines as users, which are deleted with it."""

PREVIEWS_REMEMBERED = timedelta(days=30)
RUNS_AT_ONCE = 500


def purge_sessions() -> bool:
    """Purge ended sessions, with their refresh tokens. Like the functions below, returns whether there may be more."""
    return _purge(Session, Session.over_at() < func.now() - SESSIONS_KEPT)


def purge_refresh_tokens() -> bool:
    """Purge expired refresh tokens, also of active sessions: such a token is never looked up."""
    return _purge(RefreshToken, RefreshToken.expires_at < func.now() - TOKENS_KEPT)


def purge_mail_tokens() -> bool:
    """Purge mail tokens that are expired or used."""
    return _purge(MailToken, or_(MailToken.expires_at < func.now(), MailToken.spent_at.is_not(None)))


def purge_email_changes() -> bool:
    """Purge old and requested addresses, long after the last mail about them. A change with a valid link is kept."""
    long_ago = func.now() - EMAIL_CHANGES_KEPT
    is_confirmable = exists().where(
        MailToken.user_id == EmailChange.user_id,
        MailToken.purpose == MailTokenPurpose.CONFIRM_EMAIL,
        MailToken.spent_at.is_(None),
        MailToken.expires_at > func.now(),
    )
    is_over = or_(
        EmailChange.confirmed_at < long_ago, and_(EmailChange.confirmed_at.is_(None), ~is_confirmable)
    )
    return _purge(EmailChange, EmailChange.created_at < long_ago, is_over)


def purge_previews() -> bool:
    """Purge the ledgers of expired previews; their records later, so that a late commit gets the reason meanwhile.

    One that was cancelled or failed is a preview, too, and expires as well.
    """
    is_expired = (Assignment.is_preview.is_(True), Assignment.expires_at < func.now())
    forgotten = Assignment.expires_at < func.now() - PREVIEWS_REMEMBERED
    is_more = _purge(Assignment, *is_expired, forgotten, batch=PREVIEWS_AT_ONCE)
    picked = (
        select(Assignment.id)
        .where(*is_expired, Assignment.counts != literal({}, JSONB))
        .limit(PREVIEWS_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    emptied = db.session.scalars(picked).all()
    db.session.execute(
        delete(AssignmentItem)
        .where(among(AssignmentItem.assignment_id, emptied))
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Assignment)
        .where(among(Assignment.id, emptied))
        .values(counts={})
        .execution_options(synchronize_session=False)
    )
    return is_more or len(emptied) == PREVIEWS_AT_ONCE


def purge_attempts() -> bool:
    """Purge attempts that no longer count."""
    return _purge(Attempts, Attempts.forgotten_at < func.now())


def purge_known_places() -> bool:
    """Purge places from which the owner of an account has not logged in for `KEPT`."""
    return _purge(KnownPlace, KnownPlace.seen_at < func.now() - known_places.KEPT)


def purge_idempotency_keys() -> bool:
    """Purge expired idempotency keys."""
    return _purge(IdempotencyKey, IdempotencyKey.created_at < func.now() - idempotency_keys.KEPT)


def _purge(kind: type[Model], *is_over: ColumnElement[bool], batch: int | None = None) -> bool:
    """Delete a batch of expired rows that are not locked, and return whether there may be more."""
    limit = batch or BATCH
    key = mapper_of(kind).primary_key
    picked = select(*key).where(*is_over).limit(limit).with_for_update(skip_locked=True).cte("picked")
    these = [column == picked.c[column.name] for column in key]
    gone: Any = db.session.execute(
        delete(kind).where(*these).execution_options(synchronize_session=False),
    )
    return int(gone.rowcount) == limit


def people_to_erase() -> list[UUID]:
    """Deleted users whose address or external id may still be in lines of bulk runs, however old."""
    waiting = select(User.id).where(User.deleted_at.is_not(None), User.erased_at.is_(None))
    return list(db.session.scalars(waiting))


def newest_run() -> UUID | None:
    """The newest bulk run: where a pass over all of them ends, however many are added meanwhile."""
    return db.session.scalar(select(Assignment.id).order_by(Assignment.id.desc()).limit(1))


def erase_in_runs(people: Collection[UUID], last: UUID, newest: UUID) -> UUID | None:
    """Erase these users from the lines of the next bulk runs after `last`, and return the last run that was processed.

    Run by run and not by an index: lines are not ordered by user, and such an index would make every run slower.
    """
    is_next = and_(Assignment.id > last, Assignment.id <= newest)
    runs = select(Assignment.id).where(is_next).order_by(Assignment.id).limit(RUNS_AT_ONCE)
    looked_at = db.session.scalars(runs).all()
    if not looked_at:
        return None
    here = AssignmentItem.assignment_id.between(looked_at[0], looked_at[-1])
    _call_by_id(people, here)
    _erase_names(people, here)
    return looked_at[-1]


def _call_by_id(people: Collection[UUID], here: ColumnElement[bool]) -> None:
    named = cast(AssignmentItem.user_id, Text)
    db.session.execute(
        update(AssignmentItem)
        .where(here, among(AssignmentItem.user_id, people), AssignmentItem.input != named)
        .values(input=named, kind="user_id")
        .execution_options(synchronize_session=False)
    )


def _erase_names(people: Collection[UUID], here: ColumnElement[bool]) -> None:
    """Erase by former names where a line has no user id: the instructor of the run was not allowed to see the user.

    Skip a line if an existing user, who existed when the run began, has that name: it is about them.
    """
    gone = (
        select(User.deleted_at, func.unnest(User.former_name_hashes).label("name_hash"))
        .where(among(User.id, people))
        .cte("gone")
    )
    # Filter before joining: few lines remain, but the planner does not know how few, and would compare all with each.
    hashes = db.session.scalars(select(gone.c.name_hash)).all()
    sent = func.btrim(AssignmentItem.input, SPACE)
    called = func.lower(sent)
    hash_of_called = User.hash_of_name(sent)
    is_here = and_(User.deleted_at.is_(None), User.created_at <= Assignment.created_at)
    # Three conditions, of which each has an index; with one OR the planner would scan all users.
    is_theirs = (
        func.lower(User.email) == called,
        func.lower(User.username) == called,
        User.external_id == sent,
    )
    db.session.execute(
        update(AssignmentItem)
        .where(
            here,
            AssignmentItem.user_id.is_(None),
            hash_of_called == any_(literal(hashes, ARRAY(Text))),
            hash_of_called == gone.c.name_hash,
            AssignmentItem.assignment_id == Assignment.id,
            Assignment.created_at < gone.c.deleted_at + A_DELETION,
            *(~exists().where(is_here, each) for each in is_theirs),
        )
        .values(input=ERASED)
        .execution_options(synchronize_session=False)
    )


def _is_staged() -> ColumnElement[bool]:
    """Whether a run that was accepted before the deletion has lines that are not in its ledger yet."""
    return exists().where(
        Assignment.next_batch <= Assignment.batches, Assignment.created_at < User.deleted_at + A_DELETION
    )


def note_erased(people: Collection[UUID], *, began_at: datetime) -> None:
    """Record that all runs that existed at `began_at` were processed for these users; recently deleted users stay pending."""
    db.session.execute(
        update(User)
        .where(
            among(User.id, people),
            User.deleted_at < began_at - LONGEST_RUN,
            ~_is_staged(),
        )
        .values(erased_at=func.now(), former_name_hashes=None, updated_at=User.updated_at)
        .execution_options(synchronize_session=False)
    )
