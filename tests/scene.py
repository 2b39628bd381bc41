"""A small platform with one of everything, for suites that call every endpoint."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from app import passwords
from app.db import db, transaction
from app.enums import (
    AssignmentAction,
    AssignmentState,
    Channel,
    CourseStatus,
    EnrollmentStatus,
    LessonType,
    NoticeKind,
    NoticeState,
    Outcome,
    PaymentStatus,
    Role,
    Source,
)
from app.models import (
    Assignment,
    AssignmentItem,
    Category,
    Certificate,
    Course,
    Enrollment,
    InstructorRequest,
    Lesson,
    Notice,
    Review,
    Section,
    User,
)
from app.models.session import Session
from app.services import mail_tokens, sessions

PASSWORD = "Analytical-Engine-1843"

_numbers = count(1)


class Scene:
    """An owner with courses, a student who takes one and has completed another, bystanders, and what they have left.

    Several scenes stand beside each other: nothing unique is the same in two.
    """

    def __init__(self, app, *, status=CourseStatus.PUBLISHED):
        self.app = app
        self.mark = next(_numbers)
        with app.app_context(), transaction():
            self._invite()
            self._furnish(status)
            self._learn()
            db.session.refresh(self.certificate)  # its number is the database's

    def token_of(self, name):
        """The tokens of a new session of `student`, `other`, `owner`, `admin` or `person`."""
        with self.app.app_context(), transaction():
            return sessions.open_session(getattr(self, name))

    def mail_token(self, purpose):
        """What `person` finds in a mail."""
        with self.app.app_context(), transaction():
            return mail_tokens.mint(self.person, purpose)

    def _invite(self):
        hashed = passwords.hash_of(PASSWORD)
        for name, role in (
            ("admin", Role.ADMIN),
            ("owner", Role.INSTRUCTOR),
            ("other", Role.INSTRUCTOR),
            ("student", Role.STUDENT),
            ("person", Role.STUDENT),
            ("sleeper", Role.STUDENT),
        ):
            user = User(
                email=f"{name}{self.mark}@example.org",
                username=f"{name}{self.mark}",
                first_name=name.title(),
                last_name="Example",
                role=role,
                email_verified=True,
                is_active=name != "sleeper",
                can_self_publish=name == "other",
                password_hash=hashed,
            )
            setattr(self, name, self._add(user))
        self.request = self._add(InstructorRequest(user_id=self.person.id, reason="I can teach."))
        self.session = self._add(
            Session(user_id=self.student.id, expires_at=datetime.now(UTC) + timedelta(days=1))
        )

    def _furnish(self, status):
        self.category = self._add(Category(name=f"Used {self.mark}", slug=f"used-{self.mark}"))
        self.empty_category = self._add(Category(name=f"Empty {self.mark}", slug=f"empty-{self.mark}"))
        self.course, self.section, self.lesson = self._course("taken", status)
        self.free_course, *_ = self._course("free", CourseStatus.PUBLISHED)
        self.finished_course, *_ = self._course("finished", CourseStatus.PUBLISHED)

    def _course(self, name, status):
        course = self._add(
            Course(
                title=f"{name.title()} {self.mark}",
                slug=f"{name}-{self.mark}",
                code=f"{name.upper()}-{self.mark}",
                short_description="What it is about.",
                currency="USD",
                category_id=self.category.id,
                instructor_id=self.owner.id,
                status=status,
                lesson_count=1,
                enrollment_count=0 if name == "free" else 1,
            )
        )
        section = self._add(Section(course_id=course.id, title="Part", position=1))
        lesson = self._add(
            Lesson(
                course_id=course.id,
                section_id=section.id,
                title="First",
                type=LessonType.TEXT,
                content="Some *text*.",
                position=1,
            )
        )
        return course, section, lesson

    def _learn(self):
        taking = {
            "user_id": self.student.id,
            "source": Source.SELF,
            "price_at_enrollment": 0,
            "currency": "USD",
            "payment_status": PaymentStatus.FREE,
        }
        self.enrollment = self._add(Enrollment(course_id=self.course.id, **taking))
        self.completion = self._add(
            Enrollment(
                course_id=self.finished_course.id,
                status=EnrollmentStatus.COMPLETED,
                completed_at=datetime(2026, 1, 1, tzinfo=UTC),
                completion_number=1,
                **taking,
            )
        )
        self.certificate = self._add(
            Certificate(
                enrollment_id=self.completion.id,
                course_title=self.finished_course.title,
                full_name=self.student.full_name,
            )
        )
        self.review = self._add(
            Review(course_id=self.finished_course.id, author_id=self.student.id, rating=5)
        )
        self.finished_course.rating_sum, self.finished_course.rating_count = 5, 1
        self.finished_course.rating_counts = [0, 0, 0, 0, 1]
        self.notice, self.notification = (self._told(channel) for channel in (Channel.EMAIL, Channel.IN_APP))
        self.run = self._add(
            Assignment(
                action=AssignmentAction.ASSIGN,
                course_id=self.course.id,
                state=AssignmentState.APPLIED,
                requested=1,
                unique=1,
                counts={Outcome.NOT_FOUND: 1},
                created_by_id=self.owner.id,
                finished_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )
        self._add(
            AssignmentItem(
                assignment_id=self.run.id,
                row=1,
                input="nobody@example.org",
                course_id=self.course.id,
                outcome=Outcome.NOT_FOUND,
                code="not_found",
            )
        )

    def _told(self, channel):
        return self._add(
            Notice(
                kind=NoticeKind.COMPLETION,
                channel=channel,
                state=NoticeState.SENT,
                sent_at=datetime(2026, 1, 1, tzinfo=UTC),
                user_id=self.student.id,
                course_id=self.finished_course.id,
                enrollment_id=self.completion.id,
                completion_number=1,
            )
        )

    @staticmethod
    def _add(row):
        db.session.add(row)
        db.session.flush()
        return row
