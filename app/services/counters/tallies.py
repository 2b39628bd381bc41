"""The numbers that triggers keep: read as sums over their parts, and folded together now and then.

A version is such a number too: it grows with every commit that bears upon the figures it stands for, in the same
transaction. Read it before the figures, and they are never older than it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, and_, cast, delete, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import insert

from app.db.session import db
from app.models.tally import Tally

PLATFORM = "version/platform"
CATALOGUE = "version/catalogue"

FOLDING = 727_001_002
"""The advisory lock of whoever folds."""

Range = tuple[str, str]


def version_of_person(user_id: UUID) -> str:
    """The version of a learner's figures; people share 64 of them."""
    return f"version/person/{user_id.bytes[-1] & 63}"


def version_of_course(course_id: UUID) -> str:
    return f"version/course/{course_id.bytes[-1] & 63}"


def version(*names: str) -> str:
    """One version for figures that several bear upon."""
    found = select(func.coalesce(func.sum(Tally.amount), 0)).where(Tally.name.in_(sorted(set(names))))
    return str(db.session.scalar(found))


def under(stem: str, start: str = "") -> Range:
    """The names `stem/…`, from `stem/start` on."""
    return f"{stem}/{start}", f"{stem}0"  # 0 follows / in the collation of the names


def read(*ranges: Range) -> dict[str, int]:
    """The numbers in these ranges of names. One that is nowhere is zero."""
    wanted = or_(*(and_(Tally.name >= first, Tally.name < last) for first, last in ranges))
    found = select(Tally.name, func.sum(Tally.amount)).where(wanted).group_by(Tally.name)
    return {name: int(amount) for name, amount in db.session.execute(found)}


def read_named(names: Iterable[str]) -> dict[str, int]:
    """The numbers of these names."""
    found = select(Tally.name, func.sum(Tally.amount)).where(Tally.name.in_(list(names))).group_by(Tally.name)
    return {name: int(amount) for name, amount in db.session.execute(found)}


def of_teacher(user_id: UUID) -> dict[str, int]:
    """What somebody teaches: `courses`, `published`, `enrollments`, `stars`, `reviews`."""
    return {name.rpartition("/")[2]: amount for name, amount in read(under(f"teacher/{user_id}")).items()}


def courses_of(user_id: UUID) -> int:
    """How many courses somebody has that are not deleted."""
    return of_teacher(user_id).get("courses", 0)


def of_courses(course_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Enrollments by status, and what was `paid/<currency>` in cents, of each of these courses."""
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


def fold() -> None:
    """Add up the parts of every number into its part 0. Parts that a transaction is counting in are left for later.

    No sum changes. It cannot deadlock: parts in use are skipped, and only a fold writes part 0, one at a time.
    """
    db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": FOLDING})
    idle = select(Tally.name, Tally.backend).where(Tally.backend != 0).with_for_update(skip_locked=True)
    parts = idle.cte("parts")
    taken = (
        delete(Tally)
        .where(Tally.name == parts.c.name, Tally.backend == parts.c.backend)
        .returning(Tally.name, Tally.amount)
        .cte("taken")
    )
    summed = select(taken.c.name, literal(0), func.sum(taken.c.amount)).group_by(taken.c.name)
    folded = insert(Tally).from_select(["name", "backend", "amount"], summed)
    db.session.execute(
        folded.on_conflict_do_update(
            index_elements=[Tally.name, Tally.backend], set_={"amount": Tally.amount + folded.excluded.amount}
        )
    )
