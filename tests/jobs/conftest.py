"""Fixtures shared by the tests of jobs."""

import pytest
from sqlalchemy import select

from app.db.session import db
from app.enums import Channel
from app.jobs import workers
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
def listening(app):
    """A worker listens to every queue, and takes no job. Call it after Redis was emptied: so does the next heartbeat."""
    with app.app_context():
        worker = workers.build_worker()
    worker.heartbeat()
    yield worker.heartbeat
    worker.connection.close()
