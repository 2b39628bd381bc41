"""Every kind of change, and the figures that it moves: at once, for the right people, wherever Redis was."""

from __future__ import annotations

import dataclasses
import random
import socket
from datetime import UTC, datetime

import pytest
from redis import Redis

from app import create_app
from app.db.session import db
from app.enums import CourseStatus, EnrollmentStatus
from app.models import User
from app.services.dashboards import dashboard
from tests.support.http import Client, data_of

CANCELLED = {
    "status": EnrollmentStatus.CANCELLED,
    "cancelled_at": datetime(2026, 1, 1, tzinfo=UTC),
}


class World:
    """An owner with a course of two lessons and a draft of two sections, a student in the course, and an admin."""

    def __init__(self, api, make):
        self.make = make
        self.admin_user, self.owner_user = make.admin(), make.instructor()
        self.student_user, self.person = make.student(), make.student()
        self.category = make.category()
        self.course = make.course(lessons=2, price=10, instructor=self.owner_user, category=self.category)
        self.draft = make.course(instructor=self.owner_user, status=CourseStatus.DRAFT)
        self.sections = [make.section(self.draft) for _ in range(2)]
        for section, title in zip(self.sections, ("First", "Second"), strict=True):
            make.lesson(section, title=title)
        self.lessons = make.lessons_of(self.course)
        self.enrollment = make.enrollment(self.course, self.student_user)
        self.admin, self.owner, self.student, self.other = (
            api.as_(user) for user in (self.admin_user, self.owner_user, self.student_user, self.person)
        )

    def read(self):
        """Every figure of every dashboard, by its path."""
        readers = {
            "stats": (self.other, "/dashboard/stats"),
            "admin": (self.admin, "/dashboard/admin"),
            "instructor": (self.owner, "/dashboard/instructor"),
            "student": (self.student, "/dashboard/student"),
            "analytics": (self.owner, f"/courses/{self.course.id}/analytics"),
            "draft": (self.owner, f"/courses/{self.draft.id}/analytics"),
        }
        found = {}
        for name, (client, path) in readers.items():
            response = client.get(path)
            figures = data_of(response) if response.status_code == 200 else {"gone": response.status_code}
            figures.pop("as_of", None)
            found |= flat(figures, name)
        return found


def flat(node, path):
    if isinstance(node, dict):
        pairs = node.items()
    elif isinstance(node, list):
        pairs = [(node[place].get("month", place), node[place]) for place in range(len(node))]
    else:
        return {path: node}
    return {inner: value for name, child in pairs for inner, value in flat(child, f"{path}.{name}").items()}


def enroll(world):
    world.other.post(f"/courses/{world.course.id}/enroll")


def leave(world):
    world.student.delete(f"/enrollments/{world.enrollment.id}")


def come_back(world):
    leave(world)
    world.student.post(f"/courses/{world.course.id}/enroll")


def assign(world):
    ids = [str(world.person.id), *(str(world.make.student().id) for _ in range(3))]
    world.admin.post(f"/courses/{world.course.id}/assign-multiple", json={"user_ids": ids})


def assign_due(world):
    terms = {"due_at": "2026-01-01T00:00:00Z", "on_existing": "update_due"}
    ids = {"user_ids": [str(world.student_user.id)]}
    world.admin.post(f"/courses/{world.course.id}/assign-multiple", json={**terms, **ids})


def unassign(world):
    ids = {"user_ids": [str(world.student_user.id)]}
    world.admin.post(f"/courses/{world.course.id}/unassign-multiple", json=ids)


def learn(world):
    world.student.post(f"/lessons/{world.lessons[0].id}/complete")


def forget(world):
    learn(world)
    world.student.delete(f"/lessons/{world.lessons[0].id}/complete")


def finish(world):
    for lesson in world.lessons:
        world.student.post(f"/lessons/{lesson.id}/complete")


def revoke(world):
    finish(world)
    (certificate,) = data_of(world.student.get("/certificates"))
    world.admin.post(f"/certificates/{certificate['id']}/revoke", json={"reason": "By mistake."})


def pay(world):
    world.admin.post(f"/enrollments/{world.enrollment.id}/payment", json={"payment_status": "PAID"})


def add_lesson(world):
    lesson = {"course_id": str(world.course.id), "title": "One more", "type": "TEXT"}
    world.owner.post("/lessons", json=lesson)


def delete_last_lesson(world):
    learn(world)
    world.owner.delete(f"/lessons/{world.lessons[1].id}")


def rename_lesson(world):
    world.owner.patch(f"/lessons/{world.lessons[0].id}", json={"title": "Renamed"})


def reorder_sections(world):
    order = [str(each.id) for each in reversed(world.sections)]
    world.owner.post(f"/courses/{world.draft.id}/sections/reorder", json={"order": order})


def move_section(world):
    world.owner.patch(f"/sections/{world.sections[0].id}", json={"position": 9})


def delete_section(world):
    world.owner.delete(f"/sections/{world.sections[0].id}")


