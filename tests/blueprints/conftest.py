"""Fixtures of the tests of accounts: a user, the tokens of mails, and the notices of all users."""

import pytest
from sqlalchemy import select

from app.db.session import db, transaction
from app.enums import MailTokenPurpose
from app.models import Notice
from app.services.messaging import mail_tokens
from tests.support.rows import PASSWORD


@pytest.fixture
def ada(make):
    return make.student(email="ada@example.org", username="ada", password=PASSWORD)


@pytest.fixture
def mint(app):
    """A token as a mail would carry it."""

    def run(user, purpose=MailTokenPurpose.RESET_PASSWORD):
        with app.app_context(), transaction():
            return mail_tokens.mint(user, purpose)

    return run


@pytest.fixture
def written(app):
    """Every notice as (kind, channel, state)."""

    def read():
        with app.app_context():
            rows = db.session.scalars(select(Notice).order_by(Notice.id)).all()
        return [(row.kind.value, row.channel.value, row.state.value) for row in rows]

    return read


@pytest.fixture
def alter(app):
    """Execute a statement in a transaction of its own."""

    def run(statement):
        with app.app_context(), transaction():
            db.session.execute(statement)

    return run
