"""An application with rows of every noun, and tokens for its people: the base of the scene and of the stage."""

from __future__ import annotations

from itertools import count
from uuid import uuid4

from app.db.session import transaction
from app.enums import MailTokenPurpose
from app.models import User
from app.services.auth import sessions
from app.services.messaging import mail_tokens
from tests.support import rows

_numbers = count(1)


class World:
    """`person` is the user whom requests without a login are about; `mark` is different in every world."""

    person: User

    def __init__(self, app):
        self.app = app
        self.mark = next(_numbers)

    def token_of(self, name):
        """The tokens of a new session of the user that this attribute holds."""
        with self.app.app_context(), transaction():
            return sessions.open_session(getattr(self, name))

    def mail_token(self, purpose):
        """The token of a mail that `person` has received."""
        with self.app.app_context(), transaction():
            return mail_tokens.mint(self.person, purpose)

    def email_change_token(self):
        """The token of the mail that confirms a new address of `person`."""
        address = f"from-{uuid4().hex}@example.org"
        with self.app.app_context(), transaction():
            rows.email_change(self.person, address)
            return mail_tokens.mint(self.person, MailTokenPurpose.CONFIRM_EMAIL, address)
