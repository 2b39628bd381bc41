"""A list shows a caller no row that they may not read by itself, and `count` counts no more than that."""

from __future__ import annotations

import pytest

from tests.support.callers import CALLERS, REJECTED
from tests.support.http import Client
from tests.support.nouns import merged

LISTS = merged("LISTS")


@pytest.mark.parametrize("caller", [caller for caller in CALLERS if caller not in REJECTED])
@pytest.mark.parametrize("path", LISTS)
def test_a_list_shows_only_what_its_reader_sees(app, _witness, stage, path, caller):
    kind = LISTS[path]
    variants = {str(stage.id_of(kind, each, caller)): each for each in stage.variants(kind, caller)}
    strangers = {str(key) for name, key in stage.own.get(kind, {}).items() if name != caller}
    place = path.format(**{each: stage.ids[each]["PUBLISHED"] for each in ("course", "section")})

    response = Client(app, _witness, stage.tokens.get(caller)).get(
        place, query_string=None if "?" in place else {"page_size": 100}
    )

    if response.status_code in (401, 403):
        return
    body = response.get_json()
    shown = {row["id"] for row in body["data"]}
    assert response.status_code == 200
    assert {
        variants[key] for key in shown & set(variants) if not stage.sees(kind, variants[key], caller)
    } == set()
    if kind != "review" and caller != "admin":
        assert shown & strangers == set()
    assert body["count"] == len(shown)
