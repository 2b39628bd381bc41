"""The endpoints, a file per noun. `ALL` is the order in which the documentation shows them."""

from flask_smorest import Blueprint

from app.blueprints import (
    admin_assign,
    auth,
    categories,
    certificates,
    course_versions,
    courses,
    dashboard,
    enrollments,
    index,
    instructor_requests,
    lessons,
    notices,
    notifications,
    progress,
    reviews,
    sections,
    sessions,
    users,
)

ALL: list[Blueprint] = [
    index.blp,
    auth.blp,
    users.blp,
    instructor_requests.blp,
    categories.blp,
    courses.blp,
    sections.blp,
    lessons.blp,
    course_versions.blp,
    enrollments.blp,
    progress.blp,
    certificates.blp,
    reviews.blp,
    admin_assign.blp,
    notices.blp,
    notifications.blp,
    dashboard.blp,
    sessions.blp,
]
