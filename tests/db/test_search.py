"""`search` means one thing in every list that takes it: each word by its stem, or as the beginning of a word."""

from __future__ import annotations

import pytest

from app.db.session import db, transaction
from app.models import Course, InstructorRequest
from app.services.search import courses_search
from tests.support.http import data_of

WRITTEN = ("/courses", "/categories", "/enrollments", "/reviews")
NAMES = ("/users", "/courses/{course}/enrollments", "/instructor-requests")


@pytest.fixture
def written():
    return "Evening Accounting"


@pytest.fixture
def found(app, api, make, written):
    """How many rows of a list a question finds. Each list has one that reads *Evening Accounting*."""
    first_name, last_name = written.split(maxsplit=1)
    person = make.student(first_name=first_name, last_name=last_name, external_id="HR-1")
    course = make.course(title=written, category=make.category(name=written))
    make.enrollment(course, person)
    make.review(course, person, comment=written)
    with app.app_context(), transaction():
        courses_search.index_for_search(Course.id == course.id)
        db.session.add(InstructorRequest(user_id=person.id))
    clients = {"/enrollments": api.as_(person)}
    office = api.as_(make.admin())

    def run(path, question):
        client = clients.get(path, office)
        return len(data_of(client.get(path.format(course=course.id), query_string={"search": question})))

    return run


@pytest.mark.parametrize("path", WRITTEN + NAMES)
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("accounting", 1),
        ("ACCOUNTI", 1),
        ("acc", 1),
        ("accounting evening", 1),
        ("eve, acc!", 1),
        ("ounting", 0),
        ("vening", 0),
        ("accounting zebra", 0),
        ("%", 0),
        ("_ccounting", 0),
        ("evening_accounting", 1),
        ("!!!", 0),
        ("' | 'zebra", 0),
    ],
)
def test_every_word_is_found_by_its_beginning_and_none_in_its_middle(found, path, question, expected):
    assert found(path, question) == expected


@pytest.mark.parametrize("path", WRITTEN)
@pytest.mark.parametrize("question", ["accounts", "accounted", "evenings account"])
def test_every_word_is_found_by_its_stem(found, path, question):
    assert found(path, question) == 1


@pytest.mark.parametrize("written", ["Économie: C++, Node.js, R&D, Straße, 数据分析入门"])
@pytest.mark.parametrize("path", WRITTEN + NAMES)
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("economie", 1),
        ("ÉCONOM", 1),
        ("strasse", 1),
        ("c++", 1),
        ("c#", 0),
        ("node.js", 1),
        ("nodejs", 1),
        ("r&d", 1),
        ("d&r", 0),
        (".net", 0),
        ("分析", 1),
        ("据分析", 1),
        ("析分", 0),
        ("c++ 分析 economie", 1),
    ],
)
def test_accents_signs_and_scripts_without_spaces_are_found_in_every_list(found, path, question, expected):
    assert found(path, question) == expected


@pytest.mark.parametrize("path", WRITTEN + NAMES)
def test_a_blank_search_is_none(found, path):
    assert found(path, "  ") >= 1


def test_enrollments_are_found_by_the_code_of_the_course(api, make):
    student = make.student()
    make.enrollment(make.course(title="Accounting", code="FIN-2026"), student)
    make.enrollment(make.course(title="Accounting", code="TAX-2026"), student)

    for question in ("fin-2026", "FIN", "2026 fin acc"):
        found = data_of(api.as_(student).get("/enrollments", query_string={"search": question}))
        assert [each["course"]["code"] for each in found] == ["FIN-2026"]
