"""The callers of the authorization matrix, and which of them see a row.

A row on the stage is named by its variant: the state of the course that it belongs to, a state of its own, or OWN, which is
the caller's, in a course of a third instructor.
"""

from __future__ import annotations

from app.enums import CourseStatus, Role

ROLES = {
    "unverified": Role.STUDENT,
    "student": Role.STUDENT,
    "left": Role.STUDENT,
    "enrolled": Role.STUDENT,
    "other": Role.INSTRUCTOR,
    "owner": Role.INSTRUCTOR,
    "admin": Role.ADMIN,
}
"""The signed-in callers. With REQUIRE_EMAIL_VERIFICATION=off nothing sets `unverified` apart from `student`."""

REJECTED = ("deactivated", "wrong_kind", "ended")
"""An admin who was deactivated, an admin's refresh token sent as access token, an admin's session that has ended."""

CALLERS = ("anonymous", *ROLES, *REJECTED)

HOLDERS = ("student", "enrolled", "other", "owner", "admin")
"""The callers who have an enrollment, a review and so on of their own."""

STATES = tuple(CourseStatus)


def state_of(variant):
    """The state of the course that a row of this variant belongs to: published, unless the variant is a state."""
    return variant if variant in (*STATES, "DELETED") else CourseStatus.PUBLISHED


def sees_course(variant, caller):
    """Every caller sees what is published; its owner, admins and the enrolled see the rest; a deleted course is hidden."""
    if state_of(variant) == CourseStatus.PUBLISHED:
        return True
    return variant in STATES and caller in ("owner", "admin", "enrolled")


def sees_own(variant, _caller):
    return variant == "OWN"


def sees_own_or_is_admin(variant, caller):
    return variant == "OWN" or caller == "admin"


def is_admin(_variant, caller):
    return caller == "admin"
