"""Journeys: stories that run from top to bottom, a module each. A step is an entry of its list.

Each run creates objects of its own, named after the variable `run`, so that a journey succeeds any number of times.
"""

from collections.abc import Callable

from app.web.collections.documented import Document
from app.web.collections.journeys import admin, instructor, quiz, refusals, student
from app.web.collections.parts import Folder

JOURNEYS: tuple[Callable[[Document], Folder], ...] = (
    student.journey,
    instructor.journey,
    quiz.journey,
    admin.journey,
    refusals.journey,
)
