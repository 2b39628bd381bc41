"""Sessions: list them, end one or all, and change the password, which ends the others.

The last folder of the documentation: a client that sends all requests in order needs its token until here.
"""

from typing import Any
from uuid import UUID

from app.schemas.auth import LogoutSchema, PasswordChangeSchema, SessionSchema, TokensSchema
from app.services.auth import credentials, sessions
from app.web.access import account, caller, requires, session_id
from app.web.api import Blueprint

blp = Blueprint("sessions", __name__, description="Your sessions, one for each login, and how to end them.")


@blp.get("/auth/sessions")
@requires()
@blp.lists(SessionSchema)
def list_sessions():
    """List your sessions.

    One for each login on a device.
    """
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
    """Change your password.

    Your other sessions end.
    """
    return credentials.change_password(account(), session_id(), **change)


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
    """Log out.

    Ends the session of the access token, or that of one of your refresh tokens.
    """
    sessions.log_out(caller(), session_id(), **body)
