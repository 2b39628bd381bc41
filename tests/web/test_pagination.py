"""Lists in pages, whatever they list."""

import pytest
from sqlalchemy import Integer, Text, column, func

from app.db.keyset import SortKey
from app.db.listings import ordered_by
from tests.support.http import data_of


def test_an_ordering_by_something_without_a_type_is_a_defect_at_once():
    with pytest.raises(TypeError, match="no type"):
        SortKey(func.lower(column("title", Text)))

    SortKey(func.lower(column("title", Text), type_=Text))


@pytest.mark.parametrize(
    ("ordering", "sql"),
    [
        ("price", ["price ASC", "id ASC"]),
        ("-price", ["price DESC", "id DESC"]),
        ("rating", ["rating ASC NULLS LAST", "id ASC"]),
        ("-rating", ["rating DESC NULLS LAST", "id DESC"]),
    ],
)
def test_missing_values_come_last_in_both_directions_and_the_key_breaks_ties(ordering, sql):
    columns = {"price": column("price", Integer), "rating": column("rating", Integer)}

    keys = ordered_by(ordering, columns, column("id", Integer), nullable=["rating"])

    assert [str(key.order()) for key in keys] == sql


WORDS = (
    "Zuse",
    "de Beauvoir",
    "Curie",
    "curie",
    "Éclair",
    "Ørsted",
    "Łukasz",
    "eclipse",
    "Straße",
    "strasse 2",
)
IN_ORDER = [
    "curie",
    "curie",
    "de beauvoir",
    "éclair",
    "eclipse",
    "łukasz",
    "ørsted",
    "straße",
    "strasse 2",
    "zuse",
]


@pytest.fixture
def caller(api, make):
    """An admin with certificates of courses that are called so, as are people and their departments."""
    admin = make.admin()
    client = api.as_(admin)
    for number, word in enumerate(WORDS):
        course = make.course(title=word, lessons=1)
        make.enrollment(course, admin)
        data_of(client.post(f"/lessons/{make.lessons_of(course)[0].id}/complete"))
        make.student(first_name=word, last_name=word, department=word, username=f"name{number}")
    return client


@pytest.fixture
def roster(make):
    course = make.course()
    for word in WORDS:
        make.enrollment(course, make.student(first_name="", last_name=word))
    return f"/courses/{course.id}/enrollments"


def walk(client, path):
    """The rows of a list, one a page, each behind the cursor of the one before."""
    while path:
        page = client.get(path.removeprefix("http://rollcall.test/api/v1")).get_json()
        yield from page["data"]
        path = page["next"]


@pytest.mark.parametrize("direction", ["", "-"])
@pytest.mark.parametrize(
    ("listed", "word"),
    [
        ("/courses?ordering={}title", lambda row: row["title"]),
        ("/users?role=STUDENT&ordering={}first_name", lambda row: row["first_name"]),
        ("/users?role=STUDENT&ordering={}last_name", lambda row: row["last_name"]),
        ("/users?role=STUDENT&ordering={}department", lambda row: row["department"]),
        ("/enrollments?ordering={}title", lambda row: row["course"]["title"]),
        ("/certificates?ordering={}course_title", lambda row: row["course_title"]),
    ],
)
def test_capitals_and_accents_stand_beside_plain_letters(caller, monkeypatch, listed, word, direction):
    monkeypatch.setattr("app.web.pagination.DEEPEST_ROW", 1)

    rows = list(walk(caller, f"{listed.format(direction)}&page_size=1"))

    assert [word(row).lower() for row in rows] == (IN_ORDER[::-1] if direction else IN_ORDER)
    assert len({row["id"] for row in rows}) == len(WORDS)


@pytest.mark.parametrize("most_looked_up", [0, 100])
def test_a_roster_has_capitals_and_accents_beside_plain_letters(
    api, make, roster, monkeypatch, most_looked_up
):
    monkeypatch.setattr("app.web.pagination.DEEPEST_ROW", 1)
    monkeypatch.setattr("app.services.learning.enrollments_read.MOST_LOOKED_UP", most_looked_up)

    rows = walk(api.as_(make.admin()), f"{roster}?ordering=name&page_size=1")

    assert [row["user"]["full_name"].lower() for row in rows] == IN_ORDER


def test_categories_are_listed_without_regard_to_accents(api, make):
    for word in ("zebra", "Éclair", "eclipse", "Ökonomie"):
        make.category(name=word)

    assert [row["name"] for row in data_of(api.get("/categories"))] == [
        "Éclair",
        "eclipse",
        "Ökonomie",
        "zebra",
    ]
