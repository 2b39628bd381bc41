"""A small platform with one of everything, for suites that call every endpoint."""

from __future__ import annotations

from app.db.session import transaction
from app.enums import CourseStatus
from tests.support.nouns import add_rows
from tests.support.world import World


class Scene(World):
    """An instructor with courses, a student enrolled in one who has completed another, other users, and their rows.

    Each noun adds its rows as attributes: `scene.course`, `scene.student`. Several scenes can share a database: whatever
    has to be unique differs by `mark`.
    """

    def __init__(self, app, *, status=CourseStatus.PUBLISHED):
        super().__init__(app)
        self.status = status
        with app.app_context(), transaction():
            add_rows("add_to_scene", self)
