"""The application around a job: the one that is already there, or one made from the environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import has_app_context
from werkzeug.utils import import_string

from app.db import db


@contextmanager
def application() -> Iterator[None]:
    """A work horse that was forked has an application; one that was spawned makes it."""
    if has_app_context():
        try:
            yield
        finally:
            db.session.remove()
        return
    with import_string("wsgi:app").app_context():
        yield
