"""Categories of the catalogue: public to read, changed by admins."""

from typing import Any

from app.enums import Role
from app.errors.catalogue import CategoryInUse, NameTaken, SlugTaken
from app.schemas.categories import (
    CategoryInputSchema,
    CategoryPatchSchema,
    CategoryQuerySchema,
    CategorySchema,
)
from app.services.catalogue import categories
from app.web.access import caller, public, requires, visitor
from app.web.api import Blueprint

blp = Blueprint("categories", __name__, description="Categories of the catalogue.")


@blp.get("/categories")
@public
@blp.lists(CategorySchema, CategoryQuerySchema)
def list_categories(filters: dict[str, Any]):
    """List categories.

    Each with the number of its published courses.
    """
    return categories.list_visible(visitor(), **filters)


@blp.post("/categories")
@requires(Role.ADMIN)
@blp.arguments(CategoryInputSchema)
@blp.response(201, CategorySchema, message="Category created.")
@blp.refuses(NameTaken, SlugTaken)
def create_category(values: dict[str, Any]):
    """Create a category."""
    return categories.create(caller(), **values)


@blp.get("/categories/<ref>")
@public
@blp.response(200, CategorySchema)
def show_category(ref: str):
    """Show a category."""
    return categories.show(visitor(), ref)


@blp.put("/categories/<ref>")
@requires(Role.ADMIN)
@blp.arguments(CategoryInputSchema)
@blp.response(200, CategorySchema, message="Category updated.")
@blp.refuses(NameTaken, SlugTaken)
def replace_category(values: dict[str, Any], ref: str):
    """Replace a category.

    Without a slug it keeps its own.
    """
    return categories.update(caller(), ref, **values)


@blp.patch("/categories/<ref>")
@requires(Role.ADMIN)
@blp.arguments(CategoryPatchSchema, partial=True)
@blp.response(200, CategorySchema, message="Category updated.")
@blp.refuses(NameTaken, SlugTaken)
def edit_category(changes: dict[str, Any], ref: str):
    """Change fields of a category."""
    return categories.update(caller(), ref, **changes)


@blp.delete("/categories/<ref>")
@requires(Role.ADMIN)
@blp.response(204)
@blp.refuses(CategoryInUse)
def delete_category(ref: str):
    """Delete a category that no course uses."""
    categories.delete(ref)
