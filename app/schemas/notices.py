"""The outbox of notices, for admins."""

from marshmallow.fields import Nested

from app.enums import Channel, NoticeKind, NoticeState
from app.schemas import fields
from app.schemas.base import ListQuerySchema, Schema, course_filter, ordering
from app.schemas.enrollments import LearnerSchema, NamedCourseSchema


class NoticeSchema(Schema):
    """One message to one user on one channel."""

    id = fields.Id()
    kind = fields.Choice(NoticeKind)
    channel = fields.Choice(Channel)
    state = fields.Choice(NoticeState)
    reason = fields.Text(
        max_length=200,
        allow_none=True,
        metadata={"description": "Why it failed, waits for another attempt, or is not sent."},
    )
    enrollment_id = fields.Id(allow_none=True)
    course_id = fields.Id(allow_none=True)
    course = Nested(NamedCourseSchema, allow_none=True)
    cause_id = fields.Id(
        allow_none=True,
        metadata={
            "description": "What caused a notice that is about no enrollment: a course change, an instructor request …"
        },
    )
    assignment_id = fields.Id(allow_none=True)
    user_id = fields.Id()
    user = Nested(LearnerSchema, metadata={"description": "The recipient."})
    completion_number = fields.Whole()
    attempt_number = fields.Whole(
        metadata={"description": "1, and 2 or more for a notice that an admin sent again after it was SENT."}
    )
    attempts = fields.Whole(metadata={"description": "Attempts at delivery, begun ones included."})
    message_id = fields.Text(
        max_length=300,
        allow_none=True,
        metadata={"description": "Message-ID of the mail, the same at every attempt; null in the app."},
    )
    created_at = fields.Instant()
    due_at = fields.Instant(metadata={"description": "When it is attempted next, while it is QUEUED."})
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
