"""Files: as they are sent in multipart forms, and as responses describe them."""

from __future__ import annotations

from typing import ClassVar

from app.adapters import images
from app.enums import FileKind
from app.schemas import fields
from app.schemas.base import Schema
from app.settings import settings

_MEGABYTE = 1024 * 1024


class PictureSchema(Schema):
    """A JPEG, PNG or WebP picture."""

    file = fields.Upload(
        max_bytes=images.LARGEST_FILE,
        required=True,
        metadata={"description": "The picture: JPEG, PNG or WebP, at most 5 MB and 25 million pixels."},
    )


class LessonFileSchema(Schema):
    """A file of any type."""

    file = fields.StreamedFile(
        limit=lambda: settings().file_max_mb * _MEGABYTE,
        required=True,
        metadata={"description": "A file of any type, of at most `FILE_MAX_MB` (100 MB unless set)."},
    )


class LessonVideoSchema(Schema):
    """A video."""

    file = fields.StreamedFile(
        limit=lambda: settings().video_max_mb * _MEGABYTE,
        required=True,
        metadata={
            "description": "A video: MP4, QuickTime or WebM, of at most `VIDEO_MAX_MB` (1024 MB unless set)."
        },
    )


class DocumentSchema(Schema):
    """A file of a submission."""

    id = fields.Id()
    name = fields.Text(max_length=255)
    media_type = fields.Text(
        max_length=100, metadata={"description": "From its content.", "example": "application/pdf"}
    )
    size = fields.Whole(metadata={"description": "In bytes.", "example": 48213})


class AttachmentSchema(DocumentSchema):
    """A file of a lesson."""

    duration_seconds = fields.Whole(
        allow_none=True, metadata={"description": "How long a video plays, where it says so.", "example": 95}
    )


class FileSchema(AttachmentSchema):
    """A file, and a link to its content."""

    IS_RESOURCE: ClassVar = True

    kind = fields.Choice(FileKind)
    course_id = fields.Id()
    lesson_id = fields.Id()
    created_at = fields.Instant()
    url = fields.Text(
        max_length=2000,
        metadata={
            "format": "uri",
            "description": "The content, for the caller and until `url_expires_at`, while they may read the lesson.",
        },
    )
    url_expires_at = fields.Instant()
