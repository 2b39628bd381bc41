"""Everyone who can call and everything they can call about, once: the axes of the authorization matrix.

`owner` teaches a course in every state; `enrolled` takes each of them, `left` has left each, `student` and `unverified`
never joined. `other` teaches elsewhere. What is OWN belongs to the caller, in a course of a third instructor.
"""

from __future__ import annotations

import re
from uuid import uuid4

from app.adapters import passwords
from app.db.session import db, transaction
from app.enums import (
    AssignmentState,
    Channel,
    CourseStatus,
    EnrollmentStatus,
    MailTokenPurpose,
    NoticeState,
    RequestStatus,
    Role,
)
from app.models import Category, Certificate, Course, InstructorRequest, Review, Section, User
from app.models.session import Session
from app.services.auth import sessions
from app.services.messaging import mail_tokens
from tests.support import rows
from tests.support.rows import PASSWORD, THEN

ROLES = {
    "unverified": Role.STUDENT,
    "student": Role.STUDENT,
    "left": Role.STUDENT,
    "enrolled": Role.STUDENT,
    "other": Role.INSTRUCTOR,
    "owner": Role.INSTRUCTOR,
    "admin": Role.ADMIN,
}
"""Whoever is signed in. With REQUIRE_EMAIL_VERIFICATION=off nothing sets `unverified` apart from `student`."""

NOBODY = ("deactivated", "wrong_kind", "ended")
"""An admin who was deactivated, an admin's refresh token sent as access token, an admin's session that has ended."""

CALLERS = ("anonymous", *ROLES, *NOBODY)
STATES = tuple(CourseStatus)

# Who has what as their own; the rest of the callers have nothing of the kind.
HOLDERS = ("student", "enrolled", "other", "owner", "admin")


