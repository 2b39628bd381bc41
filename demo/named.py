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

_ABOUT = {
    "Safe use of ladders": "Choosing, setting up and climbing a ladder, and when to use a scaffold.",
    "Accounting basics": "Double entry, a balance sheet, and the documents behind them.",
    "Old office software": "Programs that were replaced, for those who still open their files.",
    "Telephone manners": "Greeting, listening, taking a message and calling back.",
    "Noise at work": "How noise harms hearing, how it is measured, and what protects against it.",
    "Dust at work": "Where dust comes from, what it does to lungs, and how it is kept out of the air.",
    "Lifting and carrying": "Moving loads without hurting your back, alone and in twos.",
    "Screen breaks": "Short exercises for eyes, neck and hands between two meetings.",
    "Evacuation drills": "Planning a drill, guiding people out, and counting them outside.",
    "Fax machines": "Sending, receiving, and finding out why a page did not arrive.",
    "Keeping minutes": "Writing down decisions, and who does what until when.",
    "Coping with stress": "Noticing stress early, breathing, pausing, and asking for help.",
    "Working from home": "A good place to work, fixed hours, and staying in touch with colleagues.",
    "First aid at work": "The recovery position, bandages, burns, and what to say in an emergency call.",
}
"""The sentence of the catalogue, by title."""

_LEVELS = {
    "Working from home": Level.INTERMEDIATE,
    "Evacuation drills": Level.INTERMEDIATE,
    "Dust at work": Level.INTERMEDIATE,
    "Noise at work": Level.ADVANCED,
    "Screen breaks": Level.ADVANCED,
}
"""Those that are not for beginners."""


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
            short_description=_ABOUT[title],
            category_id=self.category_id,
            level=_LEVELS.get(title, Level.BEGINNER),
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
