"""Rebuilding text search vectors in batches, after an upgrade or a change of SEARCH_LANGUAGE.

Until a row is rebuilt, a search with accents or signs may miss it. Rows that are written meanwhile need no rebuilding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from sqlalchemy import Select, Update, select, update

from app.db.fulltext import words_of
from app.db.session import among, db
from app.models.instructor_request import InstructorRequest
from app.models.review import Review
from app.models.search_rebuild import SearchRebuild
from app.models.user import User
from app.services.search import courses_search
from app.settings import settings

VERSION = 2
"""Goes up when the functions of the migrations make other vectors of the same text."""

ROWS_AT_ONCE = 500
START = UUID(int=0)


def rebuild_next() -> bool:
    """Rebuild a batch of the first table that is not in the current form, and return whether there may be more."""
    return any(_rebuild_some(name) for name in _REBUILT)


def _rebuild_some(name: str) -> bool:
    form = f"{VERSION} {settings().search_language}"
    progress = db.session.get(SearchRebuild, name)
    if progress is None:
        progress = SearchRebuild(name=name, form="")
        db.session.add(progress)
    if progress.form != form:
        progress.form, progress.last_id = form, START
    if progress.last_id is None:
        return False
    done = _REBUILT[name](progress.last_id)
    progress.last_id = done[-1] if done else None
    db.session.flush()
    return True


def _users(last: UUID) -> list[UUID]:
    """Writing a source column of a generated column recomputes it."""
    ids = _locked(select(User.id).where(User.id > last))
    touched = {User.external_id: User.external_id, User.updated_at: User.updated_at}
    _write(update(User).where(among(User.id, ids)).values(touched))
    return ids


def _instructor_requests(last: UUID) -> list[UUID]:
    """Applicants are locked first, as in a rename of one of them; a trigger computes the vectors."""
    chosen = select(InstructorRequest.id).where(InstructorRequest.id > last).order_by(InstructorRequest.id)
    ids = list(db.session.scalars(chosen.limit(ROWS_AT_ONCE)))
    theirs = select(InstructorRequest.user_id).where(among(InstructorRequest.id, ids))
    db.session.execute(
        select(User.id).where(User.id.in_(theirs)).order_by(User.id).with_for_update(key_share=True)
    )
    touched = {
        InstructorRequest.reason: InstructorRequest.reason,
        InstructorRequest.updated_at: InstructorRequest.updated_at,
    }
    _write(update(InstructorRequest).where(among(InstructorRequest.id, ids)).values(touched))
    return ids


def _reviews(last: UUID) -> list[UUID]:
    ids = _locked(select(Review.id).where(Review.id > last))
    made = {Review.search_vector: words_of(Review.comment), Review.updated_at: Review.updated_at}
    _write(update(Review).where(among(Review.id, ids)).values(made))
    return ids


def _locked(wanted: Select[UUID]) -> list[UUID]:
    """The next rows, locked in the order of their ids."""
    key = wanted.selected_columns[0]
    return list(db.session.scalars(wanted.order_by(key).limit(ROWS_AT_ONCE).with_for_update(key_share=True)))


def _write(statement: Update) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))


_REBUILT: Mapping[str, Callable[[UUID], list[UUID]]] = {
    "courses": courses_search.index_next,
    "users": _users,
    "reviews": _reviews,
    "instructor_requests": _instructor_requests,
}
