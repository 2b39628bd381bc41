"""An admin's bulk assignment: find people, preview, look, commit, read the ledger, repair what failed, and undo."""

from __future__ import annotations

from app.web.collections.documented import Document
from app.web.collections.journeys import plans
from app.web.collections.journeys.plans import adds_up, count
from app.web.collections.parts import Check, CollectionRequest, Folder
from app.web.openapi.examples.requests import COURSE

_ABOUT = """\
Two people are created and found, an assignment of four rows is previewed and the plan committed, each row has its
outcome, the failed row is repaired, and both runs are undone. Then they are assigned in one call, and taken out again.
One row names a person twice and one has no account."""

_COURSE = plans.COURSE_IN_PATH
_RUN = plans.RUN
_KEY = {"Idempotency-Key": "assign-{{run}}"}
_ORDER = {
    "emails": ["{{first_email}}", "{{second_email}}", "{{first_email}}", "{{late_email}}"],
    "due_in_days": 30,
    "reason": "Yearly training {{run}}",
}
_NAMES = {
    "run": "Date.now().toString(36)",
    "first_email": "`first-${given('run')}@example.org`",
    "second_email": "`second-${given('run')}@example.org`",
    "late_email": "`late-${given('run')}@example.org`",
}


def journey(document: Document) -> Folder:
    items = (
        *_finding(document), *_previewing(document), *plans.committing(document), *_reading(document),
        *_repairing(document), *plans.undoing(document), *_assigning(document), *_taking_out(document),
    )  # fmt: skip
    return Folder("Admin: a bulk assignment", _ABOUT, items)


def _person(document: Document, which: str, *, is_first: bool = False) -> CollectionRequest:
    return document.request(
        "create_user",
        f"Create the {which} person",
        body={
            "email": f"{{{{{which}_email}}}}",
            "first_name": which.capitalize(),
            "last_name": "Example",
            "role": "STUDENT",
            "department": "Run {{run}}",
        },
        before=_NAMES if is_first else None,
        checks=[Check("The address is the one that was sent", "answer.data.email", f"{{{{{which}_email}}}}")],
    )


def _finding(document: Document) -> tuple[CollectionRequest, ...]:
    found = "answer.data.map((each) => each.email).sort().join()"
    return (
        _person(document, "first", is_first=True),
        _person(document, "second"),
        document.request(
            "list_users",
            "Find people by department",
            query={"department": "Run {{run}}", "ordering": "email"},
            checks=[
                Check("Both are found", "answer.count", 2),
                Check(
                    "They are the two", f"{found} === [given('first_email'), given('second_email')].join()"
                ),
            ],
        ),
    )


def _previewing(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request(
            "assign_people",
            "Preview the assignment",
            path=_COURSE,
            body={**_ORDER, "mode": "preview"},
            says="Preview finished: nothing was changed.",
            checks=[
                Check("It is a preview", "answer.data.state", "PREVIEW"),
                count("assigned", 2),
                count("duplicate", 1),
                count("not_found", 1),
                adds_up(),
            ],
            saves={"assignment_id": "answer.data.assignment_id", "plan_etag": "answer.data.plan_etag"},
        ),
        document.request(
            "list_assignment_items",
            "Look at its rows",
            path=_RUN,
            checks=[
                Check("There are four", "answer.count", 4),
                Check("The last has no account", "answer.data[3].outcome", "not_found"),
            ],
        ),
        document.request(
            "list_roster",
            "See that no user was enrolled",
            path=_COURSE,
            query={"search": "{{first_email}}"},
            checks=[Check("The roster is as it was", "answer.count", 0)],
        ),
    )


def _assigning(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request(
            "assign_people",
            "Assign them in one call",
            path=_COURSE,
            headers=_KEY,
            body=_ORDER,
            about="What was undone counts as never begun: they are assigned, not reactivated.",
            checks=[
                Check("It is applied", "answer.data.state", "APPLIED"),
                count("assigned", 3),
                count("duplicate", 1),
                adds_up(),
            ],
            saves={"assignment_id": "answer.data.assignment_id"},
        ),
        document.request(
            "assign_people",
            "Send it again with the same key",
            path=_COURSE,
            headers=_KEY,
            body=_ORDER,
            about="As after a connection that broke: the first answer is repeated, and nothing happens twice.",
            checks=[
                Check("It is the first answer", "header('Idempotency-Replayed')", "true"),
                Check("It is the same run", "answer.data.assignment_id", "{{assignment_id}}"),
            ],
        ),
        document.request(
            "assign_people",
            "Send something else with the same key",
            path=_COURSE,
            headers=_KEY,
            body={**_ORDER, "due_in_days": 60},
            status=422,
            code="idempotency_key_reused",
        ),
    )


def _reading(document: Document) -> tuple[CollectionRequest, ...]:
    failed = {"outcome": "not_found"}
    return (
        document.request(
            "show_assignment",
            "Read the record of the run",
            path=_RUN,
            checks=[
                Check("It is the run", "answer.data.id", "{{assignment_id}}"),
                Check("It has its reason", "answer.data.reason === `Yearly training ${given('run')}`"),
            ],
        ),
        document.request(
            "list_assignment_items",
            "Read the ledger",
            path=_RUN,
            checks=[
                Check("Every row is there", "answer.count", 4),
                Check("The first was assigned", "answer.data[0].outcome", "assigned"),
            ],
        ),
        document.request(
            "list_assignment_items",
            "Read the failed rows",
            path=_RUN,
            query=failed,
            checks=[
                Check("There is one", "answer.count", 1),
                Check("It is the one without an account", "answer.data[0].input", "{{late_email}}"),
            ],
            saves={"failed_input": "answer.data[0].input"},
        ),
        document.request(
            "list_assignment_items",
            "Export the failed rows as CSV",
            path=_RUN,
            query={**failed, "format": "csv"},
            is_csv=True,
            checks=[Check("It has the row", "answer.includes(given('late_email'))")],
        ),
    )


def _repairing(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        _person(document, "late"),
        _retry(document),
        document.request(
            "assign_people",
            "Assign everyone again",
            path=_COURSE,
            body=_ORDER,
            about="Who is enrolled already stays as they are.",
            checks=[count("already_enrolled", 3), count("duplicate", 1), adds_up()],
        ),
    )


def _retry(document: Document) -> CollectionRequest:
    """By the API where it can, else by hand."""
    checks = [count("assigned", 1), adds_up()]
    saves = {"retry_id": "answer.data.assignment_id"}
    if document.has("retry_assignment"):
        return document.request(
            "retry_assignment", "Retry the failed rows", path=_RUN, checks=checks, saves=saves
        )
    return document.request(
        "assign_people",
        "Assign the failed rows again",
        path=_COURSE,
        body={"emails": ["{{failed_input}}"], "due_in_days": 30},
        checks=checks,
        saves=saves,
    )


def _taking_out(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request(
            "unassign_people",
            "Take them out again",
            path=_COURSE,
            body={"emails": ["{{first_email}}", "{{second_email}}", "{{late_email}}"]},
            checks=[count("unassigned", 3), adds_up()],
        ),
        document.request(
            "list_roster",
            "See that their enrollments are cancelled",
            path=_COURSE,
            query={"search": "{{first_email}}", "status": "CANCELLED"},
            checks=[Check("One is cancelled", "answer.count", 1)],
        ),
        document.request(
            "list_assignments",
            "List the runs of the course",
            query={"course": COURSE},
            checks=[Check("The newest took them out", "answer.data[0].action", "UNASSIGN")],
        ),
    )
