"""Requests to become an instructor: pending ones, and one that is decided."""

from app.enums import RequestStatus
from app.models import InstructorRequest
from tests.support.callers import HOLDERS, sees_own_or_is_admin
from tests.support.declarations import Fault, request
from tests.support.rows import THEN, add

AFTER = ("users",)

POLICY = """
GET    /instructor-requests                      | U
POST   /instructor-requests                      | U  |  |  | request_pending if enrolled; invalid_transition if other owner admin
GET    /instructor-requests/{request_id}         | U  | request | seen
PATCH  /instructor-requests/{request_id}         | U  | request | seen | already_decided if DECIDED
DELETE /instructor-requests/{request_id}         | U  | request | seen | already_decided if DECIDED
POST   /instructor-requests/{request_id}/review  | A  | request | admin | already_decided if DECIDED
POST   /instructor-requests/review-multiple      | A
"""

WRITABLE = """
POST /instructor-requests: qualifications reason teaching_interests
PATCH /instructor-requests/{request_id}: qualifications reason teaching_interests
POST /instructor-requests/{request_id}/review: review_notes status
POST /instructor-requests/review-multiple: request_ids review_notes status
"""

REQUESTS = {
    "GET /instructor-requests": request(),
    "POST /instructor-requests": request(),
    "GET /instructor-requests/{request_id}": request(request_id="request"),
    "PATCH /instructor-requests/{request_id}": request(request_id="request"),
    "DELETE /instructor-requests/{request_id}": request(request_id="request"),
    "POST /instructor-requests/{request_id}/review": request(request_id="request"),
    "POST /instructor-requests/review-multiple": request(),
}

LISTS = {"/instructor-requests": "request"}

VISIBLE = {"request": sees_own_or_is_admin}


def add_to_scene(scene):
    scene.request = add(InstructorRequest(user_id=scene.person.id, reason="I can teach."))


def add_to_stage(stage):
    people = stage.people
    for name, user in people.items():
        stage.secrets[_reason_of(user)] = {name, "admin"}
    for name in HOLDERS:
        if name != "student":
            stage.register_own("request", name, _row(people[name]).id)
    stage.register("request", "OTHERS", _row(people["bystander"]).id)
    decided = _row(
        people["third"], status=RequestStatus.REJECTED, reviewed_at=THEN, reviewed_by_id=people["chief"].id
    )
    stage.register("request", "DECIDED", decided.id)


def _row(user, **values):
    return add(InstructorRequest(user_id=user.id, reason=_reason_of(user), **values))


def _reason_of(user):
    return f"reason-of-{user.username}"


FAULTS = [
    Fault("every user sees every instructor request", "models/visibility.py",
          "return true() if viewer.is_admin else InstructorRequest.user_id == viewer.id", "return true()", "request_id"),
]  # fmt: skip
