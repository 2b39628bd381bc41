"""The calls whose cost must not grow: every GET, every filter and ordering, and the writes that people wait for.

They are made by three typical people on what `dataset` made: an admin, an instructor and a learner. What grows with
one person, one course or the number of matches and not with the platform is separate, in `LARGE_ONES`: it is requested by
the instructor who has most courses, of the course that has most people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from app.adapters import passwords
from app.db.session import db, transaction
from app.models import User
from app.services.auth import sessions
from bench import dataset

OPEN_SESAME = "Analytical-Engine-1843"


@dataclass(frozen=True)
class Call:
    who: str
    path: str
    method: str = "GET"
    body: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        return f"{self.who} {self.method} {self.path}"


def _gets(who: str, paths: str) -> list[Call]:
    return [Call(who, path) for path in paths.split()]


_COURSE_FILTERS = """
    /courses /courses?level=ADVANCED /courses?category=shelf-3 /courses?is_free=true /courses?is_free=false
    /courses?min_price=15 /courses?max_price=15 /courses?instructor=person2 /courses?has_seats=true
    /courses?has_seats=false /courses?status=PUBLISHED
    /courses?category=shelf-3&level=ADVANCED&is_free=true&has_seats=true
    /courses?instructor=person2&level=BEGINNER&min_price=15
    /courses?ordering=created_at /courses?ordering=-published_at /courses?ordering=published_at
    /courses?ordering=enrollment_count /courses?ordering=-enrollment_count
    /courses?ordering=average_rating /courses?ordering=-average_rating
    /courses?ordering=price /courses?ordering=-price /courses?ordering=title /courses?ordering=-title
    /courses?ordering=class_starts /courses?ordering=-class_starts
    /courses?ordering=admission_deadline /courses?ordering=-admission_deadline
    /courses?category=shelf-3&ordering=-enrollment_count /courses?category=shelf-3&ordering=title
    /courses?category=shelf-3&ordering=-average_rating /courses?category=shelf-3&ordering=-price
    /courses?level=ADVANCED&ordering=-average_rating /courses?has_seats=false&ordering=title
    /courses?search=zymurgy /courses?search=absentword /courses?search=zymurgy&ordering=-created_at
