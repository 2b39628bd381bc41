"""The outbox of notices, for admins."""

from typing import Any
from uuid import UUID

from app.enums import NoticeState, Role
from app.errors.learning import NoticeNotDelivered
from app.schemas.notices import NoticeQuerySchema, NoticeSchema
from app.services.messaging import notices
from app.web.access import requires
from app.web.api import Blueprint

blp = Blueprint("notices", __name__, description="The outbox of mails and in-app notifications, for admins.")

_RESENT = {
    NoticeState.QUEUED: "Notice queued again.",
    NoticeState.SENT: "Notice sent again.",
    NoticeState.SUPPRESSED: "Notice not sent again: it is obsolete.",
}


def _resent(notice: Any) -> str:
    """An in-app notice is sent at once, and a mail by a job."""
    return _RESENT[notice.state]


@blp.get("/notices")
@requires(Role.ADMIN)
@blp.lists(NoticeSchema, NoticeQuerySchema)
def list_notices(filters: dict[str, Any]):
    """List the notices of the outbox.

    With the state of their delivery.
    """
    return notices.list_outbox(**filters)


@blp.post("/notices/<uuid:notice_id>/resend")
@requires(Role.ADMIN)
@blp.response(200, NoticeSchema, message=_resent)
@blp.refuses(NoticeNotDelivered)
def resend_notice(notice_id: UUID):
    """Send a notice again.

    A FAILED notice is retried under its Message-ID. A SENT one becomes a new attempt under a new Message-ID, which the
    answer shows.
    """
    return notices.resend(notice_id)
