"""The endpoints, a file per noun. `ALL` is the order in which the documentation shows them."""

from flask_smorest import Blueprint

from app.blueprints import (
    admin_assign,
    auth,
    categories,
    certificates,
    courses,
    dashboard,
    enrollments,
    files,
    index,
    instructor_requests,
    lessons,
    notices,
    notifications,
    progress,
    reviews,
    sections,
    sessions,
    submissions,
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
    files.blp,
    enrollments.blp,
    progress.blp,
    submissions.blp,
    certificates.blp,
    reviews.blp,
    admin_assign.blp,
    notices.blp,
    notifications.blp,
    dashboard.blp,
    sessions.blp,
]
