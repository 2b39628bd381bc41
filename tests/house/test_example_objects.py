"""The objects that the demo creates with the examples of the OpenAPI document."""

import re

import pytest

from app.db.session import db, transaction
from app.models import Category, Section
from app.web.openapi.examples.ids import id_of
from app.web.openapi.examples.requests import REQUESTS, Request
from demo import creations
from demo.load import DemoHasChangedError


@pytest.fixture
def create_examples(app, make, monkeypatch):
    """Create the objects of these examples only."""
    admin = make.admin()

    def create(examples):
        monkeypatch.setattr(creations, "REQUESTS", examples)
        with app.app_context(), transaction():
            creations.create(admin)

    return create


def example_at(row, objects, body=None):
    return Request(str(row.id) if row else "", body=body).creating(objects)


def test_the_example_of_a_request_creates_the_objects_that_others_name_by_id(app, make, create_examples):
    course = make.course()

    create_examples(
        {"create_section": example_at(course, {"section to edit": {}, "section to delete": {"title": "Old"}})}
    )

    with app.app_context():
        edited, deleted = (
            db.session.get_one(Section, id_of(f"section to {verb}")) for verb in ("edit", "delete")
        )
        assert (edited.course_id, edited.title) == (course.id, "The balance sheet")
        assert (deleted.title, deleted.description) == ("Old", "What a company owns and owes.")


def test_an_example_finds_the_objects_of_the_examples_before_it(app, make, create_examples):
    course = make.course()

    create_examples(
        {
            "create_section": example_at(course, {"section": {}}),
            "create_lesson": example_at(
                None, {"lesson": {}}, {"section_id": str(id_of("section")), "title": "One", "type": "TEXT"}
            ),
        }
    )

    with app.app_context():
        assert db.session.get_one(Section, id_of("section")).course_id == course.id


@pytest.mark.parametrize("name", ["", "Finance"], ids=["invalid", "refused"])
def test_an_example_that_creates_nothing_is_named_and_leaves_nothing(app, make, create_examples, name):
    make.category(name="Finance")

    with pytest.raises(DemoHasChangedError, match="create_category does not create the example 'second'"):
        create_examples(
            {"create_category": example_at(None, {"first": {"name": "A"}, "second": {"name": name}})}
        )

    with app.app_context():
        assert db.session.scalars(db.select(Category.name)).all() == ["Finance"]


def test_every_object_that_an_example_creates_is_created_once_and_named_by_an_example():
    created = [name for request in REQUESTS.values() for name in request.creates]
    named = set(
        re.findall(r"[0-9a-f-]{36}", str([(each.path, each.query, each.body) for each in REQUESTS.values()]))
    )

    assert len(created) == len(set(created)) > 5
    assert [name for name in created if str(id_of(name)) not in named] == []
