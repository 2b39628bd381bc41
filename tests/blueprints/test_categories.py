"""The shelves of the catalogue."""

from datetime import UTC, datetime

import pytest

from app.enums import CourseStatus
from tests.support.http import assert_refused, data_of


def test_an_admin_creates_a_category_and_every_caller_reads_it(api, make):
    admin = api.as_(make.admin())

    made = data_of(admin.post("/categories", json={"name": "Überblick & Finance", "icon": "coins"}), 201)

    assert made["slug"] == "uberblick-finance"
    assert made["course_count"] == 0
    assert data_of(api.get(f"/categories/{made['id']}")) == made
    assert data_of(api.get("/categories/uberblick-finance")) == made
    assert data_of(api.get("/categories")) == [made]


@pytest.mark.parametrize("role", ["student", "instructor"])
def test_only_admins_arrange_categories(api, make, role):
    someone = api.as_(getattr(make, role)())
    category = make.category()

    assert_refused(someone.post("/categories", json={"name": "Mine"}), 403, "forbidden")
    assert_refused(someone.patch(f"/categories/{category.id}", json={"name": "Mine"}), 403, "forbidden")
    assert_refused(someone.delete(f"/categories/{category.id}"), 403, "forbidden")


def test_a_name_is_taken_in_any_case(api, make):
    admin = api.as_(make.admin())
    make.category(name="Finance")
    other = make.category()

    assert_refused(admin.post("/categories", json={"name": "FINANCE"}), 409, "name_taken")
    assert_refused(admin.patch(f"/categories/{other.id}", json={"name": "finance"}), 409, "name_taken")


@pytest.mark.parametrize(
    ("name", "again"), [("ΛΟΓΟΣ", "λογοσ"), ("İstanbul", "İSTANBUL"), ("Ökonomie", "ÖKONOMIE")]
)
def test_a_name_is_taken_in_any_alphabet(api, make, name, again):
    """What is one name, small or large, the database decides; Python would say otherwise of these."""
    admin = api.as_(make.admin())
    make.category(name=name)

    assert_refused(admin.post("/categories", json={"name": name}), 409, "name_taken")
    assert_refused(admin.post("/categories", json={"name": again}), 409, "name_taken")


def test_a_slug_of_ones_own_is_taken_and_a_made_one_is_suffixed(api, make):
    admin = api.as_(make.admin())
    make.category(slug="finance")

    assert_refused(admin.post("/categories", json={"name": "Money", "slug": "finance"}), 409, "slug_taken")
    assert data_of(admin.post("/categories", json={"name": "Finance!"}), 201)["slug"] == "finance-2"


@pytest.mark.parametrize("name", ["???", "✨", "!"])
def test_a_slug_is_never_empty(api, make, name):
    admin = api.as_(make.admin())

    assert data_of(admin.post("/categories", json={"name": name}), 201)["slug"] == "category"


def test_only_published_courses_that_are_there_count(api, make):
    category = make.category()
    make.course(category=category)
    make.course(category=category, status=CourseStatus.DRAFT)
    make.course()

    assert data_of(api.get(f"/categories/{category.slug}"))["course_count"] == 1


def test_an_inactive_category_is_hidden_from_all_but_admins(api, make):
    category = make.category(is_active=False)
    admin = api.as_(make.admin())
    instructor = api.as_(make.instructor())

    assert data_of(admin.get(f"/categories/{category.id}"))["is_active"] is False
    assert len(data_of(admin.get("/categories"))) == 1
    assert data_of(instructor.get("/categories")) == []
    assert_refused(instructor.get(f"/categories/{category.slug}"), 404, "not_found")
    assert_refused(api.get(f"/categories/{category.id}"), 404, "not_found")


def test_a_category_in_use_is_not_deleted(api, make):
    admin = api.as_(make.admin())
    used, free = make.category(), make.category()
    make.course(category=used, status=CourseStatus.ARCHIVED)

    assert_refused(admin.delete(f"/categories/{used.id}"), 409, "category_in_use")
    assert admin.delete(f"/categories/{free.id}").status_code == 204
    assert_refused(admin.get(f"/categories/{free.id}"), 404, "not_found")


def test_put_writes_the_whole_and_patch_a_part(api, make):
    admin = api.as_(make.admin())
    category = make.category(name="Old", slug="old", description="Long.", icon="x")

    patched = data_of(admin.patch(f"/categories/{category.id}", json={"icon": "y"}))
    put = data_of(admin.put(f"/categories/{category.id}", json={"name": "New"}))

    assert (patched["name"], patched["description"], patched["icon"]) == ("Old", "Long.", "y")
    assert (put["name"], put["slug"], put["description"], put["icon"]) == ("New", "old", "", "")


def test_renaming_a_category_is_found_by_search_at_once(api, make):
    admin, instructor = api.as_(make.admin()), api.as_(make.instructor())
    category = make.category(name="Finance")
    body = {"title": "Ledgers", "short_description": "x", "category_id": str(category.id)}
    data_of(instructor.post("/courses", json=body), 201)

    data_of(admin.patch(f"/categories/{category.id}", json={"name": "Horticulture"}))

    assert len(data_of(instructor.get("/courses?search=horticulture"))) == 1
    assert data_of(instructor.get("/courses?search=finance")) == []


def test_the_list_is_one_statement(api, make, statements):
    for _ in range(20):
        make.category()

    with statements() as seen:
        response = api.get("/categories")

    assert len(data_of(response)) == 20
    assert len(seen) == 1


def test_an_unknown_field_or_a_bad_slug_is_refused(api, make):
    admin = api.as_(make.admin())

    assert "colour" in assert_refused(
        admin.post("/categories", json={"name": "A", "colour": "red"}), 422, "invalid_request"
    )
    assert "slug" in assert_refused(
        admin.post("/categories", json={"name": "A", "slug": "Not A Slug"}), 422, "invalid_request"
    )
    assert "name" in assert_refused(admin.post("/categories", json={"name": "  "}), 422, "invalid_request")


def test_a_category_of_deleted_courses_alone_can_be_deleted(api, make):
    category = make.category()
    make.course(category=category, deleted_at=datetime(2026, 1, 1, tzinfo=UTC))

    assert api.as_(make.admin()).delete(f"/categories/{category.id}").status_code == 204
