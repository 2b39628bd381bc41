"""The objects behind the examples of the OpenAPI document, under the ids and names that `app/web/openapi/examples` gives.

What a request deletes, publishes or revokes is an object of its own, so that no example spoils another. Here are those
that need more than one request; `demo/creations.py` creates the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update

from app.adapters import storage
from app.db.session import db, transaction
from app.enums import (
    Channel,
    CourseStatus,
    FileKind,
    LessonType,
    Level,
    MailTokenPurpose,
    Mode,
    NoticeKind,
    QuestionType,
    Role,
)
from app.models.certificate import Certificate
from app.models.email_change import EmailChange
from app.models.enrollment import Enrollment
from app.models.file import File
from app.models.lesson import Lesson
from app.models.mail_token import MailToken
from app.models.notice import Notice
from app.models.session import Session
from app.models.user import User
from app.services.assigning import assignments
from app.services.auth import sessions
from app.services.catalogue import categories, course_versions, courses_workflow, courses_write
from app.services.catalogue.courses_read import CoursePage
from app.services.content import files, lessons, sections
from app.services.learning import enrolling, progress, reviews, submissions
from app.services.people import instructor_requests, users, users_roles
from app.services.quizzes import questions, quiz_attempts, quiz_attempts_start
from app.values.people import People
from app.values.terms import Terms
from app.web.openapi.examples.ids import (
    CERTIFICATE_NUMBER,
    EMAIL_TOKEN,
    NEW_EMAIL_TOKEN,
    PASSWORD_TOKEN,
    id_of,
)
from demo import creations, fixed_ids
from demo.load import person
from demo.people import ADMIN, INSTRUCTORS, PASSWORD, STUDENTS

_LONG = timedelta(days=3650)
"""How long what expires is good in the demo."""

_TRUE = "Slow breathing helps against stress."
_IS_TRUE = [{"text": "true", "is_correct": True}]
_QUIZZES = {
    "quiz to take": ["question to take"],
    "quiz to reorder": ["first question", "second question"],
    "quiz passed": ["question passed"],
    "quiz in progress": ["question in progress"],
    "quiz to save": ["question to save"],
    "quiz to submit": ["question to submit"],
}
"""By name, the names of the questions."""

_DUE = datetime(2030, 1, 31, 17, tzinfo=UTC)


def create() -> None:
    """All of them, once."""
    with transaction():
        if db.session.get(User, id_of("user")) is None:
            _Examples(person(ADMIN.email)).create()


class _Examples:
    """The objects as they are made, and the name of each."""

    def __init__(self, admin: User) -> None:
        self.admin = admin
        self.named: dict[str, UUID] = {}

    def create(self) -> None:
        self._people()
        self._give_ids()
        self._requests()
        self._mails()
        self.category_id = self._categories()
        self._courses()
        self._content()
        self._learners()
        self._session()
        self._give_ids()
        self._quizzes()
        creations.create(person(ADMIN.email))

    def _give_ids(self) -> None:
        """Their own ids to the objects made so far. What the session held of them is to be read again."""
        fixed_ids.give({made: id_of(name) for name, made in self.named.items()})
        self.named.clear()

    def _user(self, name: str, username: str, **values: Any) -> User:
        made = users.create(
            email=f"{username}@example.org",
            username=username,
            first_name=username.title(),
            last_name="Example",
            **{"password": PASSWORD, **values},
        )
        self.named[name] = made.id
        return made

    def _people(self) -> None:
        self._user("user", "erin", department="Finance", external_id="HR-1001")
        self._user("another user", "farid", department="Finance", external_id="HR-1002")
        self._user("user to delete", "gina")
        self._user("user to promote", "hugo")
        for name, username in (("user to activate", "ilse"), ("user to activate with others", "jonas")):
            users_roles.deactivate(self.admin, self._user(name, username).id)
        self._user("user to deactivate", "kira")
        self._user("user to deactivate with others", "lars")
        self._user("instructor to trust", "mona", role=Role.INSTRUCTOR)
        trusted = self._user("instructor trusted", "nils", role=Role.INSTRUCTOR)
        users_roles.let_publish(self.admin, trusted.id, granted=True)
        for username in ("petra", "quinn", "rosa", "stefan", "newcomer", "mover", "forgetful"):
            self._user(username, username)

    def _requests(self) -> None:
        for name, username in (
            ("instructor request", "petra"),
            ("instructor request to withdraw", "quinn"),
            ("instructor request to review", "rosa"),
            ("instructor request to review with others", "stefan"),
        ):
            asked = instructor_requests.ask(_example(username), reason="I have taught this for years.")
            self.named[name] = asked.id

    def _mails(self) -> None:
        """People who find a token in their mail that the document knows."""
        newcomer, mover, forgetful = map(_example, ("newcomer", "mover", "forgetful"))
        newcomer.email_verified = False
        changes = EmailChange(user_id=mover.id, old_email=mover.email, new_email="mover.new@example.org")
        db.session.add(changes)
        for user, purpose, token, email in (
            (newcomer, MailTokenPurpose.VERIFY_EMAIL, EMAIL_TOKEN, newcomer.email),
            (mover, MailTokenPurpose.CONFIRM_EMAIL, NEW_EMAIL_TOKEN, changes.new_email),
            (forgetful, MailTokenPurpose.RESET_PASSWORD, PASSWORD_TOKEN, forgetful.email),
        ):
            row = {"user_id": user.id, "purpose": purpose, "email": email, "expires_at": func.now() + _LONG}
            hashed = sha256(token.encode()).digest()
            db.session.execute(insert(MailToken).values(**row, token_hash=hashed))

    def _categories(self) -> UUID:
        for name in ("Languages", "Miscellaneous"):
            categories.create(self.admin, name=name)
        return categories.create(self.admin, name="Health and safety").id

    def _course(self, name: str, title: str, owner: User | None = None, **values: Any) -> CoursePage:
        """A draft of the admin's, with two lessons."""
        course = courses_write.create(
            self.admin,
            title=title,
            short_description="One of the examples in the API's documentation.",
            category_id=self.category_id,
            level=Level.BEGINNER,
            instructor_id=(owner or self.admin).id,
            **values,
        )
        self.named[name] = course.id
        self._lessons(course, "Welcome", "The essentials")
        return course

    def _lessons(self, course: CoursePage, *titles: str) -> list[UUID]:
        texts = [
            {"title": title, "type": LessonType.TEXT, "is_preview": title == "Welcome"} for title in titles
        ]
        return [lesson.id for lesson in lessons.create_many(self.admin, course_id=course.id, lessons=texts)]

    def _courses(self) -> None:
        """One in the state that each step of the workflow starts from."""
        self._course("course to submit", "Safe use of ladders")
        self._course("course to edit", "Accounting basics", slug="course-to-edit")
        self._course("course to delete", "Old office software", slug="course-to-delete")
        self._course("course to archive", "Telephone manners")
        for name, title in (("course to withdraw", "Noise at work"), ("course to review", "Dust at work")):
            courses_workflow.submit(self.admin, self._course(name, title).id)
        course = self._course("course to publish", "Lifting and carrying")
        courses_workflow.submit(self.admin, course.id)
        courses_workflow.review(self.admin, course.id, status=CourseStatus.APPROVED)
        courses_workflow.publish(self.admin, self._course("course to unpublish", "Screen breaks").id)
        changed = self._course("course with changes", "Evacuation drills")
        courses_workflow.publish(self.admin, changed.id)
        self._lessons(changed, "The new assembly point")
        courses_workflow.archive(self.admin, self._course("course to unarchive", "Fax machines").id)

    def _content(self) -> None:
        course = self._course("course to reorder", "Keeping minutes")
        for name in ("first section", "second section"):
            self.named[name] = sections.create(self.admin, course.id, title=name.capitalize()).id
        # Its automatic section would be missing in the order.
        automatic = sections.first_of(course.id)
        sections.delete(self.admin, automatic.id)

    def _learners(self) -> None:
        """Published courses of another instructor, which the admin takes, too."""
        erin = _example("user")
        teacher = person(INSTRUCTORS[1].email)
        first, second, *_ = (person(each.email) for each in STUDENTS)
        main = self._taught("course", "First aid at work", teacher)
        other = self._taught("course to review as a learner", "Coping with stress", teacher)
        edited = self._taught("course with reviews", "Working from home", teacher, price=20)
        outline = [lesson.id for lesson in self._outline(main)]
        self.named |= {"lesson": outline[0], "section": self._outline(main)[0].section_id}
        self._files(self._outline(main)[0])
        run = assignments.assign(
            self.admin,
            main.id,
            People(emails=[erin.email, self.admin.email, "unknown@example.org"]),
            Terms(due_at=_DUE),
            reason="Yearly safety training",
        ).run
        self.named["assignment"] = run.id
        refused = assignments.assign(self.admin, other.id, People(emails=["unknown@example.org"]))
        self.named["assignment to retry"] = refused.run.id
        plan = assignments.assign(
            self.admin, other.id, People(emails=[erin.email]), mode=Mode.PREVIEW, reason="Preview"
        )
        self.named["assignment to commit"] = plan.run.id
        mistaken = assignments.assign(self.admin, edited.id, People(emails=[erin.email]), Terms(notify=False))
        self.named["assignment to undo"] = mistaken.run.id
        again = assignments.assign(self.admin, main.id, People(emails=[erin.email]), Terms(notify=False))
        self.named |= {"assignment of an enrolled user": again.run.id, "admin": self.admin.id}
        waiting = assignments.assign(
            self.admin, main.id, People(emails=[erin.email]), Terms(notify=False), in_background=True
        )
        self.named["assignment to cancel"] = waiting.run.id
        for course in (other, edited):
            learners = People(emails=[self.admin.email])
            assignments.assign(self.admin, course.id, learners, Terms(notify=False), reason="Example")
        enrolled = {learner.id: enrolling.enroll(learner, main.id).id for learner in (first, second)}
        for learner in (first, second):
            for lesson_id in outline:
                progress.complete(learner, lesson_id)
        lessons.create_many(
            self.admin,
            course_id=main.id,
            lessons=[{"title": "Further reading", "type": LessonType.TEXT, "is_required": False}],
        )
        self.named["version"] = course_versions.publish(self.admin, main.id, note="A list of books.").id
        self.named["enrollment"] = self._enrollment(erin, main)
        self.named["enrollment to cancel"] = enrolling.enroll(first, other.id).id
        self.named["enrollment to pay"] = enrolling.enroll(first, edited.id).id
        for name, user in (("certificate", first), ("certificate to revoke", second)):
            mine = select(Certificate.id).where(Certificate.enrollment_id == enrolled[user.id])
            self.named[name] = db.session.scalars(mine).one()
        numbered = update(Certificate).where(Certificate.id == self.named["certificate"])
        db.session.execute(numbered.values(number=CERTIFICATE_NUMBER))
        self._reviews(main, edited, first)
        self._homework(edited, first, second)
        for name, user in (("notice", erin), ("notification", self.admin)):
            self.named[name] = self._notice(user, main)

    def _files(self, lesson: Lesson) -> None:
        for name, called in (("file", "checklist.txt"), ("file to delete", "old-checklist.txt")):
            content = b"Look for danger. Ask whether the person hears you. Call for help.\n"
            row = File(
                kind=FileKind.LESSON_FILE,
                course_id=lesson.course_id,
                lesson_id=lesson.id,
                uploaded_by_id=self.admin.id,
                name=called,
                media_type="text/plain",
                size=len(content),
                stored_as=storage.keep(files.FOLDER, content, suffix=files.SUFFIX),
            )
            db.session.add(row)
            db.session.flush()
            self.named[name] = row.id

    def _quizzes(self) -> None:
        """Optional lessons of a course that the admin takes, each for one operation on its attempts."""
        admin, course_id = person(ADMIN.email), id_of("course to review as a learner")
        for name, asked in _QUIZZES.items():
            quiz = lessons.create(
                admin, course_id=course_id, title=name.capitalize(), type=LessonType.QUIZ, is_required=False
            )
            self.named[name] = quiz.id
            for question in asked:
                made = questions.create(
                    admin, quiz.id, type=QuestionType.TRUE_FALSE, text=_TRUE, answers=_IS_TRUE
                )
                self.named[question] = made.id
        self._give_ids()
        admin = person(ADMIN.email)
        passed = quiz_attempts_start.start(admin, id_of("quiz passed"))
        right = {"question_id": id_of("question passed"), "choices": [1]}
        quiz_attempts.submit(admin, passed.id, responses=[right])
        for name, quiz_name in (
            ("attempt", "quiz in progress"),
            ("attempt to save", "quiz to save"),
            ("attempt to submit", "quiz to submit"),
        ):
            self.named[name] = quiz_attempts_start.start(admin, id_of(quiz_name)).id
        self._give_ids()

    def _taught(self, name: str, title: str, teacher: User, **values: Any) -> CoursePage:
        course = self._course(name, title, teacher, **values)
        courses_workflow.publish(self.admin, course.id)
        return course

    @staticmethod
    def _outline(course: CoursePage) -> Sequence[Lesson]:
        written = select(Lesson).where(Lesson.course_id == course.id).order_by(Lesson.position)
        return db.session.scalars(written).all()

    @staticmethod
    def _enrollment(user: User, course: CoursePage) -> UUID:
        held = Enrollment.user_id == user.id, Enrollment.course_id == course.id
        return db.session.scalars(select(Enrollment.id).where(*held)).one()

    @staticmethod
    def _notice(user: User, course: CoursePage) -> UUID:
        about = {
            "user_id": user.id,
            "course_id": course.id,
            "channel": Channel.IN_APP,
            "kind": NoticeKind.ASSIGNMENT,
        }
        return db.session.scalars(select(Notice.id).filter_by(**about)).one()

    def _reviews(self, main: CoursePage, edited: CoursePage, first: User) -> None:
        written = reviews.write(first, main.id, rating=5, comment="I can tie a bandage now.")
        self.named |= {"review": written.id, "author": first.id}
        self.named["review to delete"] = reviews.write(first, edited.id, rating=1, comment="Spam.").id

    def _homework(self, course: CoursePage, first: User, second: User) -> None:
        """An optional lesson for which the two have submitted homework; the admin has not."""
        task = {
            "title": "Your desk at home",
            "type": LessonType.ASSIGNMENT,
            "content": "Describe the place where you work: light, screen, chair. What would you change?",
            "is_required": False,
        }
        (lesson,) = lessons.create_many(self.admin, course_id=course.id, lessons=[task])
        self.named["homework"] = lesson.id
        enrolling.enroll(second, course.id)
        text = "The window is behind the screen, so I would turn the desk by a quarter."
        for name, learner in (("submission", first), ("submission to grade", second)):
            self.named[name] = submissions.submit(learner, lesson.id, text=text).id

    def _session(self) -> None:
        sessions.open_session(self.admin, user_agent="A browser that was left behind", ip_address="127.0.0.1")
        mine = update(Session).where(
            Session.user_id == self.admin.id, Session.user_agent.startswith("A browser")
        )
        made = mine.values(expires_at=func.now() + _LONG).returning(Session.id)
        self.named["session to end"] = db.session.scalars(made).one()


def _example(name: str) -> User:
    return db.session.get_one(User, id_of(name))
