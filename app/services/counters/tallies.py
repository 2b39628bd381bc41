"""Sharded counters, maintained by triggers, read as sums over their shards, and compacted periodically.

Two concurrent transactions never update the same row of a counter. A version is such a counter too: every commit that
affects a group of figures increments the version of the group, in the same transaction. Read the version before the
figures, and the figures are never older than it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert

from app.db.session import db
from app.db.statements import Statement
from app.models.tally import Tally

PLATFORM = "version/platform"
CATALOGUE = "version/catalogue"

UNDONE = "UNDONE"
"""Instead of CANCELLED, the status under which enrollments are counted whose run was undone."""

COMPACTION_LOCK = 727_001_002
"""The key of the advisory lock under which counters are compacted."""

Range = tuple[str, str]

_VERSION: Statement[str] = Statement(
    lambda: select(func.coalesce(func.sum(Tally.amount), 0)).where(
        Tally.name == any_(bindparam("names", type_=ARRAY(Text())))
    ),
    str,
)


def version_of_person(user_id: UUID) -> str:
    """The version of a learner's figures, one of 64 that all learners share."""
    return f"version/person/{user_id.bytes[-1] & 63}"


def version_of_course(course_id: UUID) -> str:
    return f"version/course/{course_id.bytes[-1] & 63}"


def version(*names: str) -> str:
    """The sum of these versions, for figures that depend on several."""
    return _VERSION.first({"names": sorted(set(names))}) or "0"


def under(stem: str, start: str = "") -> Range:
    """The names `stem/…`, from `stem/start` on."""
    return f"{stem}/{start}", f"{stem}0"  # 0 follows / in the collation of the names


def read(*ranges: Range) -> dict[str, int]:
    """The counters in these ranges of names. A counter without a row is zero and left out."""
    wanted = or_(*(and_(Tally.name >= first, Tally.name < last) for first, last in ranges))
    found = select(Tally.name, func.sum(Tally.amount)).where(wanted).group_by(Tally.name)
    return {name: int(amount) for name, amount in db.session.execute(found)}


def read_named(names: Iterable[str]) -> dict[str, int]:
    """The counters with these names."""
    found = select(Tally.name, func.sum(Tally.amount)).where(Tally.name.in_(list(names))).group_by(Tally.name)
    return {name: int(amount) for name, amount in db.session.execute(found)}


def of_teacher(user_id: UUID) -> dict[str, int]:
    """The counters of an instructor: `courses`, `published`, `enrollments`, `stars`, `reviews`."""
    return {name.rpartition("/")[2]: amount for name, amount in read(under(f"teacher/{user_id}")).items()}


def courses_of(user_id: UUID) -> int:
    """The number of an instructor's courses that are not deleted."""
    return of_teacher(user_id).get("courses", 0)


def of_courses(course_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """The counters of each of these courses: enrollments by status or `UNDONE`, and `paid/<currency>` in cents."""
    course_id = func.unnest(literal(list(course_ids), ARRAY(Uuid))).column_valued("course_id")
    stem = literal("course/", Text) + cast(course_id, Text)
    found = (
        select(course_id, Tally.name, func.sum(Tally.amount))
        .where(Tally.name >= stem + "/", Tally.name < stem + "0")
        .group_by(course_id, Tally.name)
        .order_by(Tally.name)
    )
    numbers: dict[UUID, dict[str, int]] = {course_id: {} for course_id in course_ids}
    for found_id, name, amount in db.session.execute(found):
        numbers[found_id][name.split("/", 2)[2]] = int(amount)
    return numbers


def compact() -> None:
    """Merge the shards of every counter into its shard 0. Shards that a transaction is writing are left for later.

    No sum changes. It cannot deadlock: locked shards are skipped, and shard 0 is written only under the advisory lock.
    """
    db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": COMPACTION_LOCK})
    idle = select(Tally.name, Tally.backend).where(Tally.backend != 0).with_for_update(skip_locked=True)
    shards = idle.cte("shards")
    taken = (
        delete(Tally)
        .where(Tally.name == shards.c.name, Tally.backend == shards.c.backend)
        .returning(Tally.name, Tally.amount)
        .cte("taken")
    )
    summed = select(taken.c.name, literal(0), func.sum(taken.c.amount)).group_by(taken.c.name)
    merged = insert(Tally).from_select(["name", "backend", "amount"], summed)
    db.session.execute(
        merged.on_conflict_do_update(
            index_elements=[Tally.name, Tally.backend], set_={"amount": Tally.amount + merged.excluded.amount}
        )
    )
