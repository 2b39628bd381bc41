"""Two chapters of the admin's journey: the plan is committed as it was previewed, and the run undone."""

from __future__ import annotations

from app.web.collections.documented import Document
from app.web.collections.parts import Check, CollectionRequest
from app.web.openapi.examples.requests import COURSE

COURSE_IN_PATH = {"course_id": COURSE}
RUN = {"assignment_id": "{{assignment_id}}"}


def count(outcome: str, rows: int) -> Check:
    return Check(f"{outcome}: {rows}", f"answer.data.counts.{outcome}", rows)


def adds_up() -> Check:
    total = "Object.values(answer.data.counts).reduce((sum, each) => sum + each, 0)"
    return Check("Every row has one outcome", f"{total} === answer.data.requested")


def committing(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request(
            "commit_assignment",
            "Commit the plan without its version",
            path=RUN,
            headers={"If-Match": ""},
            status=428,
            code="precondition_required",
        ),
        document.request(
            "commit_assignment",
            "Commit the plan",
            path=RUN,
            headers={"If-Match": "{{plan_etag}}"},
            about="Exactly what was looked at is written, or nothing.",
            says="Plan committed.",
            checks=[
                Check("It is the same run", "answer.data.id", "{{assignment_id}}"),
                Check("It is applied", "answer.data.state", "APPLIED"),
                count("assigned", 2),
                count("not_found", 1),
                adds_up(),
                Check(
                    "The first row has an enrollment with a due date",
                    "Boolean(answer.data.results[0].enrollment_id && answer.data.results[0].after.due_at)",
                ),
            ],
        ),
        document.request(
            "commit_assignment",
            "Commit it again",
            path=RUN,
            headers={"If-Match": "{{plan_etag}}"},
            status=409,
            code="invalid_transition",
        ),
    )


def undoing(document: Document) -> tuple[CollectionRequest, ...]:
    undo = {"reason": "The wrong list {{run}}", "notify": False}
    return (
        document.request(
            "undo_assignment",
            "Preview the undo of the run",
            path=RUN,
            body={**undo, "mode": "preview"},
            says="Preview finished: nothing was changed.",
            checks=[count("undone", 2), count("not_applied", 2), adds_up()],
        ),
        document.request(
            "undo_assignment",
            "Undo the run",
            path=RUN,
            body=undo,
            says="Undo finished: see the report.",
            checks=[
                count("undone", 2),
                count("not_applied", 2),
                adds_up(),
                Check("The first row is cancelled", "answer.data.results[0].after.status", "CANCELLED"),
            ],
        ),
        document.request(
            "undo_assignment",
            "Undo the repaired row",
            path={"assignment_id": "{{retry_id}}"},
            body=undo,
            checks=[count("undone", 1), adds_up()],
        ),
        document.request(
            "undo_assignment",
            "Undo the run again",
            path=RUN,
            body=undo,
            status=409,
            code="invalid_transition",
        ),
        document.request(
            "show_assignment",
            "See that the run is undone",
            path=RUN,
            checks=[
                Check("Nothing of it was kept", "answer.data.state", "UNDONE"),
                Check("It names the undo", "Boolean(answer.data.undone_by)"),
            ],
        ),
        document.request(
            "list_roster",
            "See that the roster is as it was",
            path=COURSE_IN_PATH,
            query={"search": "{{first_email}}"},
            checks=[Check("It has none of them", "answer.count", 0)],
        ),
    )
