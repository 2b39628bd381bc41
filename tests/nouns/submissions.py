"""Submissions for homework: in courses of every state, and one's own."""

from app.db.session import db
from app.enums import LessonType
from app.models import Enrollment, Lesson, Submission
from tests.support.callers import HOLDERS, STATES
from tests.support.declarations import Fault, request
from tests.support.rows import add

AFTER = ("enrollments", "lessons")

POLICY = """
POST   /lessons/{lesson_id}/submissions/files    | U  | lesson | enrolled | not_homework if enrolled
POST   /lessons/{lesson_id}/submissions          | U  | lesson | enrolled | not_homework if enrolled
GET    /lessons/{lesson_id}/submissions          | U  | lesson | enrolled
GET    /courses/{course_id}/submissions          | IA | course | owner+admin
GET    /submissions/{submission_id}              | U  | submission | seen
POST   /submissions/{submission_id}/grade        | IA | submission | owner+admin
"""

WRITABLE = """
POST /lessons/{lesson_id}/submissions/files: file
POST /lessons/{lesson_id}/submissions: file_ids text
POST /submissions/{submission_id}/grade: feedback max_points points regrade
"""

REQUESTS = {
    "POST /lessons/{lesson_id}/submissions/files": request(lesson_id="task", file=b"My notes."),
    "POST /lessons/{lesson_id}/submissions": request(lesson_id="task"),
    "GET /lessons/{lesson_id}/submissions": request(lesson_id="task"),
    "GET /courses/{course_id}/submissions": request(course_id="course"),
    "GET /submissions/{submission_id}": request(submission_id="submission"),
    "POST /submissions/{submission_id}/grade": request(submission_id="submission"),
}

LISTS = {"/courses/{course}/submissions": "submission"}


def _sees(variant, caller):
    return variant == "OWN" or caller in ("owner", "admin", "enrolled")


VISIBLE = {"submission": _sees}


def add_to_scene(scene):
    scene.task = _task(scene.finished_section, position=8)
    scene.submission = _row(scene.completion, _task(scene.finished_section, position=9).id)


def add_to_stage(stage):
    """The enrolled learner has submitted in a course of each state; each holder in a course of a third instructor."""
    for variant in STATES:
        held = db.session.get_one(Enrollment, stage.ids["enrollment"][variant])
        stage.register("submission", variant, _row(held, stage.ids["lesson"][variant]).id)
    for name in HOLDERS:
        held = db.session.get_one(Enrollment, stage.own["enrollment"][name])
        stage.register_own("submission", name, _row(held, stage.foreign["lesson"]).id)


def _task(section, **values):
    task = {"title": "Homework", "type": LessonType.ASSIGNMENT, **values}
    return add(Lesson(course_id=section.course_id, section_id=section.id, **task))


def _row(enrollment, lesson_id):
    return add(
        Submission(
            enrollment_id=enrollment.id,
            lesson_id=lesson_id,
            course_id=enrollment.course_id,
            user_id=enrollment.user_id,
            text="What I think.",
        )
    )


FAULTS = [
    Fault("every user sees every submission", "models/visibility.py",
          "if viewer.is_admin else or_(Submission.user_id == viewer.id, taught)", "", "submission_id"),
    Fault("learners grade their homework", "services/learning/submissions.py",
          "    if not course.managed_by(grader):\n        raise NotCourseManager\n", "", "submission_id"),
    Fault("every instructor reads every grading queue", "services/learning/submissions_read.py",
          "course = courses.get_managed(manager, ref)", "course = courses.get_visible(manager, ref)",
          "course_id and submissions"),
    Fault("learners who have left submit homework", "services/learning/submissions.py",
          "Enrollment.user_id == learner.id, Enrollment.holds_seat()", "Enrollment.user_id == learner.id",
          "submissions"),
]  # fmt: skip
