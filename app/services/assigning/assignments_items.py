"""The ledger of a run: paged, filtered and searched; and as a sheet that can be mended and sent again."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import contains_eager

from app.db.fulltext import naming
from app.db.keyset import SortKey
from app.db.listings import Listing, narrowed_by
from app.enums import Outcome
from app.models.assignment import Assignment
from app.models.assignment_item import AssignmentItem
from app.models.caller import Actor
from app.models.course import Course
from app.models.course_name import CourseName
from app.models.user import NAMES_ONLY, User
from app.services.assigning.assignments_runs import get_visible


class SheetRow(NamedTuple):
    """A line as a row of a sheet: identifiers in their own columns, as `POST /assignments` reads them."""

    row: int
    input: str
    user_id: str | None
    email: str | None
    username: str | None
    external_id: str | None
    course: str | None
    due_at: str | None
    course_id: UUID | None
    outcome: Outcome
    code: str | None
    enrollment_id: UUID | None
    before: Any
    after: Any


_UNNAMED = ("identifiers_disagree", "extra_cells")
"""Codes of rows whose identifier is left out. One of two that disagree would be taken for the whole truth, and one of a
row that was split at the wrong place for what its column says: sent again, each could name another user than the row did."""


def list_items(
    viewer: Actor,
    assignment_id: UUID,
    *,
    outcome: tuple[Outcome, ...] | None = None,
    code: str | None = None,
    course_id: str | None = None,
    user_id: UUID | None = None,
    search: str | None = None,
) -> Listing:
    """The lines of a run, in the order of their rows."""
    run = get_visible(viewer, assignment_id)
    wanted = {
        AssignmentItem.outcome: outcome,
        AssignmentItem.code: code,
        AssignmentItem.course_id: None if course_id is None else CourseName.id_of(course_id),
        AssignmentItem.user_id: user_id,
    }
    conditions = [AssignmentItem.assignment_id == run.id, *narrowed_by(wanted)]
    if (search or "").strip():
        conditions.append(_is_about(viewer, str(search).strip()))
    statement = (
        select(AssignmentItem)
        .outerjoin(AssignmentItem.user)
        .outerjoin(AssignmentItem.course)
        .options(
            contains_eager(AssignmentItem.user).load_only(
                User.email, User.username, User.external_id, User.first_name, User.last_name
            ),
            contains_eager(AssignmentItem.course).load_only(Course.code),
        )
        .where(*conditions)
    )
    is_narrowed = any((code, course_id, user_id, search))
    return Listing(
        statement,
        [SortKey(AssignmentItem.row)],
        total=None if is_narrowed else _total(run, outcome),
        matching=select(AssignmentItem.row).where(*conditions),
        shown_in_sheet=partial(_as_row, sees_people=viewer.is_admin),
    )


def _total(run: Assignment, outcome: tuple[Outcome, ...] | None) -> int | None:
    """Known from the counts, unless the ledger grows at the moment."""
    if run.next_batch <= run.batches:
        return None
    return run.requested if outcome is None else sum(run.counts.get(each, 0) for each in outcome)


def _is_about(viewer: Actor, search: str) -> ColumnElement[bool]:
    """The input contains the text, or the user has such a name."""
    question = naming(search, "" if viewer.is_admin else NAMES_ONLY)
    named = select(User.id).where(User.is_named(question)).correlate(None)
    return or_(
        func.lower(AssignmentItem.input).contains(search.lower(), autoescape=True),
        AssignmentItem.user_id.in_(named),
    )


def _as_row(item: AssignmentItem, *, sees_people: bool) -> SheetRow:
    user = item.user if sees_people else None
    known: dict[str, str | None] = {
        "user_id": str(item.user_id) if item.user_id else None,
        "email": user.email if user else None,
        "username": user.username if user else None,
        "external_id": user.external_id if user else None,
    }
    if item.kind in known and not known[item.kind] and item.code not in _UNNAMED:
        known[item.kind] = item.input
    return SheetRow(
        item.row,
        item.input,
        **known,
        course=_course_named_by(item),
        due_at=item.sent_due_at,
        course_id=item.course_id,
        outcome=item.outcome,
        code=item.code,
        enrollment_id=item.enrollment_id,
        before=item.before,
        after=item.after,
    )


def _course_named_by(item: AssignmentItem) -> str | None:
    """The course as the row names it: a row that was refused because it names another one must not name that of the call."""
    is_another = item.code == "another_course"
    return item.sent_course if is_another or item.course is None else item.course.code
