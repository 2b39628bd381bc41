"""Dashboards: whose figures somebody may see, and that they are right after every change.

`docs/figures.md` defines each figure. A version read from PostgreSQL is part of the cache's key, so what is remembered
was computed from what is committed now; with Redis away it is computed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from app.adapters import cache
from app.adapters.cache import Key, Snapshot
from app.enums import Role
from app.models.user import User
from app.services.catalogue import courses
from app.services.counters import tallies
from app.services.dashboards import dashboard_admin, dashboard_instructor, dashboard_student, dashboard_totals

EVERYBODY = "everybody"
ADMINS = "admins"


def show_stats() -> Snapshot:
    """The size of the platform, for everyone who is signed in."""
    key = Key("stats", EVERYBODY, tallies.version(tallies.PLATFORM))
    return cache.snapshot(key, dashboard_totals.compute)


def show_admin(_admin: User) -> Snapshot:
    """The platform as a whole. All admins see the same."""
    key = Key("admin", ADMINS, tallies.version(tallies.PLATFORM), _today())
    return cache.snapshot(key, dashboard_admin.compute)


def show_instructor(instructor: User) -> Snapshot:
    """The courses that somebody teaches."""
    key = Key("instructor", str(instructor.id), dashboard_instructor.version_of(instructor))
    return cache.snapshot(key, lambda: dashboard_instructor.compute(instructor))


def show_student(student: User) -> Snapshot:
    """One's own courses."""
    names = [tallies.CATALOGUE, tallies.version_of_person(student.id)]
    key = Key("student", str(student.id), tallies.version(*names))
    return cache.snapshot(key, lambda: dashboard_student.compute(student))


def show_course(manager: User, ref: str | UUID) -> Snapshot:
    """One course in depth, to its instructor and admins, who see the same."""
    course = courses.get_managed(manager, ref)
    names = [tallies.CATALOGUE, tallies.version_of_course(course.id)]
    key = Key("course", f"managers-of-{course.id}", tallies.version(*names))
    return cache.snapshot(key, lambda: dashboard_instructor.compute_course(course.id))


def show_own(user: User) -> Snapshot:
    """The dashboard of one's role."""
    show: dict[Role, Callable[[User], Snapshot]] = {
        Role.ADMIN: show_admin,
        Role.INSTRUCTOR: show_instructor,
        Role.STUDENT: show_student,
    }
    snapshot = show[user.role](user)
    return replace(
        snapshot,
        tag=f"{user.role.lower()}-{snapshot.tag}",
        figures={"role": user.role, **snapshot.figures},
    )


def _today() -> str:
    """Months and weeks end at midnight, whether or not anything has changed."""
    return datetime.now(UTC).date().isoformat()
