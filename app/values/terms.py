"""The terms on which a bulk run, or a run of one, assigns people to a course."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from app.enums import OnExisting
from app.errors.base import Forbidden
from app.values import days


@dataclass(frozen=True, kw_only=True)
class Terms:
    """A due date, given as a moment or counted from the day of the run, and what else holds for every row."""

    due_at: datetime | None = None
    due_in_days: int | None = None
    notify: bool = True
    override_seats: bool = False
    on_existing: OnExisting = OnExisting.KEEP

    @classmethod
    def of_json(cls, stored: dict[str, Any]) -> Self:
        """The terms as they were stored with a run; a run that unassigns has none."""
        due_at = stored.get("due_at")
        return cls(
            due_at=due_at and datetime.fromisoformat(due_at),
            due_in_days=stored.get("due_in_days"),
            notify=stored.get("notify", True),
            override_seats=stored.get("override_seats", False),
            on_existing=OnExisting(stored.get("on_existing", OnExisting.KEEP)),
        )

    def refuse_to_exceed_seats(self, *, is_admin: bool) -> None:
        if self.override_seats and not is_admin:
            message = "Only an admin may exceed the seats of a course."
            raise Forbidden(message, details={"override_seats": [message]})

    def due_date(self, run_created_at: datetime) -> datetime | None:
        return (
            self.due_at if self.due_in_days is None else days.in_days(self.due_in_days, since=run_created_at)
        )

    def as_json(self) -> dict[str, Any]:
        """As they are stored with the run."""
        return {
            "due_at": self.due_at and self.due_at.isoformat(),
            "due_in_days": self.due_in_days,
            "notify": self.notify,
            "override_seats": self.override_seats,
            "on_existing": self.on_existing,
        }
