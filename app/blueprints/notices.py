"""The outbox, for admins."""

from typing import Any
from uuid import UUID

from app.enums import Role
from app.errors.learning import NoticeNotDelivered
from app.schemas.notices import NoticeQuerySchema, NoticeSchema
from app.services.messaging import notices
from app.web.access import requires
from app.web.api import Blueprint

blp = Blueprint("notices", __name__, description="What people are told by mail and in the app, for admins.")


@blp.get("/notices")
@requires(Role.ADMIN)
@blp.lists(NoticeSchema, NoticeQuerySchema)
def list_notices(filters: dict[str, Any]):
    """Every notice, with what became of it."""
    return notices.list_outbox(**filters)


@blp.post("/notices/<uuid:notice_id>/resend")
@requires(Role.ADMIN)
@blp.response(200, NoticeSchema, message="The notice is on its way again.")
@blp.refuses(NoticeNotDelivered)
def resend_notice(notice_id: UUID):
    """Send a notice again.

    A FAILED notice is tried again under its Message-ID. A SENT one becomes a new attempt under a Message-ID of its
    own, which is what the answer shows.
    """
    return notices.resend(notice_id)
