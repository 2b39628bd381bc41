"""Dashboards: figures for each role, current after every change."""

from app.enums import Role
from app.errors.base import Forbidden
from app.schemas.dashboard import (
    AdminDashboardSchema,
    CourseAnalyticsSchema,
    DashboardSchema,
    InstructorDashboardSchema,
    RecountSchema,
    StatsSchema,
    StudentDashboardSchema,
)
from app.services.counters import verification
from app.services.dashboards import dashboard
from app.web.access import caller, requires
from app.web.api import Blueprint

blp = Blueprint("dashboard", __name__, description="Figures for each role, current after every change.")


@blp.get("/dashboard")
@requires()
@blp.figures(DashboardSchema)
def show_dashboard():
    """Show the dashboard of your role.

    The members are those of the admin, instructor or student dashboard; `role` says which.
    """
    return dashboard.show_own(caller())


@blp.get("/dashboard/stats")
@requires()
@blp.figures(StatsSchema)
def show_stats():
    """Show the totals of the platform."""
    return dashboard.show_stats()


@blp.get("/dashboard/admin")
@requires(Role.ADMIN)
@blp.figures(AdminDashboardSchema)
def show_admin_dashboard():
    """Show the admin dashboard.

    Users, courses, decisions, enrollments and learning, by month for the last twelve months.
    """
    return dashboard.show_admin(caller())


@blp.get("/dashboard/instructor")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.figures(InstructorDashboardSchema)
def show_instructor_dashboard():
    """Show the instructor dashboard.

    Figures of the courses that you teach.
    """
    return dashboard.show_instructor(caller())


@blp.get("/dashboard/student")
@requires()
@blp.figures(StudentDashboardSchema)
def show_student_dashboard():
    """Show the student dashboard.

    Figures of your own learning.
    """
    return dashboard.show_student(caller())


@blp.get("/courses/<course_id>/analytics")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.figures(CourseAnalyticsSchema)
@blp.refuses(Forbidden)
def show_course_analytics(course_id: str):
    """Show the figures of a course.

    With its completion funnel, lesson by lesson.
    """
    return dashboard.show_course(caller(), course_id)


@blp.post("/dashboard/verify")
@requires(Role.ADMIN)
@blp.response(200, RecountSchema, message="Counters recomputed.")
def verify_counters():
    """Recompute every stored counter.

    `differences` lists the counters whose stored number differs from the rows; it is empty when all agree. Nothing is
    changed. Where that takes more than a minute the answer is 503; `flask stats verify` has more time.
    """
    return verification.verify_in_request()
