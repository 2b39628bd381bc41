"""Versions of courses: one of each course, and one that the scene's course publishes next."""

from app.models import CourseVersion
from tests.support.callers import sees_course
from tests.support.declarations import Fault, request
from tests.support.rows import CommittedRows, add

AFTER = ("courses", "sections", "lessons", "enrollments")

POLICY = """
GET    /courses/{course_id}/versions             | IA | course | owner+admin
POST   /courses/{course_id}/versions             | IA | course | owner+admin | invalid_transition if DRAFT PENDING APPROVED REJECTED ARCHIVED
GET    /versions/{version_id}                    | IA | version | owner+admin
GET    /versions/{version_id}/affected           | A  | version | admin
POST   /versions/{version_id}/void               | A  | version | admin
"""

WRITABLE = """
POST /courses/{course_id}/versions: note
POST /versions/{version_id}/void: due_at due_in_days mode notify plan_etag reason redo
"""

REQUESTS = {
    "GET /courses/{course_id}/versions": request(course_id="course"),
    "POST /courses/{course_id}/versions": request(course_id="course"),
    "GET /versions/{version_id}": request(version_id="version"),
    "GET /versions/{version_id}/affected": request(version_id="version"),
    "POST /versions/{version_id}/void": request(version_id="version"),
}

LISTS = {"/courses/{course}/versions": "version"}

VISIBLE = {"version": sees_course}


class Make(CommittedRows):
    def version(self, course, **values):
        """A version without lessons, so that the content of the course differs from it."""
        return self._add(_new(course, **values))


def add_to_scene(scene):
    scene.version = add(_new(scene.course))


def add_to_stage(stage):
    for variant, course in stage.courses.items():
        stage.register("version", variant, add(_new(course)).id)
    stage.foreign["version"] = add(_new(stage.own_course)).id


def _new(course, **values):
    defaults = {"number": 1, "outline": [], "digest": "0" * 32, "published_by_id": course.instructor_id}
    return CourseVersion(course_id=course.id, **{**defaults, **values})


FAULTS = [
    Fault("every user sees every version", "services/catalogue/course_versions.py",
          "    courses.get_managed(actor, version.course_id)\n", "", "version_id"),
]  # fmt: skip
