"""Assigning people: every outcome, and an honest line about each person."""

from __future__ import annotations

import pytest

from tests.http import assert_refused, data_of


def outcomes(report):
    return [(line["row"], line["outcome"], line["code"]) for line in report["results"]]


def test_admin_assigns_people_by_every_kind_of_identifier(api, make):
    course, admin = make.course(), api.as_(make.admin())
    people = [make.student(external_id=f"HR-{n}") for n in range(4)]

    response = admin.post(
        f"/courses/{course.id}/assign-multiple",
        json={
            "external_ids": [people[3].external_id],
            "usernames": [people[2].username.upper()],
            "emails": [people[1].email.upper()],
            "user_ids": [str(people[0].id)],
        },
    )

    report = data_of(response)
    assert report["state"] == "APPLIED"
    assert report["requested"] == report["unique"] == report["counts"]["assigned"] == 4
    assert [line["user_id"] for line in report["results"]] == [str(person.id) for person in people]
