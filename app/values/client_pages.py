"""Addresses of the pages of the browser client, for mails, certificates and badges."""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import quote

from app.settings import settings


class ClientPage(StrEnum):
    """A path as in `frontend/routes.json`; what begins with a colon is a name."""

    HOME = "/"
    COURSE = "/courses/:ref"
    LESSON = "/courses/:ref/learn/:lesson"
    MY_COURSES = "/my-courses"
    CERTIFICATE = "/certificates/:number"
    RESET = "/forgot-password"
    BECOME_INSTRUCTOR = "/become-instructor"
    TEACHING = "/teach"
    TAUGHT_COURSE = "/teach/courses/:ref"
    ROSTER = "/teach/courses/:ref/roster"
    INSTRUCTOR_REQUESTS = "/admin/instructor-requests"


def address(page: ClientPage, *names: object) -> str:
    """The absolute URL of a page, with its names in the order of the path."""
    given = iter(names)
    parts = [quote(str(next(given)), safe="") if part.startswith(":") else part for part in page.split("/")]
    return settings().public_url + "/".join(parts)
