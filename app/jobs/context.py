"""The application context of a job: the one that exists, or one built from the environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import has_app_context
from rq import get_current_job
from werkzeug.utils import import_string

from app.db.session import db
from app.observability import logs, traces


@contextmanager
def application() -> Iterator[None]:
    """A forked work horse has an application; a spawned one builds it. Its log lines name the job, and its trace."""
    job = get_current_job()
    with _entered(), logs.about(job_id=job.id if job else None):
        if job is None:
            yield
            return
        try:
            with traces.job(job.func_name or "job", job.origin, job.meta):
                yield
        finally:
            # A work horse ends without a word to anything that waits for the end.
            traces.flush()


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