class Stage:
    """`ids[kind][variant]`, `own[kind][caller]` and `tokens[caller]`."""

    def __init__(self, app):
        self.app = app
        self.people: dict[str, User] = {}
        self.ids: dict[str, dict[str, object]] = {}
        self.own: dict[str, dict[str, object]] = {}
        self.tokens: dict[str, str] = {}
        with app.app_context(), transaction():
            self._invite()
            self._furnish()
            for state in (*STATES, "DELETED"):
                self._teach(state)
            course, section, _ = self._course("EMPTY", self.people["owner"])
            self._note("course", "EMPTY", course.id)
            self.empty_section_id = section.id
            self._give_everybody_their_own()
            self._keep_the_rest()
            self._sign_in()
            self.emails = {name: person.email for name, person in self.people.items()}
            self.secrets = self._secrets()
        self.secret = re.compile("|".join(map(re.escape, self.secrets)))

    def sees(self, kind, variant, caller):
        """Whether this caller is told that the object exists."""
        if variant in ("UNKNOWN", "GONE", "EXPIRED") or self.id_of(kind, variant, caller) is None:
            return False
        return _SIGHT[kind](variant, caller)

    def may(self, who, kind, variant, caller):
        """Whether the caller stands to the object as `who` says."""
        return any(_RELATIONS[each](kind, variant, caller) for each in who.split("+"))

    def variants(self, kind, caller):
        """Every variant of the kind that there is for this caller."""
        own = ("OWN",) if self.id_of(kind, "OWN", caller) else ()
        return (*self.ids[kind], *own, "UNKNOWN")

    def id_of(self, kind, variant, caller):
        if variant == "UNKNOWN":
            return "NO-SUCH-NUMBER" if kind == "number" else _UNKNOWN
        if variant == "OWN":
            return self.own.get(kind, {}).get(caller)
        return self.ids[kind][variant]

    def _secrets(self):
        """Words that stand in one row each, and who may read them; the hash of a password is for nobody."""
        staff = {"owner", "admin"}
        secrets = {"$argon2": set()}
        for name, person in self.people.items():
            for word in (
                person.email,
                person.phone_number,
                person.external_id,
                f"reason-of-{person.username}",
            ):
                secrets[word] = {name, "admin"}
        for state in STATES:
            secrets[f"notes-on-{state.lower()}-course"] = staff
            secrets[f"text-of-stage-{state.lower()}-lesson"] = {*staff, "enrolled"}
        return secrets

    def mail_token(self, purpose: MailTokenPurpose):
        with self.app.app_context(), transaction():
            return mail_tokens.mint(self.people["bystander"], purpose)

    def email_change_token(self):
        bystander, address = self.people["bystander"], f"to-{uuid4().hex}@stage.example.org"
        with self.app.app_context(), transaction():
            rows.email_change(bystander, address)
            return mail_tokens.mint(bystander, MailTokenPurpose.CONFIRM_EMAIL, address)

    def refresh_token(self):
        with self.app.app_context(), transaction():
            return sessions.open_session(self.people["bystander"]).refresh

    def _invite(self):
        hashed = passwords.hash_of(PASSWORD)
        others = {
            "third": Role.INSTRUCTOR,
            "chief": Role.ADMIN,
            "deactivated": Role.ADMIN,
            "bystander": Role.STUDENT,
            "inactive": Role.STUDENT,
            "forgotten": Role.STUDENT,
        }
        for name, role in {**ROLES, **others}.items():
            self.people[name] = rows.add(
                User(
                    email=f"{name}@stage.example.org",
                    username=f"{name}-stage",
                    first_name=name.title(),
                    last_name="Stage",
                    phone_number=f"+1555{len(self.people):07}",
                    external_id=f"hr-{name}",
                    role=role,
                    email_verified=name != "unverified",
                    is_active=name not in ("deactivated", "inactive", "forgotten"),
                    deleted_at=THEN if name == "forgotten" else None,
                    can_self_publish=name == "inactive",
                    password_hash=hashed,
                )
            )
        self._note("user", "OTHERS", self.people["bystander"].id)
        self._note("user", "INACTIVE", self.people["inactive"].id)
        self._note("user", "FORGOTTEN", self.people["forgotten"].id)
        self.own["user"] = {name: self.people[name].id for name in ROLES}
        # What somebody learned outlives their account.
        self.ids["record"], self.own["record"] = self.ids["user"], self.own["user"]

    def _furnish(self):
        for variant in ("USED", "EMPTY", "INACTIVE"):
            name = variant.lower()
            category = Category(name=f"Stage {name}", slug=f"stage-{name}", is_active=variant != "INACTIVE")
            self._note("category", variant, rows.add(category).id)

    def _teach(self, state):
        course, section, lesson = self._course(state, self.people["owner"])
        if state == CourseStatus.PUBLISHED:
            gone = rows.add(Section(course_id=course.id, title="Gone", position=None, deleted_at=THEN))
            dropped = self._lesson(course, section, "Gone", position=None, deleted_at=THEN)
            preview = self._lesson(
                course, section, "Preview", position=2, is_preview=True, content="For all."
            )
            course.lesson_count = 2
            self._note("section", "GONE", gone.id)
            self._note("lesson", "GONE", dropped.id)
            self._note("lesson", "PREVIEW", preview.id)
        taken = self._enroll(course, "enrolled")
        left = self._enroll(course, "left", status=EnrollmentStatus.CANCELLED, cancelled_at=THEN)
        review = self._review(course, "left")
        for kind, row in {
            "course": course,
            "section": section,
            "lesson": lesson,
            "enrollment": taken,
            "review": review,
        }.items():
            self._note(kind, str(state), row.id)
        if state == CourseStatus.PUBLISHED:
            self._note("enrollment", "CANCELLED", left.id)

    def _give_everybody_their_own(self):
        course, section, lesson = self._course("own", self.people["third"])
        self.foreign = {"course": course.id, "section": section.id, "lesson": lesson.id}
        for name in HOLDERS:
            self._own("enrollment", name, self._enroll(course, name).id)
            self._own("review", name, self._review(course, name).id)
            notice, certificate = self._finish(name)
            self._own("certificate", name, certificate.id)
            self._own("notification", name, notice.id)
            if name != "student":
                self._own("request", name, self._request(self.people[name]).id)
        for name in ROLES:
            self._own("session", name, rows.session(self.people[name]).id)
        for name in ("other", "owner", "admin"):
            self._own("run", name, rows.run(self.ids["course"]["PUBLISHED"], self.people[name]).id)

    def _keep_the_rest(self):
        notice, certificate = self._finish("bystander")
        self._note("certificate", "OTHERS", certificate.id)
        self._note("number", "OTHERS", certificate.number)
        self._note("notification", "OTHERS", notice.id)
        failed = rows.completion_notice(Channel.EMAIL, self.completed, state=NoticeState.FAILED)
        self._note("notice", "FAILED", failed.id)
        _, revoked = self._finish("chief", revoked_at=THEN)
        self._note("certificate", "REVOKED", revoked.id)
        self._note("number", "REVOKED", revoked.number)
        self._note("request", "OTHERS", self._request(self.people["bystander"]).id)
        by_chief = {"reviewed_at": THEN, "reviewed_by_id": self.people["chief"].id}
        self._note(
            "request",
            "DECIDED",
            self._request(self.people["third"], status=RequestStatus.REJECTED, **by_chief).id,
        )
        self._note("session", "OTHERS", rows.session(self.people["bystander"]).id)
        course_id, third = self.ids["course"]["PUBLISHED"], self.people["third"]
        self._note("run", "OTHERS", rows.run(course_id, third).id)
        expired = {"state": AssignmentState.PREVIEW, "expires_at": THEN}
        self._note("run", "EXPIRED", rows.run(course_id, self.people["owner"], **expired).id)

    def _sign_in(self):
        for name in (*ROLES, "deactivated"):
            self.tokens[name] = sessions.open_session(self.people[name]).access
        self.tokens["wrong_kind"] = sessions.open_session(self.people["admin"]).refresh
        self.tokens["ended"] = sessions.open_session(self.people["chief"]).access
        db.session.flush()
        for session in db.session.query(Session).filter_by(user_id=self.people["chief"].id):
            session.ended_at = THEN

    def _course(self, state, teacher):
        name = str(state).lower()
        course = rows.add(
            Course(
                title=f"Stage {name}",
                slug=f"stage-{name}",
                code=f"STAGE-{name.upper()}",
                short_description="What it is about.",
                review_notes=f"notes-on-{name}-course",
                currency="USD",
                category_id=self.ids["category"]["USED"],
                instructor_id=teacher.id,
                status=state if state in STATES else CourseStatus.PUBLISHED,
                deleted_at=THEN if state == "DELETED" else None,
                lesson_count=1,
            )
        )
        section = rows.section(course)
        return course, section, self._lesson(course, section, "First")

    @staticmethod
    def _lesson(course, section, title, **values):
        return rows.lesson(course, section, title, **{"content": f"text-of-{course.slug}-lesson", **values})

    def _enroll(self, course, name, **values):
        course.enrollment_count += "status" not in values or values["status"] != EnrollmentStatus.CANCELLED
        return rows.enrollment(course, self.people[name], **values)

    def _review(self, course, name):
        course.rating_sum += 5
        course.rating_count += 1
        course.rating_counts = [0, 0, 0, 0, course.rating_count]
        return rows.add(Review(course_id=course.id, author_id=self.people[name].id, rating=5))

    def _finish(self, name, **values):
        """What a completion leaves with its learner: a notification and a certificate."""
        course, *_ = self._course(f"finished by {name}".replace(" ", "-"), self.people["third"])
        done = {"status": EnrollmentStatus.COMPLETED, "completed_at": THEN, "completion_number": 1}
        self.completed = self._enroll(course, name, **done)
        certificate = Certificate(
            enrollment_id=self.completed.id,
            course_title=course.title,
            full_name=self.people[name].full_name,
            **values,
        )
        return rows.completion_notice(Channel.IN_APP, self.completed), rows.add(certificate)

    def _request(self, person, **values):
        return rows.add(InstructorRequest(user_id=person.id, reason=f"reason-of-{person.username}", **values))

    def _note(self, kind, variant, key):
        self.ids.setdefault(kind, {})[variant] = key

    def _own(self, kind, caller, key):
        self.own.setdefault(kind, {})[caller] = key


