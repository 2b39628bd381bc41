"""Enrollments: active, cancelled, and completed. A `record` is all the enrollments of one user."""

from app.db.session import db, transaction
from app.enums import EnrollmentStatus, PaymentStatus, Source
from app.models import Course, Enrollment
from tests.support.callers import HOLDERS, is_admin
from tests.support.declarations import Fault, request
from tests.support.rows import THEN, CommittedRows, add

AFTER = ("courses",)

POLICY = """
GET    /users/{user_id}/enrollments              | A  | record | admin
POST   /courses/{course_id}/enroll               | S  | course | seen | already_enrolled if enrolled PUBLISHED; CLOSED
POST   /enrollments                              | S  | course in body | seen | already_enrolled if enrolled PUBLISHED; CLOSED
GET    /enrollments                              | U
GET    /courses/{course_id}/enrollments          | IA | course | owner+admin
GET    /enrollments/{enrollment_id}              | U  | enrollment | seen
DELETE /enrollments/{enrollment_id}              | U  | enrollment | seen | invalid_transition if CANCELLED
POST   /enrollments/{enrollment_id}/grade        | IA | enrollment | owner+admin | enrollment_cancelled if CANCELLED
POST   /enrollments/{enrollment_id}/payment      | A  | enrollment | admin | enrollment_cancelled if CANCELLED
"""

WRITABLE = """
POST /enrollments: course_id
POST /enrollments/{enrollment_id}/grade: grade
POST /enrollments/{enrollment_id}/payment: payment_status
"""

REQUESTS = {
    "GET /users/{user_id}/enrollments": request(user_id="person"),
    "POST /courses/{course_id}/enroll": request(course_id="free_course"),
    "POST /enrollments": request(ids={"course_id": "free_course"}),
    "GET /enrollments": request(),
    "GET /courses/{course_id}/enrollments": request(course_id="course"),
    "GET /enrollments/{enrollment_id}": request(enrollment_id="enrollment"),
    "DELETE /enrollments/{enrollment_id}": request(enrollment_id="enrollment"),
    "POST /enrollments/{enrollment_id}/grade": request(enrollment_id="enrollment"),
    "POST /enrollments/{enrollment_id}/payment": request(enrollment_id="enrollment"),
}

LISTS = {"/courses/{course}/enrollments": "enrollment", "/enrollments": "enrollment"}


def _sees(variant, caller):
    learner = "left" if variant == "CANCELLED" else "enrolled"
    return variant == "OWN" or caller in ("owner", "admin", learner)


VISIBLE = {"enrollment": _sees, "record": is_admin}


class Make(CommittedRows):
    def enrollment(self, course, user=None, **values):
        """A counted seat, by default active and taken by the learner."""
        user = user or self.student()
        with self.app.app_context(), transaction():
            defaults = {
                "course_id": course.id,
                "user_id": user.id,
                "status": EnrollmentStatus.ACTIVE,
                "source": Source.SELF,
                "price_at_enrollment": course.price,
                "currency": course.currency,
                "payment_status": PaymentStatus.UNPAID if course.price else PaymentStatus.FREE,
            }
            enrollment = Enrollment(**{**defaults, **values})
            db.session.add(enrollment)
            if enrollment.is_held:
                held = db.session.get_one(Course, course.id)
                held.enrollment_count = Course.enrollment_count + 1
            db.session.flush()
            db.session.refresh(enrollment)
        return enrollment


_COMPLETED = {"status": EnrollmentStatus.COMPLETED, "completed_at": THEN, "completion_number": 1}
_CANCELLED = {"status": EnrollmentStatus.CANCELLED, "cancelled_at": THEN}


def add_to_scene(scene):
    scene.enrollment = _row(scene.course, scene.student)
    scene.completion = _row(scene.finished_course, scene.student, **_COMPLETED)


def add_to_stage(stage):
    """`completions` by who has completed."""
    people = stage.people
    for variant, course in stage.courses.items():
        if variant == "EMPTY":
            continue
        course.enrollment_count += 1
        stage.register("enrollment", variant, _row(course, people["enrolled"]).id)
        left = _row(course, people["left"], **_CANCELLED)
        if variant == "PUBLISHED":
            stage.register("enrollment", "CANCELLED", left.id)
    for name in HOLDERS:
        stage.own_course.enrollment_count += 1
        stage.register_own("enrollment", name, _row(stage.own_course, people[name]).id)
    stage.completions = {}
    for name, course in stage.finished_courses.items():
        course.enrollment_count += 1
        stage.completions[name] = _row(course, people[name], **_COMPLETED)
    stage.ids["record"], stage.own["record"] = stage.ids["user"], stage.own["user"]


def _row(course, user, **values):
    """A seat in a free course; the caller counts it."""
    return add(
        Enrollment(
            course_id=course.id,
            user_id=user.id,
            source=Source.SELF,
            price_at_enrollment=0,
            currency="USD",
            payment_status=PaymentStatus.FREE,
            **values,
        )
    )


FAULTS = [
    Fault("every user sees every enrollment", "models/visibility.py",
          "return and_(Enrollment.is_begun(), is_theirs)", "return Enrollment.is_begun()",
          "enrollment_id"),
    Fault("every instructor sees every enrollment", "models/visibility.py",
          "if viewer.is_admin:\n        return true()", 'if viewer.role != "STUDENT":\n        return true()',
          "enrollment_id"),
    Fault("learners grade themselves", "services/learning/enrollments.py",
          "    if not course.managed_by(manager):\n        raise NotCourseManager\n", "", "grade"),
    Fault("enrollments of others are listed", "services/learning/enrollments_read.py",
          "if user_id is not None and user_id != user.id and not user.is_admin:", "if False:", "bodies"),
    Fault("every instructor reads every roster", "services/learning/enrollments_read.py",
          "courses.get_managed(manager, ref)", "courses.get_visible(manager, ref)", "course_id and enrollments"),
    Fault("students record their payment", "blueprints/enrollments.py",
          '/payment")\n@requires(Role.ADMIN)', '/payment")\n@requires()', "payment"),
]  # fmt: skip
