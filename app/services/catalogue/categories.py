"""The categories of the catalogue. Admins manage them; only admins see an inactive one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, cast, exists, func, select
from sqlalchemy import update as change
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import with_expression

from app.db.fulltext import holds
from app.db.listings import Listing, folded, ordered_by
from app.db.session import db, refusing
from app.errors.base import NotFound
from app.errors.catalogue import CategoryInUse, NameTaken, SlugTaken
from app.errors.requests import Unavailable
from app.models.caller import Actor
from app.models.category import Category
from app.models.course import Course
from app.models.tally import Tally
from app.models.visibility import category_visible_to
from app.services.catalogue import slugs
from app.services.search import courses_search
from app.values.identifiers import as_id

ORDERINGS = {"name": folded(Category.name), "created_at": Category.created_at}


def list_visible(
    viewer: Actor | None, *, search: str | None = None, ordering: str = "name", is_active: bool | None = None
) -> Listing:
    statement = _counted().where(category_visible_to(viewer))
    if is_active is not None:
        statement = statement.where(Category.is_active == is_active)
    if search and search.strip():
        statement = statement.where(holds(Category.name, search))
    return Listing(statement, ordered_by(ordering, ORDERINGS, Category.id))


def show(viewer: Actor | None, ref: str | UUID) -> Category:
    """The category with this id or slug."""
    found = _counted().where(_named(ref), category_visible_to(viewer))
    category = db.session.scalar(found.execution_options(populate_existing=True))
    if category is None:
        raise NotFound
    return category


def create(admin: Actor, *, name: str, slug: str | None = None, **values: Any) -> Category:
    slugs.refuse_reserved(slug=slug)
    for _ in range(slugs.TRIES):
        free = slug or slugs.choose(Category.slug, name, otherwise="category")
        row = insert(Category).values({**values, "name": name, "slug": free})
        category_id = db.session.scalar(row.on_conflict_do_nothing().returning(Category.id))
        if category_id is not None:
            return show(admin, category_id)
        _refuse_taken(name, slug)
    raise Unavailable


def update(admin: Actor, ref: str | UUID, **changes: Any) -> Category:
    category = _lock(ref)
    slugs.refuse_reserved(slug=changes.get("slug"))
    searched = _searched(category)
    with refusing({Category.ONE_PER_NAME: NameTaken(), Category.ONE_PER_SLUG: SlugTaken()}):
        for name, value in changes.items():
            setattr(category, name, value)
    if _searched(category) != searched:
        courses_search.index_for_search(Course.category_id == category.id)
    return show(admin, category.id)


def delete(ref: str | UUID) -> None:
    """Delete a category without courses; soft-deleted courses lose their category."""
    category = _lock(ref)
    db.session.execute(
        change(Course)
        .where(Course.category_id == category.id, Course.deleted_at.is_not(None))
        .values(category_id=None, updated_at=Course.updated_at)
        .execution_options(synchronize_session=False)
    )
    with refusing({Course.CATEGORY_EXISTS: CategoryInUse()}):
        db.session.delete(category)


def _searched(category: Category) -> str:
    """The text of the category in the search index of courses."""
    return category.name if category.is_active else ""


def _lock(ref: str | UUID) -> Category:
    """For admins, who see every category."""
    category = db.session.scalar(select(Category).where(_named(ref)).with_for_update())
    if category is None:
        raise NotFound
    return category


def _counted() -> Any:
    """Categories with the number of their published courses, from the stored counter."""
    name = func.concat("category/", Category.id, "/courses")
    published = select(func.coalesce(func.sum(Tally.amount), 0)).where(Tally.name == name).scalar_subquery()
    return select(Category).options(with_expression(Category.course_count, cast(published, BigInteger)))


def _named(ref: str | UUID) -> ColumnElement[bool]:
    category_id = as_id(ref)
    return Category.slug == str(ref) if category_id is None else Category.id == category_id


def _refuse_taken(name: str, slug: str | None) -> None:
    if db.session.scalar(select(exists().where(func.lower(Category.name) == func.lower(name)))):
        raise NameTaken
    if slug and db.session.scalar(select(exists().where(Category.slug == slug))):
        raise SlugTaken
