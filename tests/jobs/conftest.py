"""Fixtures shared by the tests of jobs."""

import pytest
from sqlalchemy import select

from app.db.session import db
from app.enums import Channel
from app.jobs import periodic
from app.models import Notice


@pytest.fixture
def mails(app):
    """The EMAIL rows, oldest first."""

    def read():
        with app.app_context():
            return db.session.scalars(
                select(Notice).where(Notice.channel == Channel.EMAIL).order_by(Notice.id)
            ).all()

    return read


@pytest.fixture
def sweep(app):
    """Sweep until there is no more to do, as the process does."""

    def run():
        with app.app_context():
            while periodic.sweep_notices():
                pass

    return run
