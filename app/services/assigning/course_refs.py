"""Courses as a call or the cells of a sheet name them: by id, slug or code, and only those that the caller may change."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import Text, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.db.session import among, db
from app.errors.base import InvalidRequest
from app.models.caller import Actor
from app.models.course import Course
from app.models.course_name import CourseName
from app.values.identifiers import as_id

MOST_REMEMBERED = 20_000


class CourseRefs:
    """Looks names up in sets, and remembers what it found: a course that the caller may not change is an unknown one."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._known: dict[str, UUID | None] = {}

    def learn(self, refs: Iterable[str]) -> None:
        """Look up what is not known yet. Afterwards at least these are known, and earlier ones as far as there is room."""
        asked = set(refs)
        new = asked - self._known.keys()
        if not new:
            return
        if len(self._known) + len(new) > MOST_REMEMBERED:
            self._known = {ref: found for ref, found in self._known.items() if ref in asked}
        ids = {ref: found for ref in new if (found := as_id(ref))}
        names = {ref: name for ref in new if ref not in ids and (name := CourseName.spelled(ref))}
        by_name = self._by_name(set(names.values()))
        present = self._manageable({*ids.values(), *by_name.values()})
        for ref in new:
            course_id = ids.get(ref) or by_name.get(names.get(ref, ""))
            self._known[ref] = course_id if course_id in present else None

    def __getitem__(self, ref: str) -> UUID | None:
        return self._known[ref]

    def resolve(self, refs: list[str]) -> list[UUID]:
        """The ids of these courses in their order, each once. An unknown one refuses the call."""
        self.learn(refs)
        unknown = {
            f"course_ids.{place}": ["There is no such course."]
            for place, ref in enumerate(refs)
            if self[ref] is None
        }
        if unknown:
            raise InvalidRequest(details=dict(list(unknown.items())[:20]))
        return list(dict.fromkeys(found for ref in refs if (found := self[ref])))

    def _by_name(self, names: Collection[str]) -> dict[str, UUID]:
        if not names:
            return {}
        named = select(CourseName.name, CourseName.course_id).where(
            CourseName.name == any_(literal(sorted(names), ARRAY(Text())))
        )
        return {each.name: each.course_id for each in db.session.execute(named)}

    def _manageable(self, ids: Collection[UUID]) -> set[UUID]:
        found = select(Course.id).where(among(Course.id, ids), Course.deleted_at.is_(None))
        if not self._actor.is_admin:
            found = found.where(Course.instructor_id == self._actor.id)
        return set(db.session.scalars(found))
