"""Enrollments: enroll, cancel, list, grade, record payment."""

from typing import Any
from uuid import UUID

from app.enums import Role
from app.errors.base import Forbidden, NotFound
from app.errors.catalogue import InvalidTransition
from app.errors.learning import (
    AdmissionClosed,
    AlreadyCompleted,
    AlreadyEnrolled,
    AssignedByAdmin,
    CourseFull,
    CourseNotOpen,
    EnrollmentCancelled,
    OwnCourse,
)
from app.schemas.enrollments import (
    EnrollmentSchema,
    EnrollSchema,
    GradeSchema,
    OwnEnrollmentQuerySchema,
    PaymentSchema,
    PersonalEnrollmentQuerySchema,
    RosterQuerySchema,
    RosterRowSchema,
)
from app.services.learning import enrolling, enrollments, enrollments_read
from app.web.access import caller, requires
from app.web.api import Blueprint

blp = Blueprint(
    "enrollments", __name__, description="Enroll, cancel, and follow enrollments and their progress."
)

JOINING = (OwnCourse, CourseNotOpen, AlreadyEnrolled, AdmissionClosed, CourseFull)
ROSTER_COLUMNS = (
    "id",
    "user.id",
    "user.username",
    "user.full_name",
    "status",
    "source",
    "enrolled_at",
    "due_at",
    "completed_at",
    "total_lessons",
    "completed_lessons",
    "completion_percentage",
    "last_accessed",
    "grade",
    "payment_status",
    "certificate_number",
)
FOR_ADMINS = ("user.email", "user.external_id", "user.department")


def roster_columns() -> tuple[str, ...]:
    """Email addresses and external ids are for admins only."""
    return (*ROSTER_COLUMNS, *FOR_ADMINS) if caller().is_admin else ROSTER_COLUMNS


@blp.post("/courses/<course_id>/enroll")
@requires(Role.STUDENT)
@blp.idempotent
@blp.response(201, EnrollmentSchema, message="Enrolled in the course.")
@blp.refuses(*JOINING)
def enroll_in_course(course_id: str):
    """Enroll in a course.

    Enrolling again after leaving reactivates the same enrollment with its progress.
    """
    return enrolling.enroll(caller(), course_id)


@blp.post("/enrollments")
@requires(Role.STUDENT)
@blp.idempotent
@blp.arguments(EnrollSchema)
@blp.response(201, EnrollmentSchema, message="Enrolled in the course.")
@blp.refuses(NotFound, *JOINING)
def enroll(wanted: dict[str, Any]):
    """Enroll in a course named in the body."""
    return enrolling.enroll(caller(), **wanted)


@blp.get("/enrollments")
@requires()
@blp.lists(EnrollmentSchema, OwnEnrollmentQuerySchema)
@blp.refuses(Forbidden)
def list_enrollments(filters: dict[str, Any]):
    """List your enrollments.

    Each with its course, progress and due date. Admins may name another `user_id`.
    """
    return enrollments_read.list_own(caller(), **filters)


@blp.get("/users/<uuid:user_id>/enrollments")
@requires(Role.ADMIN)
@blp.lists(EnrollmentSchema, PersonalEnrollmentQuerySchema)
def list_enrollments_of_user(filters: dict[str, Any], user_id: UUID):
    """List the enrollments of a user.

    Also those of a deleted user, although the account itself is 404: the learning record is kept, and no longer
    identifies the user.
    """
    return enrollments_read.list_of_user(user_id, **filters)


@blp.get("/courses/<course_id>/enrollments")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.lists(EnrollmentSchema, RosterQuerySchema, csv_columns=roster_columns, csv_schema=RosterRowSchema)
def list_roster(filters: dict[str, Any], course_id: str):
    """List the roster of a course.

    For its instructor and admins. `format=csv` returns the whole roster as CSV; for admins with the columns
    `user_email`, `user_external_id` and `user_department`.
    """
    return enrollments_read.list_of_course(caller(), course_id, **filters)


@blp.get("/enrollments/<uuid:enrollment_id>")
@requires()
@blp.response(200, EnrollmentSchema)
def show_enrollment(enrollment_id: UUID):
    """Show an enrollment.

    For its learner, the course's instructor and admins.
    """
    return enrollments_read.get_visible(caller(), enrollment_id)


@blp.delete("/enrollments/<uuid:enrollment_id>")
@requires()
@blp.response(200, EnrollmentSchema, message="Enrollment cancelled.")
@blp.refuses(Forbidden, AssignedByAdmin, AlreadyCompleted, InvalidTransition)
def leave_course(enrollment_id: UUID):
    """Cancel an enrollment.

    Frees the seat and keeps the progress. Learners cancel enrollments that they made themselves and have not completed;
    admins may cancel any.
    """
    return enrollments.leave(caller(), enrollment_id)


@blp.post("/enrollments/<uuid:enrollment_id>/grade")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(GradeSchema)
@blp.response(200, EnrollmentSchema, message="Grade recorded.")
@blp.refuses(EnrollmentCancelled)
def grade_enrollment(graded: dict[str, Any], enrollment_id: UUID):
    """Grade an enrollment.

    `null` clears the grade. A grade never completes an enrollment.
    """
    return enrollments.grade(caller(), enrollment_id, **graded)


@blp.post("/enrollments/<uuid:enrollment_id>/payment")
@requires(Role.ADMIN)
@blp.arguments(PaymentSchema)
@blp.response(200, EnrollmentSchema, message="Payment state recorded.")
@blp.refuses(EnrollmentCancelled)
def record_payment(paid: dict[str, Any], enrollment_id: UUID):
    """Record the payment state of an enrollment."""
    return enrollments.record_payment(enrollment_id, **paid)
