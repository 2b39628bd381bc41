"""Sessions: what ends them, and one of every caller."""

from datetime import UTC, datetime, timedelta

from app.models.session import Session
from tests.support.callers import ROLES, sees_own
from tests.support.declarations import Fault, request
from tests.support.rows import PASSWORD, add

AFTER = ("users",)

POLICY = """
POST   /auth/logout                              | U
POST   /auth/logout-all                          | U
GET    /auth/sessions                            | U
DELETE /auth/sessions/{session_id}               | U  | session | self
POST   /auth/change-password                     | U
"""

WRITABLE = """
POST /auth/logout: refresh
POST /auth/change-password: new_password new_password_confirm old_password
"""

REQUESTS = {
    "POST /auth/logout": request(body=lambda _: {"refresh": None}),
    "POST /auth/logout-all": request(),
    "GET /auth/sessions": request(),
    "DELETE /auth/sessions/{session_id}": request(session_id="session"),
    "POST /auth/change-password": request(body=lambda _: {"old_password": PASSWORD}, gives_tokens=True),
}

LISTS = {"/auth/sessions": "session"}

VISIBLE = {"session": sees_own}


def add_to_scene(scene):
    scene.session = _row(scene.student)


def add_to_stage(stage):
    for name in ROLES:
        stage.register_own("session", name, _row(stage.people[name]).id)
    stage.register("session", "OTHERS", _row(stage.people["bystander"]).id)


def _row(user):
    return add(Session(user_id=user.id, expires_at=datetime.now(UTC) + timedelta(days=1)))


FAULTS = [
    Fault("deactivated users stay signed in", "services/auth/sessions.py",
          "Session.is_alive(), User.is_active)", "Session.is_alive())", "auth and me"),
    Fault("ended sessions are accepted", "services/auth/sessions.py",
          'bindparam("session_id"), Session.is_alive(), User.is_active', 'bindparam("session_id"), User.is_active',
          "auth and me"),
    Fault("sessions of others can be ended", "services/auth/sessions.py",
          "Session.id == session_id, Session.user_id == user.id, Session.is_alive()",
          "Session.id == session_id, Session.is_alive()", "session_id"),
    Fault("sessions of others are listed", "services/auth/sessions.py",
          "where(Session.user_id == user.id, Session.is_alive())", "where(Session.is_alive())", "lists"),
]  # fmt: skip
