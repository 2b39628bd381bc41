"""What you have been told in the app."""

from typing import Any
from uuid import UUID

from app.schemas.notifications import (
    NotificationQuerySchema,
    NotificationSchema,
    ReadAllSchema,
    UnreadCountSchema,
)
from app.services.messaging import notifications
from app.web.access import caller, requires
from app.web.api import Blueprint

blp = Blueprint("notifications", __name__, description="What you have been told in the app.")


@blp.get("/notifications")
@requires()
@blp.lists(NotificationSchema, NotificationQuerySchema)
def list_notifications(filters: dict[str, Any]):
    """Your notifications, newest first."""
    return notifications.list_own(caller(), **filters)


@blp.get("/notifications/unread-count")
@requires()
@blp.response(200, UnreadCountSchema)
def count_unread_notifications():
    """How many of your notifications you have not read."""
    return {"unread_count": notifications.count_unread(caller())}


@blp.post("/notifications/<uuid:notification_id>/read")
@requires()
@blp.response(200, NotificationSchema, message="Read.")
def read_notification(notification_id: UUID):
    """Mark one of your notifications as read."""
    return notifications.read(caller(), notification_id)


@blp.post("/notifications/read-all")
@requires()
@blp.response(200, ReadAllSchema, message="All read.")
def read_all_notifications():
    """Mark all your notifications as read."""
    return {"marked": notifications.read_all(caller())}
