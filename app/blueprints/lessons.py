"""Lessons: a public outline, and bodies for callers with access."""

from uuid import UUID

from app.enums import Role
from app.errors.base import Forbidden, NotFound
from app.errors.catalogue import CourseTooLarge, CourseUnderReview, OrderStale, PositionTaken
from app.errors.learning import NotEnrolled, PaymentRequired
from app.schemas.lessons import (
    CourseLessonSchema,
    LessonInCourseSchema,
    LessonOutlineSchema,
    LessonPatchSchema,
    LessonReplacementSchema,
    LessonSchema,
    LessonsSchema,
    NewLessonSchema,
    NewLessonsSchema,
)
from app.schemas.sections import OrderSchema
from app.services.content import lessons, lessons_outline, lessons_read
from app.web.access import caller, public, requires, visitor
from app.web.api import Blueprint

blp = Blueprint(
    "lessons", __name__, description="Videos, texts, quizzes, assignments and resources of a course."
)


@blp.get("/courses/<course_id>/lessons")
@public
@blp.lists(CourseLessonSchema)
def list_course_lessons(course_id: str):
    """List the lessons of a course.

    Every lesson in order, without its body; `position` counts over the whole course.
    """
    return lessons_outline.list_of_course(visitor(), course_id)


@blp.get("/sections/<uuid:section_id>/lessons")
@public
@blp.lists(LessonOutlineSchema)
def list_section_lessons(section_id: UUID):
    """List the lessons of a section."""
    return lessons_outline.list_of_section(visitor(), section_id)


@blp.post("/lessons")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(NewLessonSchema)
@blp.response(201, LessonSchema, message="Lesson created.")
@blp.refuses(Forbidden, NotFound, CourseUnderReview, PositionTaken, CourseTooLarge)
def create_lesson(lesson: dict):
    """Create a lesson.

    In a section, or with `course_id` in the first section of a course, which is created when there is none. Without a
    position it is appended.
    """
    return lessons.create(caller(), **lesson)


@blp.post("/lessons/bulk")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(NewLessonsSchema)
@blp.response(201, LessonsSchema, message="Lessons created.")
@blp.refuses(Forbidden, NotFound, CourseUnderReview, PositionTaken, CourseTooLarge)
def create_lessons(batch: dict):
    """Create up to 500 lessons.

    All of them or none: `details` names every position that is taken, such as `lessons.3.position`.
    """
    return {"lessons": lessons.create_many(caller(), **batch)}


@blp.post("/courses/<course_id>/lessons")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(LessonInCourseSchema)
@blp.response(201, LessonSchema, message="Lesson created.")
@blp.refuses(Forbidden, CourseUnderReview, PositionTaken, CourseTooLarge)
def create_course_lesson(lesson: dict, course_id: str):
    """Create a lesson in a course.

    Without a section it goes into the first one, which is created when there is none.
    """
    return lessons.create(caller(), course_id=course_id, **lesson)


@blp.post("/sections/<uuid:section_id>/lessons/reorder")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(OrderSchema)
@blp.response(200, LessonsSchema, message="Lessons reordered.")
@blp.refuses(Forbidden, CourseUnderReview, OrderStale)
def reorder_lessons(order: dict, section_id: UUID):
    """Reorder the lessons of a section.

    Name every lesson of the section exactly once. They get the positions 1, 2, 3 and so on.
    """
    return {"lessons": lessons.reorder(caller(), section_id, **order)}


@blp.get("/lessons/<uuid:lesson_id>")
@public
@blp.response(200, LessonSchema)
@blp.refuses(NotEnrolled, PaymentRequired)
def show_lesson(lesson_id: UUID):
    """Show a lesson with its body.

    For the course's instructor, admins and enrolled learners; a preview lesson of a published course is public.
    """
    return lessons_read.get_readable(visitor(), lesson_id)


@blp.put("/lessons/<uuid:lesson_id>")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(LessonReplacementSchema)
@blp.response(200, LessonSchema, message="Lesson updated.")
@blp.refuses(Forbidden, CourseUnderReview, PositionTaken)
def replace_lesson(lesson: dict, lesson_id: UUID):
    """Replace a lesson.

    Without a section or a position it stays where it is.
    """
    return lessons.update(caller(), lesson_id, **lesson)


@blp.patch("/lessons/<uuid:lesson_id>")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.arguments(LessonPatchSchema, partial=True)
@blp.response(200, LessonSchema, message="Lesson updated.")
@blp.refuses(Forbidden, CourseUnderReview, PositionTaken)
def edit_lesson(changes: dict, lesson_id: UUID):
    """Change fields of a lesson.

    Moved to another section without a position, it is appended there. Making it optional may complete enrollments.
    """
    return lessons.update(caller(), lesson_id, **changes)


@blp.delete("/lessons/<uuid:lesson_id>")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.response(204)
@blp.refuses(Forbidden, CourseUnderReview)
def delete_lesson(lesson_id: UUID):
    """Delete a lesson.

    Progress in it is kept. Learners who had done all the other lessons complete the course.
    """
    return lessons.delete(caller(), lesson_id)
