"""A small platform with one of everything, for suites that call every endpoint."""

from __future__ import annotations

from itertools import count

from app.adapters import passwords
from app.db.session import transaction
from app.enums import Channel, CourseStatus, EnrollmentStatus, MailTokenPurpose, Role
from app.models import Category, Certificate, Course, InstructorRequest, Review, User
from app.services.auth import sessions
from app.services.messaging import mail_tokens
from tests.support import rows
from tests.support.rows import PASSWORD, THEN

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

    def token_of(self, name):
        """The tokens of a new session of `student`, `other`, `owner`, `admin` or `person`."""
        with self.app.app_context(), transaction():
            return sessions.open_session(getattr(self, name))

    def mail_token(self, purpose):
        """What `person` finds in a mail."""
        with self.app.app_context(), transaction():
            return mail_tokens.mint(self.person, purpose)

    def email_change_token(self):
        """The same, having asked for another address."""
        address = f"from{self.mark}@example.org"
        with self.app.app_context(), transaction():
            rows.email_change(self.person, address)
            return mail_tokens.mint(self.person, MailTokenPurpose.CONFIRM_EMAIL, address)

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
            setattr(self, name, rows.add(user))
        self.request = rows.add(InstructorRequest(user_id=self.person.id, reason="I can teach."))
        self.session = rows.session(self.student)

    def _furnish(self, status):
        self.category = rows.add(Category(name=f"Used {self.mark}", slug=f"used-{self.mark}"))
        self.empty_category = rows.add(Category(name=f"Empty {self.mark}", slug=f"empty-{self.mark}"))
        self.course, self.section, self.lesson = self._course("taken", status)
        self.free_course, *_ = self._course("free", CourseStatus.PUBLISHED)
        self.finished_course, *_ = self._course("finished", CourseStatus.PUBLISHED)

    def _course(self, name, status):
        course = rows.add(
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
        section = rows.section(course)
        return course, section, rows.lesson(course, section)

    def _learn(self):
        self.enrollment = rows.enrollment(self.course, self.student)
        done = {"status": EnrollmentStatus.COMPLETED, "completed_at": THEN, "completion_number": 1}
        self.completion = rows.enrollment(self.finished_course, self.student, **done)
        self.certificate = rows.add(
            Certificate(
                enrollment_id=self.completion.id,
                course_title=self.finished_course.title,
                full_name=self.student.full_name,
            )
        )
        self.review = rows.add(Review(course_id=self.finished_course.id, author_id=self.student.id, rating=5))
        self.finished_course.rating_sum, self.finished_course.rating_count = 5, 1
        self.finished_course.rating_counts = [0, 0, 0, 0, 1]
        self.notice = rows.completion_notice(Channel.EMAIL, self.completion)
        self.notification = rows.completion_notice(Channel.IN_APP, self.completion)
        self.run = rows.run(self.course.id, self.owner)
