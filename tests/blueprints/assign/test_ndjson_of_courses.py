"""NDJSON for several courses: each line may have keys of its own, so the last one may be the first to name a course."""

from __future__ import annotations

import json

import pytest

from tests.support.assigning import record
from tests.support.http import data_of


@pytest.mark.parametrize("before", [0, 1, 1_000])
def test_lines_are_for_every_course_wherever_one_of_them_names_its_own(send_raw, make, before):
    first, second, third = make.course(), make.course(), make.course()
    lines = [{"email": f"x{number}@example.org"} for number in range(before)]
    lines += [{"email": "y@example.org", "course": third.code}, {"email": "z@example.org"}]
    content = "\n".join(map(json.dumps, lines))

    report = data_of(send_raw(content, query=f"action=assign&course_ids={first.code},{second.code}"))

    assert report["requested"] == 2 * before + 3
    assert [(course["code"], course["requested"]) for course in report["courses"]] == [
        (first.code, before + 1), (second.code, before + 1), (third.code, 1),
    ]  # fmt: skip
    assert [line["row"] for line in report["results"]] == list(range(1, 2 * before + 4))


def test_lines_without_a_course_are_taken_course_by_course(admin, send_raw, make, ada, grace):
    first, second = make.course(), make.course()
    content = '{"email": "ada@example.org"}\n\n{"email": "grace@example.org"}\n'

    report = data_of(send_raw(content, query=f"action=assign&course_ids={first.code},{second.code}"))

    assert [(line["course_id"], line["input"]) for line in report["results"]] == [
        (str(first.id), "ada@example.org"),
        (str(first.id), "grace@example.org"),
        (str(second.id), "ada@example.org"),
        (str(second.id), "grace@example.org"),
    ]
    sheet = record(admin, report)["sheet"]
    assert (sheet["rows"], sheet["blank_rows"]) == (2, 1)
