"""Assignments by instructors and admins: runs that were applied, and a preview that has expired."""

from app.enums import OUTCOMES_OF_ASSIGNING, AssignmentAction, AssignmentState, Outcome
from app.models import Assignment, AssignmentItem
from tests.support.callers import sees_own_or_is_admin
from tests.support.declarations import Fault, request
from tests.support.rows import THEN, add

AFTER = ("courses",)

POLICY = """
POST   /courses/{course_id}/assign               | IA | course | owner+admin | CLOSED
POST   /courses/{course_id}/assign-multiple      | IA | course | owner+admin | CLOSED
POST   /courses/{course_id}/unassign-multiple    | IA | course | owner+admin
POST   /assignments                              | IA | | | invalid_request if other
GET    /assignments                              | IA
GET    /assignments/{assignment_id}              | IA | run | seen
GET    /assignments/{assignment_id}/items        | IA | run | seen
POST   /assignments/{assignment_id}/cancel       | IA | run | seen | invalid_transition
POST   /assignments/{assignment_id}/commit       | IA | plan | seen | plan_expired if PAST; invalid_transition
POST   /assignments/{assignment_id}/retry        | IA | run | seen | forbidden if other
POST   /assignments/{assignment_id}/undo         | IA | run | seen | forbidden if other
"""

WRITABLE = """
POST /courses/{course_id}/assign: due_at due_in_days email external_id notify override_seats reason user_id
    username
POST /courses/{course_id}/assign-multiple: atomic due_at due_in_days emails external_ids file mode notify
    on_existing override_seats reason user_ids usernames
POST /assignments: action atomic course_ids due_at due_in_days emails external_ids file mode notify on_existing
    override_seats reason user_ids usernames
POST /assignments/{assignment_id}/undo: mode notify reason
POST /courses/{course_id}/unassign-multiple: atomic emails external_ids file mode notify reason user_ids
    usernames
"""

REQUESTS = {
    "POST /courses/{course_id}/assign": request(
        course_id="course", body=lambda world: {"email": world.person.email}
    ),
    "POST /courses/{course_id}/assign-multiple": request(course_id="course"),
    "POST /courses/{course_id}/unassign-multiple": request(course_id="course"),
    "POST /assignments": request(
        body=lambda world: {
            "action": "assign",
            "course_ids": [str(_published(world).id)],
            "emails": [world.person.email],
        }
    ),
    "GET /assignments": request(),
    "GET /assignments/{assignment_id}": request(assignment_id="run"),
    "GET /assignments/{assignment_id}/items": request(assignment_id="run"),
    "POST /assignments/{assignment_id}/cancel": request(assignment_id="run"),
    "POST /assignments/{assignment_id}/commit": request(assignment_id="run"),
    "POST /assignments/{assignment_id}/retry": request(assignment_id="run"),
    "POST /assignments/{assignment_id}/undo": request(assignment_id="run"),
}


def _published(world):
    """The published course of the scene or of the stage, which the owner and admins may change."""
    return world.courses["PUBLISHED"] if hasattr(world, "courses") else world.course


LISTS = {"/assignments": "run"}


def _sees_plan(variant, caller):
    """An expired plan is hidden, and still known to who would commit it."""
    return sees_own_or_is_admin(variant, caller) or (variant == "PAST" and caller == "owner")


VISIBLE = {"run": sees_own_or_is_admin, "plan": _sees_plan}


def add_to_scene(scene):
    scene.run = _row(scene.course, scene.owner)


def add_to_stage(stage):
    course, people = stage.courses["PUBLISHED"], stage.people
    for name in ("other", "owner", "admin"):
        for kind in ("run", "plan"):
            stage.register_own(kind, name, _row(course, people[name]).id)
    for kind in ("run", "plan"):
        stage.register(kind, "OTHERS", _row(course, people["third"]).id)
    expired = _row(course, people["owner"], state=AssignmentState.PREVIEW, expires_at=THEN)
    stage.register("run", "EXPIRED", expired.id)
    stage.register("plan", "PAST", expired.id)


def _row(course, author, **values):
    """A run with one item, whose user was not found."""
    run = add(
        Assignment(
            action=AssignmentAction.ASSIGN,
            course_id=course.id,
            requested=1,
            unique=1,
            counts={**dict.fromkeys(OUTCOMES_OF_ASSIGNING, 0), Outcome.NOT_FOUND: 1},
            created_by_id=author.id,
            **{"state": AssignmentState.APPLIED, "finished_at": THEN, **values},
        )
    )
    add(
        AssignmentItem(
            assignment_id=run.id,
            row=1,
            input="unknown@example.org",
            course_id=course.id,
            outcome=Outcome.NOT_FOUND,
            code="not_found",
        )
    )
    return run


FAULTS = [
    Fault("every instructor sees every run", "models/visibility.py",
          "return present if viewer.is_admin else and_(present, Assignment.created_by_id == viewer.id)", "return present",
          "assignments"),
    Fault("expired previews are visible", "models/visibility.py",
          "present = or_(Assignment.expires_at.is_(None), Assignment.expires_at > func.now())",
          "present = or_(Assignment.expires_at.is_(None), Assignment.expires_at < func.now())", "assignment_id"),
    Fault("any instructor assigns to any course", "services/assigning/assignments.py",
          "courses.lock_managed(actor, ref)", "courses.lock(ref)", "assign"),
    Fault("instructors exceed the seats", "values/terms.py",
          "if self.override_seats and not is_admin:", "if False:", "bodies and seats"),
    Fault("any instructor unassigns", "services/assigning/assignments_unassign.py",
          "courses.lock_managed(actor, ref)", "courses.lock(ref)", "unassign"),
]  # fmt: skip
