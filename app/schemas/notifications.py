"""In-app notifications, for their recipients."""

from app.enums import NoticeKind
from app.schemas import fields
from app.schemas.base import ListQuerySchema, Schema


class NotificationSchema(Schema):
    """An in-app notification."""

    id = fields.Id()
    kind = fields.Choice(NoticeKind)
    title = fields.Text(max_length=400)
    body = fields.Text(max_length=1000)
    course_id = fields.Id(allow_none=True)
    enrollment_id = fields.Id(allow_none=True)
    cause_id = fields.Id(
        allow_none=True,
        metadata={"description": "For INSTRUCTOR_REQUEST and INSTRUCTOR_REQUEST_DECIDED: the request."},
    )
    is_read = fields.Flag()
    read_at = fields.Instant(allow_none=True)
    created_at = fields.Instant()


class NotificationQuerySchema(ListQuerySchema):
    is_read = fields.Flag(load_default=None)


class UnreadCountSchema(Schema):
    unread_count = fields.Whole()


class ReadAllSchema(Schema):
    marked = fields.Whole(metadata={"description": "Number of notifications that were unread."})
