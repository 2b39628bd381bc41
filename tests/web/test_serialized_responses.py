"""Every endpoint's answer has the bytes of `Schema.dump`'s, and none leaves the work to it."""

from __future__ import annotations

from collections import Counter

import marshmallow as ma
import msgspec
import pytest

from app.schemas.serialization import Serializer
from tests.corpus import generated
from tests.corpus.harness import Platform
from tests.support.good_requests import REQUESTS

CALLERS = ("admin", "owner", "student")


@pytest.fixture
def watched(monkeypatch):
    """What a serializer wrote and what `dump` would have, as JSON; and which schemas were left to `dump`."""
    compared, left, inside = [], Counter(), []
    one, many, serialize = Serializer.one, Serializer.many, ma.Schema._serialize

    def watch(write, **options):
        def watching(self, row):
            inside.append(self)
            written = write(self, row)
            inside.pop()
            if not inside:
                dumped = self.dump(row, **options)
                compared.append((as_json(written), as_json(dumped)))
            return written

        return watching

    def noting(self, row, **options):
        left[type(self).__name__] += bool(inside)
        return serialize(self, row, **options)

    monkeypatch.setattr(Serializer, "one", watch(one))
    monkeypatch.setattr(Serializer, "many", watch(many, many=True))
    monkeypatch.setattr(ma.Schema, "_serialize", noting)
    return compared, left


def as_json(written):
    return msgspec.json.encode(written, enc_hook=str)


def test_answers_are_written_as_marshmallow_dumps_them(app, _janitor, watched):
    compared, left = watched
    platform, answered = Platform(app, _janitor), Counter()
    document = app.test_client().get("/openapi.json").get_json()

    for operation in generated.operations_of(document):
        for caller in CALLERS:
            platform.stage_afresh(status=REQUESTS[operation.name].course_is)
            request = generated.plain(operation, platform.scene)
            response = platform.send(operation.method, request.path, caller=caller, **request.sends)
            answered[operation.method] += response.status_code < 300

    assert [pair for pair in compared if pair[0] != pair[1]] == []
    assert +left == Counter()
    assert answered["GET"] > 50
