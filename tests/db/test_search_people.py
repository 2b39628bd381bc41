"""An exact match of a username, an address or an external id comes first wherever people are searched."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from app.db.session import db, transaction
from app.models import InstructorRequest
from tests.support.http import data_of
from tests.web.test_pagination import walk

ORDERINGS = {
    "users": ("created_at", "-created_at", "last_name", "-department", "hired_on"),
    "roster": ("enrolled_at", "-enrolled_at", "name", "-username", "due_at", "-completed_at"),
    "instructor-requests": ("created_at", "-created_at", "reviewed_at", "-reviewed_at"),
}
CASES = [(listed, ordering) for listed, orderings in ORDERINGS.items() for ordering in orderings]
QUESTIONS = ("ADA", "ada@Example.org", "E-1", " ada ")


@pytest.fixture
def people(make):
    """Seven who are found by each question; Ada is neither the first nor the last of them in any order."""
    names = [(f"ada-{letter}", f"ada@example.org.{letter}.org", f"E-1-{letter}") for letter in "abcdef"]
    names.insert(3, ("ada", "ada@example.org", "E-1"))
    return [
        make.student(
            username=username,
            email=email,
            external_id=external_id,
            first_name="Ada",
            last_name=f"Name{number}",
            department=f"Department {number}",
        )
        for number, (username, email, external_id) in enumerate(names)
    ]


@pytest.fixture
def course(make, people):
    course = make.course(instructor=make.instructor())
    for person in people:
        make.enrollment(course, person)
    return course


@pytest.fixture
def path(app, people, course):
    with app.app_context(), transaction():
        db.session.add_all(InstructorRequest(user_id=person.id, reason="E-1") for person in people)
    return {
        "users": "/users?role=STUDENT&",
        "roster": f"/courses/{course.id}/enrollments?",
        "instructor-requests": "/instructor-requests?",
    }


def names(rows):
    return [row["username"] if "username" in row else row["user"]["username"] for row in rows]


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("listed", ORDERINGS)
def test_an_exact_match_comes_first(api, make, path, listed, question):
    office = api.as_(make.admin())

    found = names(data_of(office.get(f"{path[listed]}search={quote(question)}")))

    assert found[0] == "ada"
    assert len(found) == len(set(found)) == 7


@pytest.mark.parametrize("capped", [3, 1_000])
@pytest.mark.parametrize(("listed", "ordering"), CASES)
def test_it_comes_first_behind_cursors_too(api, make, path, monkeypatch, set_limit, listed, ordering, capped):
    """No user is shown twice or left out, wherever cursors begin and however many rows are counted."""
    monkeypatch.setattr("app.web.pagination.DEEPEST_ROW", 1)
    set_limit("app.db.page_statements.COUNT_CAP", capped)
    office = api.as_(make.admin())

    found = names(walk(office, f"{path[listed]}search=ada&ordering={ordering}&page_size=1"))

    assert found[0] == "ada"
    assert len(found) == len(set(found)) == 7


@pytest.mark.parametrize("change", ["gone", "come"])
def test_a_cursor_outlives_the_exact_match(api, make, path, monkeypatch, people, change):
    """A user who is renamed between two pages leaves no other user out."""
    monkeypatch.setattr("app.web.pagination.DEEPEST_ROW", 1)
    office = api.as_(make.admin())
    ada, other = people[3], people[0]
    if change == "come":
        data_of(office.patch(f"/users/{ada.id}", json={"username": "ada-z"}))
    search = f"{path['users']}search=ada&ordering=created_at&page_size=1"
    first = office.get(search).get_json()
    renamed, username = {"gone": (ada, "ada-z"), "come": (other, "ada")}[change]
    data_of(office.patch(f"/users/{renamed.id}", json={"username": username}))

    rest = list(walk(office, first["next"]))

    assert len({row["id"] for row in (*first["data"], *rest)}) == 7