def add_section(world):
    world.owner.post(f"/courses/{world.draft.id}/sections", json={"title": "One more", "position": 9})


def rename_section(world):
    world.owner.patch(f"/sections/{world.sections[0].id}", json={"title": "Renamed"})


def make_course(world):
    world.owner.post("/courses", json={"title": "New", "description": "Brand new."})


def rename_course(world):
    world.owner.patch(f"/courses/{world.course.id}", json={"title": "Renamed"})


def move_course(world):
    shelf = world.make.category(name="Zoology")
    world.owner.patch(f"/courses/{world.course.id}", json={"category_id": str(shelf.id)})


def submit(world):
    world.owner.post(f"/courses/{world.draft.id}/submit")


def approve(world):
    submit(world)
    world.admin.post(f"/courses/{world.draft.id}/review", json={"status": "APPROVED"})


def reject(world):
    submit(world)
    world.admin.post(f"/courses/{world.draft.id}/review", json={"status": "REJECTED", "review_notes": "No."})


def publish(world):
    world.admin.post(f"/courses/{world.draft.id}/publish", json={})


def archive(world):
    world.owner.post(f"/courses/{world.course.id}/archive")


def delete_course(world):
    world.admin.delete(f"/courses/{world.course.id}?force=true")


def hand_over(world):
    body = {"instructor_id": str(world.make.instructor().id)}
    world.admin.patch(f"/courses/{world.course.id}", json=body)


def rename_category(world):
    world.admin.patch(f"/categories/{world.category.id}", json={"name": "Renamed"})


def add_person(world):
    world.admin.post("/users", json={"email": "new@example.org", "first_name": "N", "last_name": "N"})


def promote(world):
    world.admin.post(f"/users/{world.person.id}/role", json={"role": "INSTRUCTOR"})


def ask_to_teach(world):
    world.other.post(
        "/instructor-requests", json={"reason": "R.", "qualifications": "Q.", "teaching_interests": "T."}
    )


def review(world):
    world.student.post(f"/courses/{world.course.id}/reviews", json={"rating": 5})


def take_review_back(world):
    review(world)
    (written,) = data_of(world.student.get(f"/courses/{world.course.id}/reviews"))
    world.student.delete(f"/reviews/{written['id']}")


def deactivate(world):
    world.admin.post(f"/users/{world.person.id}/deactivate")


