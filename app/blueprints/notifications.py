"""The caller's in-app notifications."""

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

blp = Blueprint("notifications", __name__, description="Your in-app notifications.")


@blp.get("/notifications")
@requires()
@blp.lists(NotificationSchema, NotificationQuerySchema)
def list_notifications(filters: dict[str, Any]):
    """List your notifications.

    Newest first.
    """
    return notifications.list_own(caller(), **filters)


@blp.get("/notifications/unread-count")
@requires()
@blp.response(200, UnreadCountSchema)
def count_unread_notifications():
    """Count your unread notifications."""
    return {"unread_count": notifications.count_unread(caller())}


@blp.post("/notifications/<uuid:notification_id>/read")
@requires()
@blp.response(200, NotificationSchema, message="Notification marked as read.")
def read_notification(notification_id: UUID):
    """Mark a notification as read."""
    return notifications.read(caller(), notification_id)


@blp.post("/notifications/read-all")
@requires()
@blp.response(200, ReadAllSchema, message="Notifications marked as read.")
def read_all_notifications():
    """Mark all your notifications as read."""
    return {"marked": notifications.read_all(caller())}
