"""The outbox as admins see it."""

from app.enums import Channel, NoticeKind, NoticeState
from app.schemas import fields
from app.schemas.base import ListQuerySchema, Schema, course_filter, ordering


class NoticeSchema(Schema):
    """One message owed to one person on one channel."""

    id = fields.Id()
    kind = fields.Choice(NoticeKind)
    channel = fields.Choice(Channel)
    state = fields.Choice(NoticeState)
    reason = fields.Text(
        max_length=200,
        allow_none=True,
        metadata={"description": "Why it failed, waits for another try, or is not sent at all."},
    )
    enrollment_id = fields.Id(allow_none=True)
    course_id = fields.Id(allow_none=True)
    cause_id = fields.Id(
        allow_none=True,
        metadata={
            "description": "Of a notice that is about no enrollment: a course change, an instructor request …"
        },
    )
    assignment_id = fields.Id(allow_none=True)
    user_id = fields.Id()
    completion_number = fields.Whole()
    attempt_number = fields.Whole(metadata={"description": "2 and up: resent by an admin after it was SENT."})
    attempts = fields.Whole(metadata={"description": "Tries at handing it over, begun ones included."})
    message_id = fields.Text(
        max_length=300,
        allow_none=True,
        metadata={"description": "Of the mail, the same at every try; null in the app."},
    )
    created_at = fields.Instant()
    due_at = fields.Instant(metadata={"description": "When it is tried next, while it is QUEUED."})
    sent_at = fields.Instant(allow_none=True)


class NoticeQuerySchema(ListQuerySchema):
    state = fields.Choices(NoticeState, load_default=None)
    kind = fields.Choices(NoticeKind, load_default=None)
    channel = fields.Choices(Channel, load_default=None)
    course = course_filter()
    user = fields.Identifier(
        min_length=1,
        max_length=254,
        load_default=None,
        metadata={"description": "A recipient by id, username or email."},
    )
    ordering = ordering("created_at", default="-created_at")
