"""The application around a job: the one that is already there, or one made from the environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import has_app_context
from rq import get_current_job
from werkzeug.utils import import_string

from app.db.session import db
from app.observability import logs


@contextmanager
def application() -> Iterator[None]:
    """A work horse that was forked has an application; one that was spawned makes it. Its log names the job."""
    job = get_current_job()
    with _entered(), logs.about(job_id=job.id if job else None):
        yield


@contextmanager
def _entered() -> Iterator[None]:
    if has_app_context():
        try:
            yield
        finally:
            db.session.remove()
        return
    with import_string("wsgi:app").app_context():
        yield
