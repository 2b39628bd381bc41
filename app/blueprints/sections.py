"""Sections of a course: public with it, changed by its instructor and admins."""

from uuid import UUID

from app.enums import Role
from app.errors.base import Forbidden
from app.errors.catalogue import CourseTooLarge, CourseUnderReview, OrderStale, PositionTaken
from app.schemas.sections import (
    OrderedSectionsSchema,
    OrderSchema,
    SectionInputSchema,
    SectionPatchSchema,
    SectionSchema,
)
from app.services.content import sections
from app.web.access import caller, public, requires, visitor
from app.web.api import Blueprint

blp = Blueprint("sections", __name__, description="The sections of a course, in order.")


@blp.get("/courses/<course_id>/sections")
@public
@blp.lists(SectionSchema)
def list_sections(course_id: str):
    """List the sections of a course."""
    return sections.list_of_course(visitor(), course_id)


@blp.post("/courses/<course_id>/sections")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(SectionInputSchema)
@blp.response(201, SectionSchema, message="Section created.")
@blp.refuses(Forbidden, CourseUnderReview, PositionTaken, CourseTooLarge)
def create_section(section: dict, course_id: str):
    """Create a section.

    Without a position it is appended.
    """
    return sections.create(caller(), course_id, **section)


@blp.post("/courses/<course_id>/sections/reorder")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(OrderSchema)
@blp.response(200, OrderedSectionsSchema, message="Sections reordered.")
@blp.refuses(Forbidden, CourseUnderReview, OrderStale)
def reorder_sections(order: dict, course_id: str):
    """Reorder the sections of a course.

    Name every section of the course exactly once. They get the positions 1, 2, 3 and so on.
    """
    return {"sections": sections.reorder(caller(), course_id, **order)}


@blp.get("/sections/<uuid:section_id>")
@public
@blp.response(200, SectionSchema)
def show_section(section_id: UUID):
    """Show a section."""
    return sections.get_visible(visitor(), section_id)


@blp.put("/sections/<uuid:section_id>")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(SectionInputSchema)
@blp.response(200, SectionSchema, message="Section updated.")
@blp.refuses(Forbidden, CourseUnderReview, PositionTaken)
def replace_section(section: dict, section_id: UUID):
    """Replace a section.

    Without a position it keeps its place.
    """
    return sections.update(caller(), section_id, **section)


@blp.patch("/sections/<uuid:section_id>")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(SectionPatchSchema, partial=True)
@blp.response(200, SectionSchema, message="Section updated.")
@blp.refuses(Forbidden, CourseUnderReview, PositionTaken)
def edit_section(changes: dict, section_id: UUID):
    """Change fields of a section."""
    return sections.update(caller(), section_id, **changes)


@blp.delete("/sections/<uuid:section_id>")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.response(204)
@blp.refuses(Forbidden, CourseUnderReview)
def delete_section(section_id: UUID):
    """Delete a section and its lessons.

    Progress in the lessons is kept. Learners who had done all the other lessons complete the course.
    """
    return sections.delete(caller(), section_id)