"""

READS = [
    *_gets("visitor", _COURSE_FILTERS),
    *_gets("learner", _COURSE_FILTERS),
    *_gets("admin", "/courses /courses?status=PENDING /courses?status=ARCHIVED /courses?ordering=title"),
    *_gets("admin", "/courses?ordering=-enrollment_count /courses?search=zymurgy /courses/review-queue"),
    *_gets(
        "visitor",
        "/courses/{course} /courses/made-1 /categories /categories/shelf-3 /categories?search=shelf",
    ),
    *_gets("learner", "/courses/{course} /courses/{course}/progress /lessons/{lesson} /files/{file}"),
    *_gets(
        "instructor",
        "/lessons/{quiz}/quiz /lessons/{quiz}/questions /lessons/{quiz}/questions/export /questions/{question}",
    ),
    *_gets("instructor", "/lessons/{quiz}/attempts /lessons/{quiz}/statistics /attempts/{attempt}"),
    *_gets(
        "instructor", "/lessons/{quiz}/attempts?ordering=-score /lessons/{quiz}/attempts?state=IN_PROGRESS"
    ),
    *_gets("visitor", "/ /courses/{course}/sections /courses/{course}/lessons /sections/{section}/lessons"),
    *_gets(
        "visitor", "/sections/{section} /certificates/verify/{number} /certificates/verify/{number}/badge"
    ),
    *_gets("instructor", "/courses/{course}/versions /versions/{version}"),
    *_gets("admin", "/versions/{version}/affected"),
    *_gets("instructor", "/courses/mine /courses/mine?search=number31 /courses/mine?ordering=title"),
    *_gets("instructor", "/courses/mine?status=DRAFT /courses/mine?ordering=-enrollment_count"),
    *_gets(
        "instructor", "/courses/{course}/history /courses/{course}/analytics /dashboard/instructor /dashboard"
    ),
    *_gets("instructor", "/courses/{course}/enrollments /courses/{course}/enrollments?search=name77"),
    *_gets(
        "instructor",
        "/courses/{course}/enrollments?ordering=name /courses/{course}/enrollments?status=COMPLETED",
    ),
    *_gets(
        "instructor",
        "/courses/{course}/enrollments?overdue=true /assignments /assignments?ordering=requested",
    ),
    *_gets(
        "instructor", "/assignments?course={course} /assignments/{assignment} /assignments/{assignment}/items"
    ),
    *_gets("instructor", "/assignments?state=PREVIEW /instructor-requests /enrollments/{enrollment}"),
    *_gets(
        "admin",
        "/assignments /assignments?state=PREVIEW /assignments?action=UNASSIGN /assignments?ordering=requested",
    ),
    *_gets("admin", "/users /users?role=ADMIN /users?is_active=false /users?email_verified=false"),
    *_gets("admin", "/users?department=Department%207 /users?search=person777 /users?search=absentword"),
    *_gets(
        "admin",
        "/users?search=ada /users?ordering=email /users?ordering=-username /users?ordering=first_name",
    ),
    *_gets("admin", "/users?ordering=last_name /users?ordering=department /users?ordering=hired_on"),
    *_gets("admin", "/users?role=INSTRUCTOR&department=Department%207&ordering=last_name"),
    *_gets("admin", "/users/{user} /users/{user}/enrollments /enrollments?user_id={user}"),
    *_gets(
        "admin",
        "/instructor-requests /instructor-requests?status=PENDING /instructor-requests?search=absentword",
    ),
    *_gets("admin", "/instructor-requests?search=name7 /instructor-requests?ordering=-reviewed_at"),
    *_gets("admin", "/instructor-requests?user_id={user} /instructor-requests/{request}"),
    *_gets("admin", "/notices /notices?state=FAILED /notices?state=QUEUED /notices?state=SUPPRESSED"),
    *_gets("admin", "/notices?kind=COMPLETION /notices?kind=ASSIGNMENT /notices?channel=EMAIL"),
    *_gets(
        "admin", "/notices?course={course} /notices?user=person77 /notices?state=SENT&kind=RESET_PASSWORD"
    ),
    *_gets("admin", "/dashboard /dashboard/admin"),
    *_gets("learner", "/dashboard /dashboard/student /dashboard/stats /auth/me /auth/sessions"),
    *_gets("learner", "/enrollments /enrollments?search=accounting /enrollments?overdue=true"),
    *_gets(
        "learner", "/enrollments?ordering=title /enrollments/{enrollment} /enrollments/{enrollment}/progress"
    ),
    *_gets("learner", "/enrollments/{enrollment}/completion /certificates /certificates/{certificate}"),
    *_gets("admin", "/courses/{course}/submissions /courses/{course}/submissions?state=SUBMITTED"),
    *_gets(
        "admin", "/courses/{course}/submissions?search=ada /courses/{course}/submissions?lesson_id={lesson}"
    ),
    *_gets("admin", "/courses/{course}/submissions?ordering=-graded_at /submissions/{submission}"),
    *_gets("learner", "/lessons/{lesson}/submissions"),
    *_gets("learner", "/certificates/{certificate}/pdf"),
    *_gets("learner", "/notifications /notifications?is_read=false /notifications/unread-count"),
    *_gets(
        "visitor",
        "/courses/{course}/reviews /courses/{course}/reviews?rating=1 /courses/{course}/reviews?search=needle",
    ),
    *_gets(
        "visitor",
        "/reviews /reviews?rating=1 /reviews?search=needle /reviews?search=absentword /reviews/{review}",
    ),
    *_gets("visitor", "/reviews?ordering=rating /reviews?course_id={course}"),
]

WRITES = [
    Call("learner", "/courses/{free_course}/enroll", "POST"),
    Call("learner", "/courses/{free_course}/reviews", "POST", {"rating": 4, "comment": "Clear."}),
    Call("learner", "/reviews/{made}", "DELETE"),
    Call("learner", "/enrollments/{held}", "DELETE"),
    Call("learner", "/lessons/{lesson}/complete", "POST"),
    Call("learner", "/lessons/{lesson}/complete", "DELETE"),
    Call("admin", "/courses/{free_course}/assign", "POST", {"user_id": "{free_user}"}),
    Call("admin", "/courses/{free_course}/unassign-multiple", "POST", {"user_ids": ["{free_user}"]}),
    Call("visitor", "/auth/login", "POST", {"username": "person2", "password": OPEN_SESAME}),
]

LARGE_ONES = [
    *_gets("prolific", "/courses/mine /courses/mine?ordering=title /courses/mine?ordering=-enrollment_count"),
    *_gets(
        "prolific", "/courses/mine?status=DRAFT /courses/mine?search=number31 /courses/mine?search=accounting"
    ),
    *_gets("visitor", "/courses?instructor=person3 /courses?instructor=person3&level=BEGINNER&min_price=15"),
    *_gets("visitor", "/courses?instructor=person3&ordering=title"),
    *_gets("prolific", "/dashboard/instructor /courses/{popular}/analytics /assignments"),
    *_gets("prolific", "/courses/{popular}/enrollments /courses/{popular}/enrollments?status=COMPLETED"),
    *_gets(
        "prolific",
        "/courses/{popular}/enrollments?status=CANCELLED /courses/{popular}/enrollments?overdue=true",
    ),
    *_gets(
        "prolific", "/courses/{popular}/enrollments?search=name77 /courses/{popular}/enrollments?search=ada"
    ),
    *_gets("prolific", "/courses/{popular}/enrollments?search=absentword"),
    *_gets(
        "prolific",
        "/courses/{popular}/enrollments?ordering=name /courses/{popular}/enrollments?ordering=due_at",
    ),
    *_gets("visitor", "/courses/{popular}/reviews /courses/{popular}/reviews?rating=1"),
    *_gets("visitor", "/courses?search=accounting /courses?search=accounting&ordering=title"),
    *_gets("visitor", "/courses?search=accounting&level=BEGINNER"),
    *_gets("prolific", "/courses/{popular}/submissions /courses/{popular}/submissions?search=name77"),
]

CALLS = READS + WRITES

_NAMES = """
    SELECT (SELECT id FROM certificates WHERE enrollment_id IN (
            SELECT id FROM enrollments WHERE user_id = :learner) LIMIT 1) AS certificate,
        (SELECT number FROM certificates LIMIT 1) AS number,
        (SELECT id FROM quiz_attempts WHERE lesson_id = key('quiz', 1) LIMIT 1) AS attempt,
        (SELECT id FROM courses WHERE status = 'PUBLISHED' AND total_seats IS NULL AND price = 0 AND id NOT IN (
            SELECT course_id FROM enrollments WHERE user_id IN (:learner, :other)) ORDER BY id LIMIT 1) AS free_course
