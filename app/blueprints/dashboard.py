"""Dashboards: figures that are right after every change."""

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

blp = Blueprint("dashboard", __name__, description="Figures, right after every change.")


@blp.get("/dashboard")
@requires()
@blp.figures(DashboardSchema)
def show_dashboard():
    """The dashboard of your role.

    The members are those of the admin's, the instructor's or the student's dashboard, and `role` says which.
    """
    return dashboard.show_own(caller())


@blp.get("/dashboard/stats")
@requires()
@blp.figures(StatsSchema)
def show_stats():
    """How large the platform is."""
    return dashboard.show_stats()


@blp.get("/dashboard/admin")
@requires(Role.ADMIN)
@blp.figures(AdminDashboardSchema)
def show_admin_dashboard():
    """The platform in figures.

    People, courses, decisions, enrollments and learning, by month for the last twelve.
    """
    return dashboard.show_admin(caller())


@blp.get("/dashboard/instructor")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.figures(InstructorDashboardSchema)
def show_instructor_dashboard():
    """Your courses in figures."""
    return dashboard.show_instructor(caller())


@blp.get("/dashboard/student")
@requires()
@blp.figures(StudentDashboardSchema)
def show_student_dashboard():
    """Your learning in figures."""
    return dashboard.show_student(caller())


@blp.get("/courses/<course_id>/analytics")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.figures(CourseAnalyticsSchema)
@blp.refuses(Forbidden)
def show_course_analytics(course_id: str):
    """A course in figures, lesson by lesson."""
    return dashboard.show_course(caller(), course_id)


@blp.post("/dashboard/verify")
@requires(Role.ADMIN)
@blp.response(200, RecountSchema, message="Every stored counter was recomputed.")
def verify_counters():
    """Recompute every stored counter.

    Lists where the stored number and the rows differ: nowhere, if all is well. Nothing is changed. Where one counter
    takes more than a minute the answer is 503; `flask stats verify` has more time.
    """
    return verification.verify_in_request()