def state_of(variant):
    """The state that the course of this variant is in, where nothing more is said."""
    return CourseStatus.PUBLISHED if variant in ("EMPTY", "PREVIEW", "OWN", "CANCELLED") else variant


def _sees_course(variant, caller):
    """Published: everybody. Otherwise its owner, admins and who is enrolled. Deleted: nobody."""
    if state_of(variant) == CourseStatus.PUBLISHED:
        return True
    return variant in STATES and caller in ("owner", "admin", "enrolled")


def _sees_own(variant, _caller):
    return variant == "OWN"


def _or_admin(variant, caller):
    return variant == "OWN" or caller == "admin"


_SIGHT = {
    "course": _sees_course,
    "section": _sees_course,
    "lesson": _sees_course,
    "review": _sees_course,
    "enrollment": lambda variant, caller: (
        variant == "OWN"
        or caller in ("owner", "admin")
        or caller == ("left" if variant == "CANCELLED" else "enrolled")
    ),
    "certificate": _or_admin,
    "number": lambda *_: True,
    "notification": _sees_own,
    "notice": lambda _variant, caller: caller == "admin",
    "request": _or_admin,
    "run": _or_admin,
    "session": _sees_own,
    "user": lambda variant, caller: caller == "admin" and variant != "FORGOTTEN",
    "record": lambda _variant, caller: caller == "admin",
    "category": lambda variant, caller: variant != "INACTIVE" or caller == "admin",
}
"""Who is told that an object of this kind exists, by its variant."""

_RELATIONS = {
    "seen": lambda *_: True,
    "admin": lambda _kind, _variant, caller: caller == "admin",
    "owner": lambda _kind, variant, caller: caller == "owner" and variant != "OWN",
    "enrolled": lambda _kind, variant, caller: caller == "enrolled" and variant != "EMPTY",
    "preview": lambda _kind, variant, _caller: variant == "PREVIEW",
    "self": lambda _kind, variant, _caller: variant == "OWN",
    "author": lambda _kind, variant, caller: variant == "OWN" or caller == "left",
}
"""How somebody may stand to an object that they see."""

_UNKNOWN = uuid4()
