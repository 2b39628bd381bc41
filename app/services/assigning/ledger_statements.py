"""The statements that decide about the rows of a bulk run and record the decisions in its ledger.

One text in two forms: for a run that is answered in its request the rows are parameters; for a chunk of a run that a
worker carries they are staged batches, whose rows may have a due date of their own, a problem, or further identifiers.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, TextClause, bindparam, text
from sqlalchemy.types import DateTime, Text, Uuid

from app.enums import AssignmentAction
from app.services.assigning.ledger_rows import (
    DISAGREEING,
    FOUND,
    HELD_BY_COURSE,
    HELD_BY_PERSON,
    PEOPLE,
    SENT,
    STAGED,
    VISIBLE,
)

FEW = 100
"""The largest run whose enrollments are looked up by index; for a larger one the course's are read once."""

_ASSIGN = """
judged AS {once} (
    SELECT *,
        CASE
            {problem}
            WHEN user_id IS NULL THEN 'not_found'
            WHEN nth > 1 {or_earlier} THEN 'duplicate'
            {closed}
            WHEN NOT is_active THEN 'inactive'
            WHEN user_id = :instructor_id THEN 'ineligible'
            WHEN status = 'ACTIVE' AND :updates_due {and_named} AND due_at IS DISTINCT FROM {due_at} THEN 'due_updated'
            WHEN status IN ('ACTIVE', 'COMPLETED') THEN 'already_enrolled'
            WHEN status = 'CANCELLED' THEN 'reactivated'
            ELSE 'assigned'
        END AS verdict
    FROM people
    WHERE row > 0
),
seated AS (
    SELECT *,
        CASE
            WHEN verdict IN ('assigned', 'reactivated')
                AND count(*) FILTER (WHERE verdict IN ('assigned', 'reactivated')) OVER (ORDER BY row)
                    > :free_seats
            THEN 'no_seat'
            ELSE verdict
        END AS placed
    FROM judged
),
decided AS (
    SELECT *,
        CASE
            WHEN :atomic AND placed IN ('assigned', 'reactivated', 'due_updated')
                AND bool_or(placed IN ('not_found', 'invalid', 'inactive', 'ineligible', 'no_seat')) OVER ()
            THEN 'skipped'
            ELSE placed
        END AS outcome
    FROM seated
)
"""

_UNASSIGN = """
judged AS {once} (
    SELECT *,
        CASE
            {problem}
            WHEN user_id IS NULL THEN 'not_found'
            WHEN nth > 1 {or_earlier} THEN 'duplicate'
            WHEN status = 'COMPLETED' THEN 'kept_completed'
            WHEN status = 'ACTIVE' THEN 'unassigned'
            ELSE 'not_enrolled'
        END AS verdict
    FROM people
    WHERE row > 0
),
decided AS (
    SELECT *,
        CASE
            WHEN :atomic AND verdict = 'unassigned' AND bool_or(verdict IN ('not_found', 'invalid')) OVER ()
            THEN 'skipped'
            ELSE verdict
        END AS outcome
    FROM judged
)
"""

_WRITTEN = """
INSERT INTO assignment_items (
    assignment_id, row, input, user_id, course_id, outcome, code, enrollment_id,
    before_status, before_source, before_due_at, after_status, after_source, after_due_at,
    acted_at, after_payment, kind {columns}
)
SELECT
    :assignment_id, row, input, user_id, :course_id, outcome,
    CASE outcome
        WHEN 'not_found' THEN {not_found}
        {invalid}
        WHEN 'inactive' THEN 'user_inactive'
        WHEN 'ineligible' THEN {ineligible}
        WHEN 'no_seat' THEN 'course_full'
        WHEN 'skipped' THEN 'atomic_refused'
        WHEN 'kept_completed' THEN 'already_completed'
        WHEN 'already_enrolled' THEN 'already_enrolled'
        WHEN 'not_enrolled' THEN 'not_enrolled'
    END,
    CASE
        WHEN outcome = 'assigned' AND NOT :preview THEN coalesce(held_id, uuid7())
        WHEN status IS NOT NULL THEN held_id
    END,
    status, source, due_at,
    CASE
        WHEN outcome = 'unassigned' THEN 'CANCELLED'
        WHEN outcome IN ('assigned', 'reactivated') AND completed_at IS NULL THEN 'ACTIVE'
        WHEN outcome IN ('assigned', 'reactivated') THEN 'COMPLETED'
        ELSE status
    END,
    CASE WHEN outcome IN ('assigned', 'reactivated') THEN 'ASSIGNED' ELSE source END,
    CASE WHEN outcome IN ('assigned', 'reactivated', 'due_updated') THEN {due_at} ELSE due_at END,
    CASE WHEN outcome = 'unassigned' THEN coalesce(:at, now()) END,
    CASE WHEN outcome = 'assigned' THEN :payment END,
    kind {values}
FROM decided
ORDER BY row
"""

_RETURNED = """
RETURNING
    row, CAST(user_id AS text), outcome, code, CAST(enrollment_id AS text),
    before_status, before_source, before_due_at, after_status, after_source, after_due_at
"""

# What a worker needs of a chunk: sums, and the rows whose enrollments it changes.
_SUMMED = """
SELECT outcome, count(*) AS amount,
    array_agg(row ORDER BY row) FILTER (WHERE outcome IN ('assigned', 'reactivated', 'due_updated', 'unassigned'))
        AS rows,
    array_agg(enrollment_id) FILTER (WHERE outcome = 'reactivated') AS enrollment_ids,
    count(*) FILTER (
        WHERE outcome IN ('assigned', 'reactivated', 'due_updated')
            AND after_status = 'ACTIVE' AND after_due_at < now()
    ) AS overdue
FROM written
GROUP BY outcome
"""

