"""The objects behind the examples of the OpenAPI document, under the ids and names that `app/web/openapi/examples` gives.

What a request deletes, publishes or revokes is an object of its own, so that no example spoils another. Here are those
that need more than one request; `demo/creations.py` creates the others.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, update

from app.db.session import db
from app.enums import (
    CourseStatus,
    MailTokenPurpose,
    Role,
)
from app.models.email_change import EmailChange
from app.models.mail_token import MailToken
from app.models.session import Session
from app.models.user import User
from app.services.auth import sessions
from app.services.catalogue import categories, courses_workflow
from app.services.content import sections
from app.services.people import instructor_requests, users, users_roles
from app.web.openapi.examples.ids import (
    EMAIL_TOKEN,
    NEW_EMAIL_TOKEN,
    PASSWORD_TOKEN,
    id_of,
)
from demo import creations
from demo.learners import Learners
from demo.load import person
from demo.named import Named
from demo.people import ADMIN, PASSWORD
from demo.turns import Load

_LONG = timedelta(days=3650)
"""How long what expires is good in the demo."""


def create(run: Load) -> None:
    """All of them, once."""
    with run.transaction():
        if db.session.get(User, id_of("user")) is None:
            _Examples(person(ADMIN.email)).create()


class _Examples(Named):
    """The people, the courses in each state of the workflow, and then those who learn."""

    def create(self) -> None:
        self._people()
        self._give_ids()
        self._requests()
        self._mails()
        self.category_id = self._categories()
        self._courses()
        self._content()
        self._session()
        self._give_ids()
        Learners(self.admin, self.category_id).create()
        creations.create(person(ADMIN.email))

    def _user(self, name: str, username: str, **values: Any) -> User:
        made = users.create(
            email=f"{username}@example.org",
            username=username,
            first_name=username.title(),
            last_name="Example",
            **{"password": PASSWORD, **values},
        )
        self.named[name] = made.id
        return made

    def _people(self) -> None:
        self._user("user", "erin", department="Finance", external_id="HR-1001")
        self._user("another user", "farid", department="Finance", external_id="HR-1002")
        self._user("user to delete", "gina")
        self._user("user to promote", "hugo")
        for name, username in (("user to activate", "ilse"), ("user to activate with others", "jonas")):
            users_roles.deactivate(self.admin, self._user(name, username).id)
        self._user("user to deactivate", "kira")
        self._user("user to deactivate with others", "lars")
        self._user("instructor to trust", "mona", role=Role.INSTRUCTOR)
        trusted = self._user("instructor trusted", "nils", role=Role.INSTRUCTOR)
        users_roles.let_publish(self.admin, trusted.id, granted=True)
        for username in ("petra", "quinn", "rosa", "stefan", "newcomer", "mover", "forgetful"):
            self._user(username, username)

    def _requests(self) -> None:
        for name, username in (
            ("instructor request", "petra"),
            ("instructor request to withdraw", "quinn"),
            ("instructor request to review", "rosa"),
            ("instructor request to review with others", "stefan"),
        ):
            asked = instructor_requests.ask(_example(username), reason="I have taught this for years.")
            self.named[name] = asked.id

    def _mails(self) -> None:
        """People who find a token in their mail that the document knows."""
        newcomer, mover, forgetful = map(_example, ("newcomer", "mover", "forgetful"))
        newcomer.email_verified = False
        changes = EmailChange(user_id=mover.id, old_email=mover.email, new_email="mover.new@example.org")
        db.session.add(changes)
        for user, purpose, token, email in (
            (newcomer, MailTokenPurpose.VERIFY_EMAIL, EMAIL_TOKEN, newcomer.email),
            (mover, MailTokenPurpose.CONFIRM_EMAIL, NEW_EMAIL_TOKEN, changes.new_email),
            (forgetful, MailTokenPurpose.RESET_PASSWORD, PASSWORD_TOKEN, forgetful.email),
        ):
            row = {"user_id": user.id, "purpose": purpose, "email": email, "expires_at": func.now() + _LONG}
            hashed = sha256(token.encode()).digest()
            db.session.execute(insert(MailToken).values(**row, token_hash=hashed))

    def _categories(self) -> UUID:
        for name in ("Languages", "Miscellaneous"):
            categories.create(self.admin, name=name)
        return categories.create(self.admin, name="Health and safety").id

    def _courses(self) -> None:
        """One in the state that each step of the workflow starts from."""
        self._course("course to submit", "Safe use of ladders")
        self._course("course to edit", "Accounting basics", slug="course-to-edit")
        self._course("course to delete", "Old office software", slug="course-to-delete")
        self._course("course to archive", "Telephone manners")
        for name, title in (("course to withdraw", "Noise at work"), ("course to review", "Dust at work")):
            courses_workflow.submit(self.admin, self._course(name, title).id)
        course = self._course("course to publish", "Lifting and carrying")
        courses_workflow.submit(self.admin, course.id)
        courses_workflow.review(self.admin, course.id, status=CourseStatus.APPROVED)
        courses_workflow.publish(self.admin, self._course("course to unpublish", "Screen breaks").id)
        changed = self._course("course with changes", "Evacuation drills", price=35)
        courses_workflow.publish(self.admin, changed.id)
        self._lessons(changed, "The new assembly point")
        courses_workflow.archive(self.admin, self._course("course to unarchive", "Fax machines").id)

    def _content(self) -> None:
        course = self._course("course to reorder", "Keeping minutes")
        for name in ("first section", "second section"):
            self.named[name] = sections.create(self.admin, course.id, title=name.capitalize()).id
        # Its automatic section would be missing in the order.
        automatic = sections.first_of(course.id)
        sections.delete(self.admin, automatic.id)

    def _session(self) -> None:
        sessions.open_session(self.admin, user_agent="A browser that was left behind", ip_address="127.0.0.1")
        mine = update(Session).where(
            Session.user_id == self.admin.id, Session.user_agent.startswith("A browser")
        )
        made = mine.values(expires_at=func.now() + _LONG).returning(Session.id)
        self.named["session to end"] = db.session.scalars(made).one()


def _example(name: str) -> User:
    return db.session.get_one(User, id_of(name))
