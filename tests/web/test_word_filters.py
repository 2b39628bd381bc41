"""Filters over closed words take several of them: `?status=ACTIVE,COMPLETED`."""

import pytest

from app.enums import EnrollmentStatus
from tests.support.good_requests import path_of
from tests.support.http import PREFIX, assert_refused, data_of
from tests.support.scene import Scene

EXPECTED = {
    "/users": {"role"},
    "/instructor-requests": {"status"},
    "/courses": {"level", "status"},
    "/courses/mine": {"level", "status"},
    "/enrollments": {"status"},
    "/users/{user_id}/enrollments": {"status"},
    "/courses/{course_id}/enrollments": {"status"},
    "/courses/{course_id}/submissions": {"state"},
    "/notices": {"state", "kind", "channel"},
    "/assignments": {"state", "action"},
    "/assignments/{assignment_id}/items": {"outcome"},
}


@pytest.fixture
def word_filters(_witness):
    """By list, the filters that are documented as several words."""
    found = {}
    for path, item in _witness.document["paths"].items():
        for each in item.get("get", {}).get("parameters", []):
            several, *_ = each["schema"].get("anyOf", [{}])
            if each["in"] == "query" and "enum" in several.get("items", {}):
                found.setdefault(path.removeprefix(PREFIX), {})[each["name"]] = {**each, "schema": several}
    return found


def test_these_are_all_the_filters_of_words(word_filters, _witness):
    assert {path: set(filters) for path, filters in word_filters.items()} == EXPECTED
    for filters in word_filters.values():
        for each in filters.values():
            assert (each["style"], each["explode"], each["schema"]["type"]) == ("form", False, "array")
            assert "comma" in each["description"]


def test_every_one_takes_several_in_any_case(app, api, word_filters):
    scene = Scene(app)
    admin = api.as_(scene.admin)

    for path, filters in word_filters.items():
        there = path_of(f"GET {path}", scene)
        for name, filter_ in filters.items():
            words = filter_["schema"]["items"]["enum"]
            together = admin.get(there, query_string={name: f", {','.join(words).lower()},,{words[0]} "})
            everything = admin.get(there).get_json()
            each = [admin.get(f"{there}?{name}={word}").get_json()["count"] for word in words]
            assert data_of(together) == everything["data"], (path, name)
            assert together.get_json()["count"] == everything["count"] == sum(each), (path, name)
            details = assert_refused(admin.get(f"{there}?{name}={words[0]},sideways"), 422, "invalid_request")
            assert "sideways" in details[name][0]
            assert all(word in details[name][0] for word in words)
            assert_refused(admin.get(f"{there}?{name}={words[0]}&{name}={words[0]}"), 422, "invalid_request")
            assert admin.get(f"{there}?{name}=,%20,").get_json() == everything


def test_two_words_find_the_rows_of_both(api, make):
    course = make.course()
    for status in EnrollmentStatus:
        times = {"cancelled_at": "2026-01-01T00:00:00Z"} if status == EnrollmentStatus.CANCELLED else {}
        if status == EnrollmentStatus.COMPLETED:
            times = {"completed_at": "2026-01-01T00:00:00Z", "completion_number": 1}
        make.enrollment(course, status=status, **times)
    admin = api.as_(make.admin())

    page = admin.get(f"/courses/{course.id}/enrollments?status=active,COMPLETED&page_size=1").get_json()
    rest = admin.get(page["next"].removeprefix(f"http://rollcall.test{PREFIX}")).get_json()
    sheet = admin.get(f"/courses/{course.id}/enrollments?status=active,COMPLETED&format=csv").text

    assert {each["status"] for each in page["data"] + rest["data"]} == {"ACTIVE", "COMPLETED"}
    assert rest["next"] is None
    assert len(sheet.strip().splitlines()) == 1 + 2