# In a chunk, an earlier line of this user and course is looked for in the chunks before it: the first entry of the index
# from where it would be. The order leaves the planner no other index.
_EARLIER = """OR (
                SELECT (earlier.user_id, earlier.assignment_id, earlier.course_id)
                    = (people.user_id, :assignment_id, :course_id)
                FROM assignment_items AS earlier
                WHERE (earlier.user_id, earlier.assignment_id, earlier.course_id)
                        >= (people.user_id, :assignment_id, :course_id)
                    AND earlier.user_id IS NOT NULL AND earlier.batch > 0
                ORDER BY earlier.user_id, earlier.assignment_id, earlier.course_id
                LIMIT 1
            )"""

_PLAIN = {
    "sent": SENT,
    "extra": "kind, problem",
    "kept": "kind, problem",
    "nothing": "CAST(NULL AS text) AS kind, CAST(NULL AS text) AS problem",
    "disagreement": "",
    "problem": "WHEN problem IS NOT NULL THEN 'invalid'",
    "or_earlier": "",
    "once": "",
    "closed": "",
    "due_at": ":due_at",
    "and_named": "",
    "not_found": "CASE WHEN key IS NULL THEN 'invalid_identifier' ELSE 'not_found' END",
    "invalid": "WHEN 'invalid' THEN problem",
    "ineligible": "'own_course'",
    "columns": "",
    "values": "",
    "visible": VISIBLE,
}

_CHUNKED = {
    **_PLAIN,
    "sent": STAGED,
    "extra": "kind, problem, own_due_at, sent_due_at, sent_course, false AS disagrees",
    "kept": "kind, problem, own_due_at, sent_due_at, sent_course, disagrees",
    "nothing": """CAST(NULL AS text) AS kind, CAST(NULL AS text) AS problem,
        CAST(NULL AS timestamptz) AS own_due_at, CAST(NULL AS text) AS sent_due_at,
        CAST(NULL AS text) AS sent_course, false AS disagrees""",
    "problem": "WHEN problem IN ('course_not_found', 'identifiers_disagree') THEN 'not_found'"
    " WHEN problem IS NOT NULL THEN 'invalid'",
    "closed": "WHEN NOT :is_open THEN 'ineligible'",
    "due_at": "coalesce(own_due_at, :due_at)",
    "and_named": "AND (:names_due OR own_due_at IS NOT NULL)",
    "not_found": """CASE
            WHEN problem IS NOT NULL THEN problem
            WHEN disagrees THEN 'identifiers_disagree'
            WHEN key IS NULL THEN 'invalid_identifier'
            ELSE 'not_found'
        END""",
    "ineligible": "CASE WHEN :is_open THEN 'own_course' ELSE 'course_not_open' END",
    "columns": ", batch, sent_due_at, sent_course",
    "values": ", :kept_batch, sent_due_at, sent_course",
}

_CROSS_CHECKED = {
    "extra": _CHUNKED["extra"].replace("false AS", "row IN (SELECT row FROM disagreeing) AS"),
    "disagreement": "WHEN row IN (SELECT row FROM disagreeing) THEN NULL",
}

# The look for an earlier line would otherwise be repeated wherever the verdict is used.
_LOOKING_BACK = {"or_earlier": _EARLIER, "once": "MATERIALIZED"}


def _statement(form: dict[str, str], held: str, decision: str, written: str) -> TextClause:
    asked = FOUND.format(name="asked", columns=f"row, input, key, {_columns(form)}", rows="sent")
    people = (held + PEOPLE + decision + written).format(**form)
    keys = (bindparam("assignment_id", type_=Uuid()), bindparam("course_id", type_=Uuid()))
    due = bindparam("due_at", type_=DateTime(timezone=True), value=None)
    at = bindparam("at", type_=DateTime(timezone=True), value=None)
    terms: list[BindParameter[Any]] = [*keys, due, at, bindparam("payment", type_=Text(), value=None)]
    if decision is _ASSIGN:
        terms.append(bindparam("instructor_id", type_=Uuid()))
    return text(form["sent"] + asked + people).bindparams(*terms)


def _columns(form: dict[str, str]) -> str:
    return form["kept"].removesuffix(", disagrees")


_DECISIONS = {AssignmentAction.ASSIGN: _ASSIGN, AssignmentAction.UNASSIGN: _UNASSIGN}
_AMONG = "user_id IN (SELECT user_id FROM asked)"

IN_REQUEST = {
    (action, few): _statement(
        _PLAIN,
        HELD_BY_COURSE.replace("{among_them}", _AMONG if few else f"({_AMONG}) IS TRUE"),
        decision,
        _WRITTEN + _RETURNED,
    )
    for few in (True, False)
    for action, decision in _DECISIONS.items()
}
"""By action, and whether the rows are few."""

OF_CHUNKS = {
    (action, is_cross_checked, looks_back): _statement(
        _CHUNKED | (_CROSS_CHECKED if is_cross_checked else {}) | (_LOOKING_BACK if looks_back else {}),
        (DISAGREEING if is_cross_checked else "") + HELD_BY_PERSON,
        decision,
        f", written AS ({_WRITTEN} RETURNING row, outcome, enrollment_id, after_status, after_due_at) {_SUMMED}",
    )
    for is_cross_checked in (True, False)
    for looks_back in (True, False)
    for action, decision in _DECISIONS.items()
}
"""By action, whether rows have further identifiers, and whether an earlier line may name the same user."""
