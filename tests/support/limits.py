"""Limits that statements contain, such as the number of rows that are counted, set for one test."""

from __future__ import annotations

import pytest

from app.db import listings, pages


@pytest.fixture
def set_limit(monkeypatch):
    """Set a constant by its dotted name. Lists whose statements are kept are described again, and after the test once more."""

    def assign(name, value):
        monkeypatch.setattr(name, value)
        _discard_statements()

    yield assign
    _discard_statements()


def _discard_statements():
    for kept in (listings._built, pages._page, pages._count_alone):
        kept.cache_clear()
