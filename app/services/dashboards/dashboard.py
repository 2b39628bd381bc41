"""Dashboards: which figures each role sees, cached and exact after every commit.

`docs/figures.md` defines each figure. A version read from PostgreSQL is part of the cache key, so a hit was computed
from what is committed now. Without Redis the figures are computed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from app.adapters import cache
from app.adapters.cache import Key, Snapshot
from app.enums import Role
from app.models.caller import Actor
from app.services.catalogue import courses
from app.services.counters import tallies
from app.services.dashboards import dashboard_admin, dashboard_instructor, dashboard_student, dashboard_totals

ALL_USERS = "everyone"
ADMINS = "admins"


def show_stats() -> Snapshot:
    """The size of the platform, for every user."""
    key = Key("stats", ALL_USERS, tallies.version(tallies.PLATFORM))
    return cache.snapshot(key, dashboard_totals.compute)


def show_admin(_admin: Actor) -> Snapshot:
    """The platform as a whole, the same for all admins."""
    key = Key("admin", ADMINS, tallies.version(tallies.PLATFORM), _today())
    return cache.snapshot(key, dashboard_admin.compute)


def show_instructor(instructor: Actor) -> Snapshot:
    """The courses that an instructor teaches."""
    key = Key("instructor", str(instructor.id), dashboard_instructor.version_of(instructor))
    return cache.snapshot(key, lambda: dashboard_instructor.compute(instructor))


def show_student(student: Actor) -> Snapshot:
    """The courses in which a learner is enrolled."""
    names = [tallies.CATALOGUE, tallies.version_of_person(student.id)]
    key = Key("student", str(student.id), tallies.version(*names))
    return cache.snapshot(key, lambda: dashboard_student.compute(student))


def show_course(manager: Actor, ref: str | UUID) -> Snapshot:
    """One course in depth, the same for its instructor and admins."""
    course = courses.get_managed(manager, ref)
    names = [tallies.CATALOGUE, tallies.version_of_course(course.id)]
    key = Key("course", f"managers-of-{course.id}", tallies.version(*names))
    return cache.snapshot(key, lambda: dashboard_instructor.compute_course(course.id))


def show_own(user: Actor) -> Snapshot:
    """The dashboard of the user's role."""
    show: dict[Role, Callable[[Actor], Snapshot]] = {
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
    """Part of the cache key: months and weeks end at midnight, without any commit."""
    return datetime.now(UTC).date().isoformat()
