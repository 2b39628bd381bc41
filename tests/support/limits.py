"""Limits that statements contain, such as the number of rows that are counted, set for one test."""

from __future__ import annotations

import pytest

from app.db import listings, page_statements


@pytest.fixture
def set_limit(monkeypatch):
    """Set a constant by its dotted name. Lists whose statements are kept are described again, and after the test once more."""

    def assign(name, value):
        monkeypatch.setattr(name, value)
        _discard_statements()

    yield assign
    _discard_statements()


def _discard_statements():
    of_pages = page_statements.page_statement, page_statements.rows_by_key, page_statements.count_alone
    for kept in (listings._built, *of_pages):
        kept.cache_clear()
