"""Sections: one in every course, and a deleted one."""

from sqlalchemy import func, select

from app.db.session import db
from app.models import Section
from tests.support.callers import sees_course
from tests.support.declarations import Fault, request
from tests.support.rows import THEN, CommittedRows, add

AFTER = ("courses",)

POLICY = """
GET    /courses/{course_id}/sections             | P  | course | seen
POST   /courses/{course_id}/sections             | IA | course | owner+admin | FROZEN
POST   /courses/{course_id}/sections/reorder     | IA | course | owner+admin | FROZEN
GET    /sections/{section_id}                    | P  | section | seen
PUT    /sections/{section_id}                    | IA | section | owner+admin | FROZEN
PATCH  /sections/{section_id}                    | IA | section | owner+admin | FROZEN
DELETE /sections/{section_id}                    | IA | section | owner+admin | FROZEN
"""

WRITABLE = """
POST /courses/{course_id}/sections: description position title
POST /courses/{course_id}/sections/reorder: order
PUT /sections/{section_id}: description position title
PATCH /sections/{section_id}: description position title
"""

REQUESTS = {
    "GET /courses/{course_id}/sections": request(course_id="course"),
    "POST /courses/{course_id}/sections": request(course_id="course"),
    "POST /courses/{course_id}/sections/reorder": request(course_id="course", order="section"),
    "GET /sections/{section_id}": request(section_id="section"),
    "PUT /sections/{section_id}": request(section_id="section"),
    "PATCH /sections/{section_id}": request(section_id="section"),
    "DELETE /sections/{section_id}": request(section_id="section"),
}

LISTS = {"/courses/{course}/sections": "section"}

VISIBLE = {"section": sees_course}


class Make(CommittedRows):
    def section(self, course, **values):
        """The last section of the course."""
        last = select(func.max(Section.position)).where(Section.course_id == course.id)
        with self.app.app_context():
            position = (db.session.scalar(last) or 0) + 1
        return self._add(Section(**{"course_id": course.id, "title": "Part", "position": position, **values}))


def add_to_scene(scene):
    scene.section, scene.free_section, scene.finished_section = map(
        _row, (scene.course, scene.free_course, scene.finished_course)
    )


def add_to_stage(stage):
    """`sections` by variant of their course, `own_section`, `finished_sections`."""
    stage.sections = {variant: _row(course) for variant, course in stage.courses.items()}
    for variant, section in stage.sections.items():
        if variant == "EMPTY":
            stage.empty_section_id = section.id
        else:
            stage.register("section", variant, section.id)
    gone = add(Section(course_id=stage.courses["PUBLISHED"].id, title="Gone", position=None, deleted_at=THEN))
    stage.register("section", "GONE", gone.id)
    stage.own_section = _row(stage.own_course)
    stage.foreign["section"] = stage.own_section.id
    stage.finished_sections = [_row(course) for course in stage.finished_courses.values()]


def _row(course):
    return add(Section(course_id=course.id, title="Part", position=1))


FAULTS = [
    Fault("deleted sections are visible", "services/content/sections.py",
          "found.where(Section.id == section_id, Section.deleted_at.is_(None), course_visible_to(viewer))",
          "found.where(Section.id == section_id, course_visible_to(viewer))", "section_id"),
]  # fmt: skip
