"""Files of lessons: one in every course, and one of a preview lesson and of a deleted one."""

from uuid import uuid4

from app.enums import FileKind
from app.models import File
from tests.support.callers import sees_course
from tests.support.declarations import FILM, Fault, request
from tests.support.rows import CommittedRows, add

AFTER = ("lessons",)

POLICY = """
POST   /lessons/{lesson_id}/files                | IA | lesson | owner+admin | FROZEN
PUT    /lessons/{lesson_id}/video                | IA | lesson | owner+admin | FROZEN
GET    /files/{file_id}                          | P  | file | owner+admin+enrolled+preview
DELETE /files/{file_id}                          | U  | file | owner+admin | FROZEN
"""

WRITABLE = """
POST /lessons/{lesson_id}/files: file
PUT /lessons/{lesson_id}/video: file
"""

REQUESTS = {
    "POST /lessons/{lesson_id}/files": request(lesson_id="lesson", file=b"Some notes."),
    "PUT /lessons/{lesson_id}/video": request(lesson_id="lesson", file=FILM),
    "GET /files/{file_id}": request(file_id="file"),
    "DELETE /files/{file_id}": request(file_id="file"),
}

VISIBLE = {"file": sees_course}


class Make(CommittedRows):
    def file(self, lesson, **values):
        """The record of a file. Nothing is stored."""
        return self._add(_file(lesson, **values))


def add_to_scene(scene):
    scene.file = add(_file(scene.lesson, uploaded_by_id=scene.owner.id))


def add_to_stage(stage):
    owner = stage.people["owner"].id
    for variant, lesson in stage.lessons.items():
        stage.register("file", variant, add(_file(lesson, uploaded_by_id=owner)).id)
    stage.foreign["file"] = add(_file(stage.foreign_lesson, uploaded_by_id=stage.people["third"].id)).id


def _file(lesson, **values):
    unique = uuid4().hex
    defaults = {
        "kind": FileKind.LESSON_FILE,
        "course_id": lesson.course_id,
        "lesson_id": lesson.id,
        "name": "notes.txt",
        "media_type": "text/plain",
        "size": 11,
        "stored_as": f"files/{unique[:2]}/{unique}.bin",
    }
    if "uploaded_by_id" not in values:
        values["uploaded_by_id"] = values.pop("uploaded_by").id
    return File(**{**defaults, **values})


FAULTS = [
    Fault("files are public", "services/content/files_read.py",
          "    lessons_read.get_readable(viewer, file.lesson_id)\n", "", "file_id"),
    Fault("every instructor adds files to every lesson", "services/content/files.py",
          "    _check_managed(actor, lesson_id)\n    with kept(file) as stored_as:\n        lesson = _lock_for_files(actor, lesson_id)\n        if _number_in",
          "    with kept(file) as stored_as:\n        lesson = db.session.get_one(Lesson, lesson_id)\n        if _number_in", "files"),
]  # fmt: skip
