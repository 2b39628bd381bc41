"""Staging of an undo: the numbers of the first run's lines, in batches of one course, by one statement."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import TextClause, exists, select

from app.db.session import db
from app.errors.base import Forbidden
from app.models.assignment import Assignment
from app.models.assignment_stage import AssignmentCourse
from app.models.caller import Actor
from app.models.course import Course
from app.services.assigning import undo_statements
from app.services.assigning.staging import BATCH_LINES


def stage(run: Assignment) -> None:
    """Stage every line of the run that this one undoes, under its own number."""
    _stage(run, undo_statements.STAGE, {})


def stage_again(run: Assignment, earlier: Assignment) -> None:
    """Stage the lines that another undo of the same run found no seat for or did not reach; rows are numbered from 1."""
    _stage(run, undo_statements.STAGE_AGAIN, {"lines_of": earlier.id})


def stage_plan(run: Assignment, plan: Assignment) -> None:
    """Stage all lines of the plan of an undo under their own numbers. That of a retry has some of the first run's lines."""
    if plan.retry_of_id is None:
        stage(run)
    else:
        _stage(run, undo_statements.STAGE_RETRY, {"lines_of": plan.id})


def refuse_foreign(actor: Actor, run: Assignment) -> None:
    """An instructor undoes runs whose courses are all their own."""
    foreign = exists().where(
        AssignmentCourse.assignment_id == run.id,
        Course.id == AssignmentCourse.course_id,
        Course.instructor_id != actor.id,
    )
    if not actor.is_admin and db.session.scalar(select(foreign)):
        raise Forbidden("A course of this run has another instructor now: only an admin can undo it.")


def _stage(run: Assignment, statement: TextClause, lines: dict[str, UUID]) -> None:
    parameters = {
        **lines,
        "undo_of": run.undo_of_id,
        "assignment_id": run.id,
        "batch_lines": BATCH_LINES,
    }
    run.batches, run.requested = db.session.execute(statement, parameters).one()
    db.session.flush()
