"""Certificates: valid and revoked ones, by id and by number."""

from app.models import Certificate
from tests.support.callers import sees_own_or_is_admin
from tests.support.declarations import Fault, request
from tests.support.rows import THEN, CommittedRows, add

AFTER = ("enrollments",)

POLICY = """
GET    /certificates                             | U
GET    /certificates/{certificate_id}            | U  | certificate | seen
GET    /certificates/{certificate_id}/pdf        | U  | certificate | seen
GET    /certificates/verify/{number}             | E  | number | seen
GET    /certificates/verify/{number}/badge       | E  | number | seen | certificate_revoked if REVOKED
POST   /certificates/{certificate_id}/revoke     | A  | certificate | admin | invalid_transition if REVOKED
"""

WRITABLE = """
POST /certificates/{certificate_id}/revoke: reason
"""

REQUESTS = {
    "GET /certificates": request(),
    "GET /certificates/{certificate_id}": request(certificate_id="certificate"),
    "GET /certificates/{certificate_id}/pdf": request(certificate_id="certificate"),
    "GET /certificates/verify/{number}": request(number="certificate.number"),
    "GET /certificates/verify/{number}/badge": request(number="certificate.number", gives_tokens=True),
    "POST /certificates/{certificate_id}/revoke": request(certificate_id="certificate"),
}

LISTS = {"/certificates": "certificate"}

VISIBLE = {"certificate": sees_own_or_is_admin, "number": lambda *_: True}


class Make(CommittedRows):
    def certificate(self, course, learner, *, issued_at=THEN, **values):
        """A certificate of a completion of the course, which it makes."""
        completed = {"status": "COMPLETED", "completed_at": issued_at, "completion_number": 1}
        named = {
            "course_title": course.title,
            "full_name": learner.full_name,
            "issued_at": issued_at,
            **values,
        }
        return self._add(Certificate(enrollment_id=self.enrollment(course, learner, **completed).id, **named))


def add_to_scene(scene):
    scene.certificate = _row(scene.completion, scene.finished_course, scene.student)


def add_to_stage(stage):
    stage.unknown["number"] = "NO-SUCH-NUMBER"
    for name, completion in stage.completions.items():
        revoked = {"revoked_at": THEN} if name == "chief" else {}
        row = _row(completion, stage.finished_courses[name], stage.people[name], **revoked)
        if name in ("bystander", "chief"):
            variant = "REVOKED" if revoked else "OTHERS"
            stage.register("certificate", variant, row.id)
            stage.register("number", variant, row.number)
        else:
            stage.register_own("certificate", name, row.id)


def _row(completion, course, learner, **values):
    return add(
        Certificate(
            enrollment_id=completion.id, course_title=course.title, full_name=learner.full_name, **values
        )
    )


FAULTS = [
    Fault("every user sees every certificate", "services/learning/certificates.py",
          "true() if user.is_admin else _belongs_to(user)", "true()", "certificate_id"),
]  # fmt: skip
