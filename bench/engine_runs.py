"""Runs of the bench of the engine: accepted as a request does, and carried in this process by the code of the job."""

from __future__ import annotations

import contextlib
import gc
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, TypeVar
from uuid import UUID

from sqlalchemy import text

from app.db.session import db, transaction
from app.enums import Mode, Role
from app.jobs import runs
from app.models.assignment import Assignment
from app.models.user import User
from app.services.assigning import assignments, plans_commit, undoing
from app.services.assigning.queued_runs import Accepted
from app.values.people import People
from app.values.sheet_file import SheetFile
from app.values.terms import Terms

T = TypeVar("T")


@contextlib.contextmanager
def sheet_of(people: Sequence[str], *, is_ndjson: bool = False) -> Iterator[BinaryIO]:
    """A file, as a request receives it: in the memory of no process."""
    with tempfile.TemporaryFile() as file:
        if not is_ndjson:
            file.write(b"user_id\n")
        line = '{{"user_id":"{}"}}\n' if is_ndjson else "{}\n"
        file.writelines(line.format(each).encode() for each in people)
        file.seek(0)
        yield file


def stage(
    course_id: str, sheet: BinaryIO, *, notify: bool = False, mode: Mode = Mode.RUN, is_ndjson: bool = False
) -> UUID:
    """Accept a run of this sheet as a request does; its id."""
    with transaction():
        found = assignments.assign(
            admin(), UUID(course_id), People(), Terms(notify=notify),
            mode=mode, file=SheetFile(sheet, "bench", is_ndjson=is_ndjson), in_background=True,
        )  # fmt: skip
        if not isinstance(found, Accepted):
            raise SystemExit("The run was not left to a worker.")
        return found.run.id


def carry(run_id: UUID) -> None:
    while runs.carry(run_id, runs.SLICE_SECONDS):
        pass


def commit(plan_id: UUID) -> None:
    with transaction():
        etag = db.session.get_one(Assignment, plan_id).plan_etag
        plans_commit.write_plan(admin(), plan_id, plan_etag=etag, in_background=True)
    carry(plan_id)


def undo(run_id: UUID) -> None:
    with transaction():
        undone = undoing.undo(admin(), run_id, notify=False, in_background=True)
        undo_id = undone.run.id
    carry(undo_id)


def admin() -> User:
    return db.session.query(User).filter_by(role=Role.ADMIN).one()


def check(run_id: UUID, size: int) -> None:
    counts = db.session.scalar(text("SELECT counts FROM assignments WHERE id = :id"), {"id": run_id})
    db.session.commit()
    if counts["assigned"] != size:
        raise SystemExit(f"Not all users were assigned: {counts}")


def growing(act: Callable[[], T]) -> tuple[T, float]:
    """What the act returns, and by how much it raises the peak of this process, in MB."""
    gc.collect()
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    made = act()
    return made, _memory("VmHWM") - before


def _memory(name: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    found = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
    if found is None:
        raise SystemExit(f"/proc has no {name}: the memory of a process is measured on Linux.")
    return int(found[1]) / 1024
