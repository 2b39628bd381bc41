"""Courses with people who learn in them: runs of assignments, progress, certificates, homework, quizzes, reviews."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.db.session import db
from app.enums import Channel, LessonType, Mode, NoticeKind, QuestionType
from app.models.certificate import Certificate
from app.models.enrollment import Enrollment
from app.models.lesson import Lesson
from app.models.notice import Notice
from app.models.user import User
from app.services.assigning import assignments
from app.services.catalogue import course_versions, courses_workflow
from app.services.catalogue.courses_read import CoursePage
from app.services.content import lessons
from app.services.learning import enrolling, progress, reviews, submissions
from app.services.quizzes import questions, quiz_attempts, quiz_attempts_start
from app.values.people import People
from app.values.terms import Terms
from app.web.openapi.examples.ids import CERTIFICATE_NUMBER, id_of
from demo import materials
from demo.load import person
from demo.named import Named
from demo.people import ADMIN, INSTRUCTORS, STUDENTS

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


class Learners(Named):
    """Published courses of another instructor, which the admin takes, too."""

    def create(self) -> None:
        self._learners()
        self._give_ids()
        self._quizzes()

    def _learners(self) -> None:
        teacher = person(INSTRUCTORS[1].email)
        main = self._main(teacher)
        erin = db.session.get_one(User, id_of("user"))
        first, second, *_ = (person(each.email) for each in STUDENTS)
        other = self._taught("course to review as a learner", "Coping with stress", teacher)
        edited = self._taught("course with reviews", "Working from home", teacher, price=20)
        outline = [lesson.id for lesson in self._outline(main)]
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

    def _main(self, teacher: User) -> CoursePage:
        """The course of most examples. Its first version is to name its lessons by the ids that they keep."""
        course = self._course("course", "First aid at work", teacher)
        lesson = self._outline(course)[0]
        self.named |= {"lesson": lesson.id, "section": lesson.section_id}
        self._give_ids()
        return courses_workflow.publish(self.admin, id_of("course"))

    def _files(self, lesson: Lesson) -> None:
        for name, called in (("file", "checklist.txt"), ("file to delete", "old-checklist.txt")):
            content = b"Look for danger. Ask whether the person hears you. Call for help.\n"
            row = materials.attach(lesson, self.admin, called, "text/plain", content)
            self.named[name] = row.id

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