"""


@dataclass
class Callers:
    """Makes the calls; remembers what the writes made, so that the next one may undo it."""

    app: Flask
    names: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @classmethod
    def sign_in(cls, app: Flask, size: dataset.Size) -> Callers:
        callers = cls(app)
        learner = size.instructors + 2
        with app.app_context(), transaction():
            connection = db.session.connection()
            first = (
                "course",
                "section",
                "enrollment",
                "review",
                "assignment",
                "request",
                "version",
            )
            callers.names = {kind: dataset.identify(connection, kind) for kind in first}
            callers.names["submission"] = dataset.identify(connection, "submission", 10)
            callers.names["quiz"] = dataset.identify(connection, "quiz")
            callers.names["question"] = dataset.identify(connection, "question", 11)
            callers.names["popular"] = dataset.identify(connection, "course", dataset.POPULAR)
            callers.names["lesson"] = dataset.identify(connection, "lesson", 21)
            callers.names["file"] = dataset.identify(connection, "file", 21)
            callers.names["user"] = dataset.identify(connection, "user", learner)
            callers.names["free_user"] = dataset.identify(connection, "user", learner + 1)
            busy = {"learner": callers.names["user"], "other": callers.names["free_user"]}
            found = db.session.execute(text(_NAMES), busy).mappings().one()
            callers.names |= {name: str(value) for name, value in found.items()}
            people = {"admin": 1, "instructor": 2, "prolific": 3, "learner": learner}
            for who, number in people.items():
                user = db.session.get_one(User, dataset.identify(connection, "user", number))
                user.password_hash = passwords.hash_of(OPEN_SESAME)
                user.email_verified = True
                callers.tokens[who] = sessions.open_session(user).access
        return callers

    @property
    def engine(self) -> Engine:
        with self.app.app_context():
            return db.engine

    def make(self, call: Call) -> TestResponse:
        """The response; anything but a success, or a login refused, ends the run."""
        token = self.tokens.get(call.who)
        response = self.app.test_client().open(
            f"/api/v1{call.path.format(**self.names)}",
            method=call.method,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            json=self._filled(call.body),
        )
        if response.status_code >= 400 and "/auth/" not in call.path:
            raise SystemExit(f"{call.name} answered {response.status_code}: {response.text[:300]}")
        self._remember(call, response)
        return response

    def _filled(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: self._filled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._filled(each) for each in value]
        return value.format(**self.names) if isinstance(value, str) else value

    def _remember(self, call: Call, response: TestResponse) -> None:
        if call.path.endswith("/enroll"):
            self.names["held"] = response.get_json()["data"]["id"]
        if call.method == "POST" and call.path.endswith("/reviews"):
            self.names["made"] = response.get_json()["data"]["id"]
