"""The tokens of a login, and how much memory a call takes."""

import re
from pathlib import Path

import pytest

from app.db.session import transaction
from app.services.auth import sessions
from tests.support.rows import PASSWORD


@pytest.fixture
def pair(app, make):
    user = make.student(password=PASSWORD)
    with app.app_context(), transaction():
        return sessions.open_session(user)


def _peak():
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024


@pytest.fixture
def growth():
    """By how much this process has grown at its largest since it was asked for the first time."""
    Path("/proc/self/clear_refs").write_text("5")
    before = _peak()
    return lambda: _peak() - before
