"""The variables of the environment: what users fill in, and what requests save for the requests that follow."""

from __future__ import annotations

from collections.abc import Iterable

from app.web.collections.parts import Folder
from app.web.openapi.examples.requests import PASSWORD

LOGINS = {
    "admin_login": "admin@example.org",
    "instructor_login": "instructor2@example.org",
    "student_login": "student@example.org",
    "newcomer_login": "student5@example.org",
}
"""The demo users who log in."""

OWN_PASSWORD = "Analytical-Engine-1843"
"""The password of the accounts that the journeys create."""


def given(base_url: str, *, is_production: bool) -> dict[str, str]:
    """What users may change: the address, and the logins. In production there are no demo users."""
    logins = dict.fromkeys(LOGINS, "") if is_production else LOGINS
    return {
        "base_url": base_url,
        **logins,
        "password": "" if is_production else PASSWORD,
        "own_password": OWN_PASSWORD,
    }


def saved(folders: Iterable[Folder]) -> list[str]:
    """What requests set, in the order of the alphabet."""
    requests = [request for folder in folders for _, request in folder.requests()]
    return sorted({name for request in requests for name in (*request.before, *request.saves)})
