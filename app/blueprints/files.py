"""Files of lessons, and the links to their content."""

from typing import Any
from uuid import UUID

from app.enums import Role
from app.errors.base import Forbidden, NotFound
from app.errors.catalogue import CourseUnderReview, QuotaExceeded, TooManyFiles
from app.errors.learning import FileSubmitted, NotEnrolled, PaymentRequired
from app.errors.requests import StorageFull
from app.schemas.files import FileSchema, LessonFileSchema, LessonVideoSchema
from app.services.content import files, files_read
from app.web.access import caller, public, requires, visitor
from app.web.api import Blueprint
from app.web.rate_limits import UPLOADS, throttled

blp = Blueprint("files", __name__, description="Files and videos of lessons.")


@blp.post("/lessons/<uuid:lesson_id>/files")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@throttled(UPLOADS)
@blp.arguments(LessonFileSchema, location="files")
@blp.response(201, FileSchema, message="File added.")
@blp.refuses(Forbidden, NotFound, CourseUnderReview, QuotaExceeded, TooManyFiles, StorageFull)
def add_file(upload: dict[str, Any], lesson_id: UUID):
    """Add a file to a lesson.

    Its type follows from its content, and has to be what its name promises. Browsers show pictures, sound, videos and
    PDF; everything else is a download. At most 100 files a lesson.
    """
    return files.add(caller(), lesson_id, **upload)


@blp.put("/lessons/<uuid:lesson_id>/video")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@throttled(UPLOADS)
@blp.arguments(LessonVideoSchema, location="files")
@blp.response(200, FileSchema, message="Video saved.")
@blp.refuses(Forbidden, NotFound, CourseUnderReview, QuotaExceeded, StorageFull)
def replace_video(upload: dict[str, Any], lesson_id: UUID):
    """Replace the video of a lesson.

    MP4, QuickTime or WebM. It is sent as it is: use a format that browsers play, such as H.264 in MP4.
    """
    return files.put_video(caller(), lesson_id, **upload)


@blp.get("/files/<uuid:file_id>")
@public
@blp.response(200, FileSchema)
@blp.refuses(NotEnrolled, PaymentRequired)
def show_file(file_id: UUID):
    """Show a file, with a link to its content.

    For those who may read the lesson. The link is for the caller alone, is good for some minutes (`FILE_LINK_SECONDS`),
    and ends at once when the caller may not read the lesson any more. It takes `Range` and conditional requests.
    """
    return files_read.get_linked(visitor(), file_id)


@blp.delete("/files/<uuid:file_id>")
@requires()
@blp.response(204)
@blp.refuses(Forbidden, CourseUnderReview, FileSubmitted)
def delete_file(file_id: UUID):
    """Delete a file.

    A file or the video of a lesson, by the instructor of the course and admins; a file for homework by the learner who
    uploaded it, unless it was handed in.
    """
    files.remove(caller(), file_id)