CHANGES = {
    enroll: {
        "stats.total_enrollments": (1, 2),
        "admin.enrollments_by_status.ACTIVE": (1, 2),
        "admin.by_category.0.enrollments": (1, 2),
        "admin.top_courses.0.enrollment_count": (1, 2),
        "instructor.total_enrollments": (1, 2),
        "analytics.students": (1, 2),
    },
    leave: {
        "stats.total_enrollments": (1, 0),
        "admin.enrollments_by_status.CANCELLED": (0, 1),
        "student.enrolled": (1, 0),
        "instructor.total_enrollments": (1, 0),
    },
    come_back: {},
    assign: {
        "stats.total_enrollments": (1, 5),
        "stats.total_users": (4, 7),
        "analytics.ever_enrolled": (1, 5),
    },
    assign_due: {"student.overdue": (0, 1), "admin.overdue_assignments": (0, 1)},
    unassign: {"student.enrolled": (1, 0), "stats.total_enrollments": (1, 0)},
    learn: {
        "admin.lessons_completed": (0, 1),
        "admin.engagement": (0.0, 1.0),
        "student.recent_courses.0.completion_percentage": (0.0, 50.0),
        "analytics.funnel.0.completed": (0, 1),
    },
    forget: {},
    finish: {
        "admin.enrollments_by_status.COMPLETED": (0, 1),
        "admin.completion_rate": (0.0, 100.0),
        "student.completed": (0, 1),
        "student.certificates": (0, 1),
        "instructor.courses.1.completed": (0, 1),
        "analytics.completion_rate": (0.0, 100.0),
    },
    revoke: {"student.completed": (0, 1)},
    pay: {"analytics.revenue.0.amount": (None, "10.00")},
    add_lesson: {"analytics.funnel.2.title": (None, "One more")},
    delete_last_lesson: {"student.completed": (0, 1), "admin.enrollments_by_status.COMPLETED": (0, 1)},
    rename_lesson: {"analytics.funnel.0.title": ("…", "Renamed")},
    reorder_sections: {
        "draft.funnel.0.title": ("First", "Second"),
        "draft.funnel.1.title": ("Second", "First"),
    },
    move_section: {"draft.funnel.0.title": ("First", "Second"), "draft.funnel.1.title": ("Second", "First")},
    delete_section: {"draft.funnel.0.title": ("First", "Second"), "draft.funnel.1.title": ("Second", None)},
    add_section: {},
    rename_section: {},
    make_course: {
        "stats.total_courses": (2, 3),
        "admin.courses_by_status.DRAFT": (1, 2),
        "instructor.total_courses": (2, 3),
    },
    rename_course: {
        "admin.top_courses.0.title": ("…", "Renamed"),
        "student.recent_courses.0.course.title": ("…", "Renamed"),
        "analytics.title": ("…", "Renamed"),
    },
    move_course: {"admin.by_category.0.courses": (1, 0), "admin.by_category.1.enrollments": (None, 1)},
    submit: {"admin.pending_course_decisions": (0, 1)},
    approve: {
        "admin.course_decisions.APPROVED": (0, 1),
        "admin.approval_rate": (None, 100.0),
        "admin.approval_times.decided": (0, 1),
    },
    reject: {"admin.course_decisions.REJECTED": (0, 1), "admin.approval_rate": (None, 0.0)},
    publish: {"admin.courses_by_status.PUBLISHED": (1, 2), "instructor.published_courses": (1, 2)},
    archive: {"admin.courses_by_status.ARCHIVED": (0, 1), "admin.by_category.0.courses": (1, 0)},
    delete_course: {
        "stats.total_courses": (2, 1),
        "instructor.total_courses": (2, 1),
        "student.recent_courses.0.status": ("ACTIVE", None),
        "analytics.gone": (None, 404),
    },
    hand_over: {"instructor.total_courses": (2, 1), "analytics.gone": (None, 403)},
    rename_category: {"admin.by_category.0.name": ("…", "Renamed")},
    add_person: {"stats.total_users": (4, 5), "admin.users_by_role.STUDENT": (2, 3)},
    promote: {"admin.users_by_role.INSTRUCTOR": (1, 2), "admin.users_by_role.STUDENT": (2, 1)},
    ask_to_teach: {"admin.pending_instructor_requests": (0, 1)},
    review: {
        "admin.average_rating": (None, 5.0),
        "admin.top_courses.0.average_rating": (None, 5.0),
        "instructor.total_reviews": (0, 1),
        "analytics.average_rating": (None, 5.0),
    },
    take_review_back: {"admin.total_reviews": (0, 0), "instructor.average_rating": (None, None)},
    deactivate: {"admin.users_by_role.STUDENT": (2, 1), "admin.total_users": (4, 3)},
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_figures_are_right_after_every_change(api, make, redis_url, change):
    world = World(api, make)
    before = world.read()

    change(world)

    after = world.read()
    moved = {path: (before.get(path), after.get(path)) for path in CHANGES[change]}
    for path, (first, second) in CHANGES[change].items():
        assert moved[path][1] == second, path
        assert first in ("…", moved[path][0]), path
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
    assert world.read() == after


@pytest.fixture
def nowhere(app, config):
    """The same platform, seen from a process that does not reach Redis."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
    lonely = create_app(dataclasses.replace(config, redis_url=url))
    yield lonely
    with lonely.app_context():
        db.engine.dispose()


def test_without_redis_figures_are_computed(api, make, nowhere, _witness):
    world = World(api, make)
    without = World.__new__(World)
    without.__dict__ = {
        name: Client(nowhere, _witness, value.token) if isinstance(value, Client) else value
        for name, value in vars(world).items()
    }

    assert without.read() == world.read()


@pytest.mark.parametrize("change", [enroll, finish, make_course, deactivate], ids=lambda each: each.__name__)
def test_a_change_made_while_redis_was_away_is_not_hidden(api, make, nowhere, _witness, change):
    world = World(api, make)
    before = world.read()
    near = {name: value for name, value in vars(world).items() if isinstance(value, Client)}

    vars(world).update({name: Client(nowhere, _witness, client.token) for name, client in near.items()})
    change(world)
    vars(world).update(near)

    after = world.read()
    moved = {path: (before.get(path), after.get(path)) for path in CHANGES[change]}
    assert moved == CHANGES[change]


@pytest.mark.timeout(300)
def test_no_user_is_shown_the_figures_of_another(api, app, make):
    """Ten thousand reads of seven people, in no order, while things change.

    As much has happened to each of them, so that only their names distinguish their figures.
    """
    admin = make.admin()
    teachers = [make.instructor() for _ in range(2)]
    for published, teacher in enumerate(teachers):
        for place in range(2):
            state = CourseStatus.PUBLISHED if place < published else CourseStatus.DRAFT
            make.course(instructor=teacher, status=state)
    students = [make.student() for _ in range(4)]
    courses = [make.course() for _ in range(3)]
    for active, student in enumerate(students):
        for place, course in enumerate(courses):
            make.enrollment(course, student, **({} if place < active else CANCELLED))
    fourth, mixed = api.as_(students[3]), 0
    people = [*students, *teachers, admin]

    expected = [("enrolled", held) for held in range(4)]
    expected += [("published_courses", published) for published in range(2)]
    expected += [("role", "ADMIN")]
    for _ in range(2):
        with app.app_context():
            people = [db.session.get_one(User, user.id) for user in people]
            for _ in range(5_000):
                which = random.randrange(len(people))
                figure, value = expected[which]
                mixed += dashboard.show_own(people[which]).figures.get(figure) != value
        fourth.post(f"/courses/{make.course().id}/enroll")
        expected[3] = ("enrolled", 4)

    assert mixed == 0
