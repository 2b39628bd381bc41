"""Objects of the demo that the OpenAPI document names, as they are made: each is to get the id of its name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.enums import LessonType, Level
from app.models.user import User
from app.services.catalogue import courses_write
from app.services.catalogue.courses_read import CoursePage
from app.services.content import lessons
from app.web.openapi.examples.ids import id_of
from demo import fixed_ids


class Named:
    """The objects made so far, by name, and how an admin makes a course."""

    def __init__(self, admin: User, category_id: UUID | None = None) -> None:
        self.admin = admin
        self.category_id = category_id
        self.named: dict[str, UUID] = {}

    def _give_ids(self) -> None:
        """Their own ids to the objects made so far. What the session held of them is to be read again."""
        fixed_ids.give({made: id_of(name) for name, made in self.named.items()})
        self.named.clear()

    def _course(self, name: str, title: str, owner: User | None = None, **values: Any) -> CoursePage:
        """A draft of the admin's, with two lessons."""
        course = courses_write.create(
            self.admin,
            title=title,
            short_description="One of the examples in the API's documentation.",
            category_id=self.category_id,
            level=Level.BEGINNER,
            instructor_id=(owner or self.admin).id,
            **values,
        )
        self.named[name] = course.id
        self._lessons(course, "Welcome", "The essentials")
        return course

    def _lessons(self, course: CoursePage, *titles: str) -> list[UUID]:
        texts = [
            {"title": title, "type": LessonType.TEXT, "is_preview": title == "Welcome"} for title in titles
        ]
        return [lesson.id for lesson in lessons.create_many(self.admin, course_id=course.id, lessons=texts)]
