"""Quizzes: two lessons of a course of their own, of which one has been taken. `quiz` is a lesson of type QUIZ."""

from app.enums import CourseStatus, EnrollmentStatus, LessonType, PaymentStatus, Source
from app.models import Course, Enrollment, Lesson, Quiz, Section
from tests.support.callers import STATES, sees_course
from tests.support.declarations import Fault, request
from tests.support.rows import THEN, CommittedRows, add

AFTER = ("courses", "enrollments")

POLICY = """
GET    /lessons/{lesson_id}/quiz                 | U  | quiz | owner+admin+enrolled
PUT    /lessons/{lesson_id}/quiz                 | IA | quiz | owner+admin | FROZEN
POST   /lessons/{lesson_id}/regrade              | IA | quiz | owner+admin
GET    /lessons/{lesson_id}/statistics           | IA | quiz | owner+admin
"""

WRITABLE = """
PUT /lessons/{lesson_id}/quiz: grace_seconds max_attempts pass_percentage reveal shuffle_answers shuffle_questions
    time_limit_seconds
POST /lessons/{lesson_id}/regrade: mode
"""

REQUESTS = {
    "GET /lessons/{lesson_id}/quiz": request(lesson_id="quiz"),
    "PUT /lessons/{lesson_id}/quiz": request(lesson_id="quiz"),
    "POST /lessons/{lesson_id}/regrade": request(lesson_id="quiz"),
    "GET /lessons/{lesson_id}/statistics": request(lesson_id="quiz"),
}

VISIBLE = {"quiz": sees_course}


class Make(CommittedRows):
    def quiz(self, course, *, questions=1, title="Quiz", is_required=True, section=None, **settings):
        """The last lesson of the course: a quiz with so many SINGLE questions, whose first answer is right."""
        lesson = self.lesson(
            section or self.section(course), type=LessonType.QUIZ, title=title, is_required=is_required
        )
        if settings:
            self._add(Quiz(lesson_id=lesson.id, **settings))
        for _ in range(questions):
            self.question(lesson)
        return lesson


def add_to_scene(scene):
    scene.quiz_course = add(_course(f"quizzes-{scene.mark}", scene.owner, CourseStatus.PUBLISHED))
    scene.quiz_seat = add(_seat(scene.quiz_course, scene.student))
    scene.quiz, scene.taken_quiz = _lessons(scene.quiz_course)


def add_to_stage(stage):
    """`quizzes` and `taken_quizzes` by the state of their course, and `quiz_seats` of `enrolled`."""
    stage.quizzes, stage.taken_quizzes, stage.quiz_seats = {}, {}, {}
    for variant in (*STATES, "DELETED"):
        status = CourseStatus.PUBLISHED if variant == "DELETED" else variant
        course = _course(f"quizzes-{variant.lower()}", stage.people["owner"], status)
        course.deleted_at = THEN if variant == "DELETED" else None
        add(course)
        stage.quiz_seats[str(variant)] = add(_seat(course, stage.people["enrolled"]))
        add(_seat(course, stage.people["left"], status=EnrollmentStatus.CANCELLED, cancelled_at=THEN))
        stage.quizzes[str(variant)], stage.taken_quizzes[str(variant)] = _lessons(course)
        stage.register("quiz", str(variant), stage.quizzes[str(variant)].id)


def _course(slug, owner, status):
    return Course(
        title="Quizzes",
        slug=slug,
        short_description="What it is about.",
        currency="USD",
        instructor_id=owner.id,
        status=status,
        lesson_count=2,
        enrollment_count=1,
    )


def _seat(course, user, **values):
    return Enrollment(
        course_id=course.id,
        user_id=user.id,
        source=Source.SELF,
        price_at_enrollment=0,
        currency="USD",
        payment_status=PaymentStatus.FREE,
        **values,
    )


def _lessons(course):
    section = add(Section(course_id=course.id, title="Part", position=1))
    place = {"course_id": course.id, "section_id": section.id, "type": LessonType.QUIZ}
    return [add(Lesson(**place, title="Quiz", position=position)) for position in (1, 2)]


FAULTS = [
    Fault("every learner regrades", "services/quizzes/regrading.py",
          "lesson = questions.get_managed_quiz(actor, lesson_id)",
          "lesson = db.session.get_one(Lesson, lesson_id)", "regrade"),
    Fault("every instructor reads statistics", "services/quizzes/quiz_statistics.py",
          "lesson = questions.get_managed_quiz(actor, lesson_id)",
          "lesson = lessons_read.get_readable(actor, lesson_id)", "statistics"),
]  # fmt: skip
