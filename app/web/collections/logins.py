"""Logging in, once for each of the demo users that the other folders act as."""

from __future__ import annotations

from app.web.collections.documented import Document
from app.web.collections.parts import Check, CollectionRequest, Folder

_ABOUT = (
    "Send these first. Each saves an access token, which the other folders use; they are good for an hour."
)
_USERS = {
    "admin": "an admin",
    "instructor": "an instructor",
    "student": "a student",
    "newcomer": "a student without courses",
}


def folder(document: Document) -> Folder:
    return Folder("Log in", _ABOUT, tuple(_as(document, user, words) for user, words in _USERS.items()))


def _as(document: Document, user: str, words: str) -> CollectionRequest:
    login = f"{user}_login"
    return log_in(
        document, f"Log in as {words}", login=f"{{{{{login}}}}}", password="{{password}}", saves_as=user
    )


def log_in(document: Document, name: str, *, login: str, password: str, saves_as: str) -> CollectionRequest:
    """Log in, and keep both tokens."""
    return document.request(
        "log_in",
        name,
        body={"email": login, "password": password},
        checks=[Check("The token is one to bear", "answer.data.tokens.token_type", "Bearer")],
        saves={
            f"{saves_as}_token": "answer.data.tokens.access",
            f"{saves_as}_refresh": "answer.data.tokens.refresh",
        },
    )
