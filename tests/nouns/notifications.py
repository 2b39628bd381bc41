"""Notifications in the app: one's own, and those of other users."""

from app.enums import Channel
from tests.support.callers import HOLDERS, sees_own
from tests.support.declarations import Fault, request
from tests.support.rows import completion_notice

AFTER = ("enrollments",)

POLICY = """
GET    /notifications                            | U
GET    /notifications/unread-count               | U
POST   /notifications/{notification_id}/read     | U  | notification | self
POST   /notifications/read-all                   | U
"""

REQUESTS = {
    "GET /notifications": request(),
    "GET /notifications/unread-count": request(),
    "POST /notifications/{notification_id}/read": request(notification_id="notification"),
    "POST /notifications/read-all": request(),
}

LISTS = {"/notifications": "notification"}

VISIBLE = {"notification": sees_own}


def add_to_scene(scene):
    scene.notification = completion_notice(Channel.IN_APP, scene.completion)


def add_to_stage(stage):
    rows = {name: completion_notice(Channel.IN_APP, each) for name, each in stage.completions.items()}
    for name in HOLDERS:
        stage.register_own("notification", name, rows[name].id)
    stage.register("notification", "OTHERS", rows["bystander"].id)


FAULTS = [
    Fault("notifications of others can be read", "models/visibility.py",
          "Notice.user_id == reader.id, Notice.channel == Channel.IN_APP, Notice.state == NoticeState.SENT",
          "Notice.channel == Channel.IN_APP, Notice.state == NoticeState.SENT", "notifications"),
]  # fmt: skip
