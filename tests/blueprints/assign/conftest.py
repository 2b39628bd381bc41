"""Fixtures of the tests of bulk assignment: an admin, and a run of theirs."""

from __future__ import annotations

import io

import pytest

from tests.support.assigning import NDJSON
from tests.support.http import data_of


@pytest.fixture
def admin(api, make):
    return api.as_(make.admin())


@pytest.fixture
def run(admin):
    """Assign people as an admin and return the report."""

    def assign(course, client=admin, **body):
        return data_of(client.post(f"/courses/{course.id}/assign-multiple", json=body))

    return assign


@pytest.fixture
def plan(admin):
    """A preview of these people; the report."""

    def preview(course, *people, verb="assign", **body):
        sent = {"user_ids": [str(person.id) for person in people], "mode": "preview", **body}
        return data_of(admin.post(f"/courses/{course.id}/{verb}-multiple", json=sent))

    return preview


@pytest.fixture
def ada(make):
    return make.student(email="ada@example.org", username="ada", external_id="HR-1")


@pytest.fixture
def grace(make):
    return make.student(email="grace@example.org", username="grace", external_id="HR-2")


@pytest.fixture
def send(admin):
    """Send a sheet in a form to a course; the response."""

    def post(course, content, client=admin, verb="assign", headers=None, **options):
        content = content if isinstance(content, bytes) else content.encode()
        form = {"file": (io.BytesIO(content), "people.csv"), **options}
        path = f"/courses/{course.id}/{verb}-multiple" if course else "/assignments"
        return client.post(path, data=form, headers=headers or {})

    return post


@pytest.fixture
def send_raw(admin):
    """Send a sheet as the body; the response."""

    def post(content, kind=NDJSON, course=None, query="action=assign"):
        path = f"/courses/{course.id}/assign-multiple" if course else f"/assignments?{query}"
        return admin.post(path, data=content, content_type=kind)

    return post
