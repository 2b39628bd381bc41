"""The pages of the browser client, as `frontend/routes.js` declares them, each with an address that the demo can fill."""

from __future__ import annotations

from dataclasses import dataclass

from app.enums import Role

COURSE = "CCC-2014J"

HOMES = {"student": "/my-courses", "instructor": "/teach", "admin": "/admin"}
"""Where each role begins."""

ROLES = (None, "student", "instructor", "admin")

OWN = {"course", "player", "lesson", "certificate"}
"""Pages for everyone that show a learner more than a visitor."""

VIEWS = {
    "course-edit": ("?view=lessons", "?view=versions", "?view=history"),
    "login": ("?ended=1",),
    "verify-email": ("?token=a",),
    "reset-password": ("?token=a",),
}
"""Queries that make another page of it."""

SEEN_BY = {"assignment": "admin"}
"""Pages of one row, and whose row it is."""

ROUTES = """async () => {
    const { routes } = await import(document.querySelector("script[type=module]").src.replace("app.js", "routes.js"));
    return routes.map(({ name, path, needs }) => ({ name, path, needs: needs ?? null }));
}"""


@dataclass(frozen=True)
class Page:
    name: str
    path: str
    """with values in the place of its parameters"""
    needs: str | tuple[str, ...] | None
    """`visitor`, `user`, roles, or None for everyone"""

    def is_for(self, role: str | None) -> bool:
        if self.needs is None:
            return True
        if self.needs == "visitor" or role is None:
            return self.needs == "visitor" and role is None
        return self.needs == "user" or Role(role.upper()).name in self.needs


def first_role(page: Page) -> str | None:
    """The least role that may open a page and its row."""
    return SEEN_BY.get(page.name, next(role for role in ROLES if page.is_for(role)))


def pages(page, site) -> list[Page]:
    """All pages, in the order of the routes.

    :param page: a page of the client that is open
    :param site: the demo
    """
    values = _values(site)
    found = []
    for route in page.evaluate(ROUTES):
        path = "/".join(
            values[route["name"], part[1:]] if part.startswith(":") else part
            for part in route["path"].split("/")
        )
        needs = tuple(route["needs"]) if isinstance(route["needs"], list) else route["needs"]
        found.append(Page(route["name"], path.replace("*", "nowhere"), needs))
    return found


def _values(site) -> dict[tuple[str, str], str]:
    """Path parameters by route and name."""
    # Enrolled by the demo, so that the player shows what a learner has.
    taken = site.call("student", "GET", "/enrollments?status=ACTIVE&page_size=1")[0]["course"]
    lesson = site.call("student", "GET", f"/courses/{taken['id']}/lessons?page_size=1")[0]["id"]
    run = site.call("admin", "GET", "/assignments?page_size=1")[0]["id"]
    user = site.call("student", "GET", "/auth/me")["id"]
    number = site.call("student", "GET", "/certificates")[0]["number"]
    outline = site.call("admin", "GET", f"/courses/{COURSE}/lessons?page_size=100")
    quiz = next(each["id"] for each in outline if each["type"] == "QUIZ")
    return {
        ("course", "ref"): taken["slug"],
        ("player", "ref"): taken["slug"],
        ("lesson", "ref"): taken["slug"],
        ("lesson", "lesson"): lesson,
        ("assignment", "id"): run,
        ("user", "id"): user,
        ("certificate", "number"): number,
        ("quiz", "lesson"): quiz,
        **{(name, "ref"): COURSE for name in ("course-edit", "roster", "analytics", "quiz", "submissions")},
    }
