"""What is kept for a while and then forgotten.

Rows are deleted in batches, by whoever calls these functions again until one of them says that nothing is left: each
batch is a transaction, short enough that nobody waits for it.
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

from app.db.session import Model, among, db
from app.enums import AssignmentState, MailTokenPurpose
from app.models.assignment import Assignment, AssignmentItem
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
"""A bulk run that began before somebody was deleted has ended after so long, and writes no more lines about them."""

A_DELETION = timedelta(minutes=1)
"""Longer than a deletion takes: a run that began by then may still have seen the person."""

FORGOTTEN = "[deleted]"
"""What a line calls somebody whom its instructor was not told of. Not by id: nobody is there."""

SPACE = "".join(filter(is_blank, map(chr, range(0x10000))))

BATCH = 1_000
PREVIEWS_AT_ONCE = 10
"""Each has as many lines as people, which go with it."""

RUNS_AT_ONCE = 500


def forget_sessions() -> bool:
    """Sessions that are over, with their refresh tokens. Like its neighbors, says whether there may be more."""
    return _forget(Session, Session.over_at() < func.now() - SESSIONS_KEPT)


def forget_refresh_tokens() -> bool:
    """Refresh tokens of living sessions, too, once their signature has expired: no such token is looked up any more."""
    return _forget(RefreshToken, RefreshToken.expires_at < func.now() - TOKENS_KEPT)


def forget_mail_tokens() -> bool:
    """Secrets of mails that open nothing any more."""
    return _forget(MailToken, or_(MailToken.expires_at < func.now(), MailToken.spent_at.is_not(None)))


def forget_email_changes() -> bool:
    """Addresses that people had or wanted, long after the last mail about them. A link that works keeps its wish."""
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
    return _forget(EmailChange, EmailChange.created_at < long_ago, is_over)


def forget_previews() -> bool:
    """Bulk runs that were only looked at."""
    is_preview = Assignment.state == AssignmentState.PREVIEW
    return _forget(Assignment, is_preview, Assignment.expires_at < func.now(), batch=PREVIEWS_AT_ONCE)


def forget_attempts() -> bool:
    """Attempts that count no more."""
    return _forget(Attempts, Attempts.forgotten_at < func.now())


def forget_known_places() -> bool:
    """Addresses from which the owner of an account has not logged in for long."""
    return _forget(KnownPlace, KnownPlace.seen_at < func.now() - known_places.KEPT)


def forget_idempotency_keys() -> bool:
    """Requests that are not sent again any more."""
    return _forget(IdempotencyKey, IdempotencyKey.created_at < func.now() - idempotency_keys.KEPT)


def _forget(kind: type[Model], *is_over: ColumnElement[bool], batch: int | None = None) -> bool:
    """Delete some rows that are over and that nobody holds; whether there may be more."""
    limit = batch or BATCH
    key = mapper_of(kind).primary_key
    picked = select(*key).where(*is_over).limit(limit).with_for_update(skip_locked=True).cte("picked")
    these = [column == picked.c[column.name] for column in key]
    gone: Any = db.session.execute(
        delete(kind).where(*these).execution_options(synchronize_session=False),
    )
    return int(gone.rowcount) == limit


def people_to_erase() -> list[UUID]:
    """Deleted people whom the lines of bulk runs may still call by their address or number, however long ago it was."""
    waiting = select(User.id).where(User.deleted_at.is_not(None), User.erased_at.is_(None))
    return list(db.session.scalars(waiting))


def newest_run() -> UUID | None:
    """The last bulk run there is now: where a pass over all of them ends, however many are added meanwhile."""
    return db.session.scalar(select(Assignment.id).order_by(Assignment.id.desc()).limit(1))


def erase_in_runs(people: Collection[UUID], last: UUID, newest: UUID) -> UUID | None:
    """In the next bulk runs after `last`, let no line name these people; the last run looked at, if there was one.

    Run by run and not by an index: lines are not ordered by person, and such an index would make every run dearer.
    """
    is_next = and_(Assignment.id > last, Assignment.id <= newest)
    runs = select(Assignment.id).where(is_next).order_by(Assignment.id).limit(RUNS_AT_ONCE)
    looked_at = db.session.scalars(runs).all()
    if not looked_at:
        return None
    here = AssignmentItem.assignment_id.between(looked_at[0], looked_at[-1])
    _call_by_id(people, here)
    _forget_names(people, here)
    return looked_at[-1]


def _call_by_id(people: Collection[UUID], here: ColumnElement[bool]) -> None:
    named = cast(AssignmentItem.user_id, Text)
    db.session.execute(
        update(AssignmentItem)
        .where(here, among(AssignmentItem.user_id, people), AssignmentItem.input != named)
        .values(input=named)
        .execution_options(synchronize_session=False)
    )


def _forget_names(people: Collection[UUID], here: ColumnElement[bool]) -> None:
    """Find by their former names those whom a line does not say it is about: to its instructor they were not there.

    Not where somebody who is still here, and was when the run began, is called so: it is about them.
    """
    gone = (
        select(User.deleted_at, func.unnest(User.former_name_hashes).label("name_hash"))
        .where(among(User.id, people))
        .cte("gone")
    )
    # Before anything is joined, few lines are left: the planner does not know how few, and would compare all with each.
    hashes = db.session.scalars(select(gone.c.name_hash)).all()
    sent = func.btrim(AssignmentItem.input, SPACE)
    called = func.lower(sent)
    hash_of_called = User.hash_of_name(sent)
    is_here = and_(User.deleted_at.is_(None), User.created_at <= Assignment.created_at)
    # Three questions, of which each has an index; the planner would ask one with OR of everybody.
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
        .values(input=FORGOTTEN)
        .execution_options(synchronize_session=False)
    )


def note_erased(people: Collection[UUID], *, began_at: datetime) -> None:
    """All runs since `began_at` were looked at for these people. Who had just been deleted is looked for once more."""
    db.session.execute(
        update(User)
        .where(
            among(User.id, people),
            User.deleted_at < began_at - LONGEST_RUN,
        )
        .values(erased_at=func.now(), former_name_hashes=None, updated_at=User.updated_at)
        .execution_options(synchronize_session=False)
    )
