"""Lessons: one in every section, a preview, and a deleted one."""

from sqlalchemy import func, select

from app.db.session import db, transaction
from app.enums import LessonType
from app.models import Course, Lesson, Section
from tests.support.callers import STATES, sees_course
from tests.support.declarations import Fault, request
from tests.support.rows import THEN, CommittedRows, add

AFTER = ("sections",)

POLICY = """
GET    /courses/{course_id}/lessons              | P  | course | seen
POST   /courses/{course_id}/lessons              | IA | course | owner+admin | FROZEN
GET    /sections/{section_id}/lessons            | P  | section | seen
POST   /lessons                                  | IA | section in body | owner+admin | FROZEN
POST   /lessons/bulk                             | IA | section in body | owner+admin | FROZEN
POST   /sections/{section_id}/lessons/reorder    | IA | section | owner+admin | FROZEN
GET    /lessons/{lesson_id}                      | P  | lesson | owner+admin+enrolled+preview
PUT    /lessons/{lesson_id}                      | IA | lesson | owner+admin | FROZEN
PATCH  /lessons/{lesson_id}                      | IA | lesson | owner+admin | FROZEN
DELETE /lessons/{lesson_id}                      | IA | lesson | owner+admin | FROZEN
"""

WRITABLE = """
POST /courses/{course_id}/lessons: content duration_seconds is_preview is_required position section_id title
    type video_url
POST /lessons: content course_id duration_seconds is_preview is_required position section_id title type
    video_url
POST /lessons/bulk: course_id lessons section_id
POST /sections/{section_id}/lessons/reorder: order
PUT /lessons/{lesson_id}: content duration_seconds is_preview is_required position section_id title type
    video_url
PATCH /lessons/{lesson_id}: content duration_seconds is_preview is_required position section_id title type
    video_url
"""

REQUESTS = {
    "GET /courses/{course_id}/lessons": request(course_id="course"),
    "POST /courses/{course_id}/lessons": request(course_id="course"),
    "GET /sections/{section_id}/lessons": request(section_id="section"),
    "POST /lessons": request(ids={"section_id": "section"}),
    "POST /lessons/bulk": request(ids={"section_id": "section"}),
    "POST /sections/{section_id}/lessons/reorder": request(section_id="section", order="lesson"),
    "GET /lessons/{lesson_id}": request(lesson_id="lesson"),
    "PUT /lessons/{lesson_id}": request(lesson_id="lesson"),
    "PATCH /lessons/{lesson_id}": request(lesson_id="lesson"),
    "DELETE /lessons/{lesson_id}": request(lesson_id="lesson"),
}

LISTS = {"/courses/{course}/lessons": "lesson", "/sections/{section}/lessons": "lesson"}

VISIBLE = {"lesson": sees_course}

RELATIONS = {"preview": lambda _kind, variant, _caller: variant == "PREVIEW"}


class Make(CommittedRows):
    def lesson(self, section, **values):
        """The last lesson of the section, counted."""
        last = select(func.max(Lesson.position)).where(Lesson.section_id == section.id)
        with self.app.app_context(), transaction():
            defaults = {
                "course_id": section.course_id,
                "section_id": section.id,
                "title": f"Lesson {next(self.numbers)}",
                "type": LessonType.TEXT,
                "content": "Some *text*.",
                "position": (db.session.scalar(last) or 0) + 1,
            }
            lesson = Lesson(**{**defaults, **values})
            db.session.add(lesson)
            course = db.session.get_one(Course, section.course_id)
            course.lesson_count = Course.lesson_count + 1
            db.session.flush()
            db.session.refresh(lesson)
        return lesson

    def lessons_of(self, course):
        """The lessons of a course in order."""
        with self.app.app_context():
            return db.session.scalars(
                select(Lesson)
                .join(Section, Section.id == Lesson.section_id)
                .where(Lesson.course_id == course.id, Lesson.deleted_at.is_(None))
                .order_by(Section.position, Lesson.position)
            ).all()


def add_to_scene(scene):
    scene.lesson, *_ = map(_row, (scene.section, scene.free_section, scene.finished_section))


def add_to_stage(stage):
    """`lessons` by variant, and `foreign_lesson`, which is another instructor's."""
    lessons = {variant: _on_stage(stage.courses[variant], each) for variant, each in stage.sections.items()}
    for variant, lesson in lessons.items():
        if variant != "EMPTY":
            stage.register("lesson", variant, lesson.id)
    published, section = stage.courses["PUBLISHED"], stage.sections["PUBLISHED"]
    gone = _on_stage(published, section, title="Gone", position=None, deleted_at=THEN)
    preview = _on_stage(published, section, title="Preview", position=2, is_preview=True, content="For all.")
    published.lesson_count = 2
    stage.register("lesson", "GONE", gone.id)
    stage.register("lesson", "PREVIEW", preview.id)
    stage.foreign_lesson = _on_stage(stage.own_course, stage.own_section)
    stage.foreign["lesson"] = stage.foreign_lesson.id
    stage.lessons = {name: each for name, each in lessons.items() if name != "EMPTY"}
    stage.lessons |= {"GONE": gone, "PREVIEW": preview}
    for course, each in zip(stage.finished_courses.values(), stage.finished_sections, strict=True):
        _on_stage(course, each)
    for state in STATES:
        stage.secrets[f"text-of-stage-{state.lower()}-lesson"] = {"owner", "admin", "enrolled"}


def _on_stage(course, section, **values):
    return _row(section, **{"content": f"text-of-{course.slug}-lesson", **values})


def _row(section, **values):
    defaults = {"title": "First", "type": LessonType.TEXT, "content": "Some *text*.", "position": 1}
    return add(Lesson(course_id=section.course_id, section_id=section.id, **{**defaults, **values}))


FAULTS = [
    Fault("the content of lessons is public", "services/content/lessons_read.py",
          "if enrollment_id is None:\n        raise NotEnrolled", "if False:\n        raise NotEnrolled", "lesson_id"),
    Fault("learners who have left read lessons", "services/content/lessons_read.py",
          "        Enrollment.user_id == (viewer.id if viewer else None),\n        Enrollment.holds_seat(),\n",
          "        Enrollment.user_id == (viewer.id if viewer else None),\n", "lesson_id"),
    Fault("a lesson moves into another course", "services/content/lessons.py",
          "Section.id == section_id, Section.course_id == course_id, Section.deleted_at.is_(None)",
          "Section.id == section_id, Section.deleted_at.is_(None)", "bodies and moves"),
    Fault("a lesson is put into another course", "services/content/lessons.py",
          "if ref is not None and courses.find_id(ref) != section.course_id:", "if False:", "bodies and made"),
]  # fmt: skip
