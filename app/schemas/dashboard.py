"""Dashboards, as the OpenAPI document describes them. Services shape the figures; tests compare the two.

`docs/figures.md` defines each figure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import marshmallow as ma

from app.enums import CourseStatus, EnrollmentStatus, Role
from app.schemas import fields
from app.schemas.base import Schema
from app.schemas.enrollments import EnrolledCourseSchema


def _by_word(name: str, words: Iterable[str], **members: Any) -> type[ma.Schema]:
    counts: dict[str, Any] = {str(word): fields.Whole() for word in words}
    return Schema.from_dict({**members, **counts}, name=name)


def _percentage(description: str) -> ma.fields.Float:
    return ma.fields.Float(allow_none=True, metadata={"description": description})


UsersByRoleSchema = _by_word("UsersByRoleSchema", Role)
CoursesByStatusSchema = _by_word("CoursesByStatusSchema", CourseStatus)
EnrollmentsByStatusSchema = _by_word("EnrollmentsByStatusSchema", EnrollmentStatus)
CourseDecisionsSchema = _by_word("CourseDecisionsSchema", (CourseStatus.APPROVED, CourseStatus.REJECTED))
RegistrationsSchema = _by_word(
    "RegistrationsSchema", Role, month=ma.fields.String(metadata={"example": "2026-11"})
)


class SnapshotSchema(Schema):
    as_of = fields.Instant(
        metadata={"description": "When the figures were computed. They are current until the next change."}
    )


class StatsSchema(SnapshotSchema):
    total_users = fields.Whole(metadata={"description": "Active users."})
    total_courses = fields.Whole(metadata={"description": "Courses in every state, without deleted ones."})
    total_enrollments = fields.Whole(metadata={"description": "ACTIVE and COMPLETED enrollments."})


class CoursesCreatedSchema(Schema):
    month = ma.fields.String()
    courses = fields.Whole()


class EnrollmentsOfMonthSchema(Schema):
    month = ma.fields.String()
    enrolled = fields.Whole()
    completed = fields.Whole()


class ApprovalTimesSchema(Schema):
    decided = fields.Whole()
    average_hours = ma.fields.Float(allow_none=True)
    median_hours = ma.fields.Float(allow_none=True)


class TopCourseSchema(Schema):
    id = fields.Id()
    code = fields.Text(max_length=40)
    title = fields.Text(max_length=200)
    slug = fields.Text(max_length=220)
    enrollment_count = fields.Whole()
    average_rating = ma.fields.Float(allow_none=True)


class CategoryFiguresSchema(Schema):
    id = fields.Id()
    name = fields.Text(max_length=100)
    courses = fields.Whole(metadata={"description": "Published courses."})
    enrollments = fields.Whole()


class AdminDashboardSchema(StatsSchema):
    users_by_role = ma.fields.Nested(UsersByRoleSchema)
    registrations = ma.fields.List(ma.fields.Nested(RegistrationsSchema))
    courses_by_status = ma.fields.Nested(CoursesByStatusSchema)
    courses_created = ma.fields.List(ma.fields.Nested(CoursesCreatedSchema))
    creation_rate = ma.fields.Float(
        metadata={"description": "Courses created per month, over the months listed."}
    )
    course_decisions = ma.fields.Nested(CourseDecisionsSchema)
    approval_rate = _percentage("Share of approvals in all course decisions, in percent.")
    approval_times = ma.fields.Nested(ApprovalTimesSchema)
    pending_course_decisions = fields.Whole()
    pending_instructor_requests = fields.Whole()
    enrollments_by_status = ma.fields.Nested(EnrollmentsByStatusSchema)
    enrollments = ma.fields.List(ma.fields.Nested(EnrollmentsOfMonthSchema))
    enrollment_rate = ma.fields.Float(
        allow_none=True, metadata={"description": "Enrollments per active student."}
    )
    completion_rate = _percentage("Share of COMPLETED in total_enrollments, in percent.")
    average_rating = ma.fields.Float(allow_none=True)
    total_reviews = fields.Whole()
    active_users = fields.Whole(
        metadata={"description": "Users who logged in or refreshed a token in the last seven days."}
    )
    active_learners = fields.Whole(metadata={"description": "Active users with an enrollment."})
    lessons_completed = fields.Whole(metadata={"description": "Lessons completed in the last seven days."})
    engagement = ma.fields.Float(
        allow_none=True,
        metadata={"description": "Lessons completed per active learner in the last seven days."},
    )
    overdue_assignments = fields.Whole(
        metadata={
            "description": "ACTIVE enrollments past their due date, of active users in courses that are not deleted."
        }
    )
    top_courses = ma.fields.List(ma.fields.Nested(TopCourseSchema))
    by_category = ma.fields.List(ma.fields.Nested(CategoryFiguresSchema))


class RevenueSchema(Schema):
    currency = fields.Text(max_length=3)
    amount = fields.Money()


class CourseFiguresSchema(Schema):
    course_id = fields.Id()
    code = fields.Text(max_length=40)
    title = fields.Text(max_length=200)
    slug = fields.Text(max_length=220)
    status = fields.Choice(CourseStatus)
    students = fields.Whole(metadata={"description": "ACTIVE and COMPLETED enrollments."})
    ever_enrolled = fields.Whole(metadata={"description": "All enrollments, cancelled ones included."})
    completed = fields.Whole()
    completion_rate = _percentage("Share of completed in students, in percent.")
    average_rating = ma.fields.Float(allow_none=True)
    total_reviews = fields.Whole()
    average_quiz_score = _percentage(
        "Average of the best quiz scores, in percent; null until a quiz is taken."
    )
    revenue = ma.fields.List(
        ma.fields.Nested(RevenueSchema),
        metadata={"description": "Sum of the prices of PAID enrollments, by currency."},
    )


class FunnelStepSchema(Schema):
    lesson_id = fields.Id()
    title = fields.Text(max_length=200)
    position = fields.Whole()
    is_required = fields.Flag()
    completed = fields.Whole()
    completed_percentage = _percentage("Share of completed in ever_enrolled, in percent.")


class CourseAnalyticsSchema(SnapshotSchema, CourseFiguresSchema):
    funnel = ma.fields.List(ma.fields.Nested(FunnelStepSchema))


class InstructorDashboardSchema(SnapshotSchema):
    total_courses = fields.Whole()
    published_courses = fields.Whole()
    total_enrollments = fields.Whole()
    average_rating = ma.fields.Float(
        allow_none=True,
        metadata={"description": "Average of all reviews of the courses; null without reviews."},
    )
    total_reviews = fields.Whole()
    courses = ma.fields.List(
        ma.fields.Nested(CourseFiguresSchema), metadata={"description": "The 100 newest courses."}
    )


class RecentCourseSchema(Schema):
    enrollment_id = fields.Id()
    course = ma.fields.Nested(EnrolledCourseSchema)
    status = fields.Choice(EnrollmentStatus)
    completion_percentage = ma.fields.Float()
    due_at = fields.Instant(allow_none=True)
    last_accessed = fields.Instant(allow_none=True)


class StudentDashboardSchema(SnapshotSchema):
    enrolled = fields.Whole(metadata={"description": "ACTIVE and COMPLETED enrollments."})
    in_progress = fields.Whole(metadata={"description": "ACTIVE enrollments."})
    completed = fields.Whole()
    certificates = fields.Whole(metadata={"description": "Certificates that are not revoked."})
    due_soon = fields.Whole(metadata={"description": "ACTIVE enrollments that are due within seven days."})
    overdue = fields.Whole(metadata={"description": "ACTIVE enrollments past their due date."})
    recent_courses = ma.fields.List(ma.fields.Nested(RecentCourseSchema))


class DashboardSchema(AdminDashboardSchema, InstructorDashboardSchema, StudentDashboardSchema):
    """The members of the dashboard of the caller's role, which `role` names."""

    ALWAYS_SENT: ClassVar = ("as_of", "role")

    role = fields.Choice(Role)


class DifferenceSchema(Schema):
    counter = ma.fields.String(metadata={"example": "courses.enrollment_count"})
    id = ma.fields.String(metadata={"description": "The row that the counter belongs to, or its number."})
    stored = ma.fields.Integer()
    actual = ma.fields.Integer()


class RecountSchema(SnapshotSchema):
    counters = ma.fields.List(
        ma.fields.String(), metadata={"description": "Names of the counters that were recomputed."}
    )
    difference_count = fields.Whole()
    differences = ma.fields.List(
        ma.fields.Nested(DifferenceSchema),
        metadata={"description": "Counters that differ; at most 1,000 are listed."},
    )
