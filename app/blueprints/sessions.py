"""What ends logins: one session, all of them, or those that a changed password ends.

The last folder of the documentation: who sends all requests in order sends these when the others need no token any more.
"""

from typing import Any
from uuid import UUID

from app.schemas.auth import LogoutSchema, PasswordChangeSchema, SessionSchema, TokensSchema
from app.services.auth import credentials, sessions
from app.web.access import caller, requires, session_id
from app.web.api import Blueprint

blp = Blueprint("sessions", __name__, description="Your logins, and how to end them.")


@blp.get("/auth/sessions")
@requires()
@blp.lists(SessionSchema)
def list_sessions():
    """Your sessions, a line per device."""
    return sessions.list_own(caller(), session_id())


@blp.delete("/auth/sessions/<uuid:session_id>")
@requires()
@blp.response(204)
def end_session(session_id: UUID):
    """End one of your sessions."""
    sessions.end_own(caller(), session_id)


@blp.post("/auth/change-password")
@requires()
@blp.arguments(PasswordChangeSchema)
@blp.response(200, TokensSchema, message="Password changed. Your other sessions have ended.")
def change_password(change: dict[str, Any]):
    """Change your password and end your other sessions."""
    return credentials.change_password(caller(), session_id(), **change)


@blp.post("/auth/logout-all")
@requires()
@blp.response(200, message="Logged out everywhere.")
def log_out_everywhere():
    """End all your sessions."""
    sessions.log_out_everywhere(caller())


@blp.post("/auth/logout")
@requires()
@blp.arguments(LogoutSchema)
@blp.response(200, message="Logged out.")
def log_out(body: dict[str, Any]):
    """End this session, or the one of a refresh token of yours."""
    sessions.log_out(caller(), session_id(), **body)
