"""Scenarios for tests: the whole database in a known state, within seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, text, update
from sqlalchemy.exc import OperationalError

from app.adapters import mail_folder
from app.db.session import db
from app.enums import LessonType, Level
from app.models.user import User
from app.services.catalogue import courses_workflow, courses_write
from app.services.content import lessons
from app.services.people import users_provision
from app.services.people.users_provision import Person
from demo import examples, load, scenery, turns
from demo.load import person
from demo.names import name_of
from demo.people import ADMIN, INSTRUCTORS
from demo.turns import Load

HIRED = 500
TRIES = 5
"""How often the tables are emptied before the reset is given up."""

DEADLOCK = "40P01"
"""The SQLSTATE."""

_DEPARTMENTS = ("Finance", "Production", "Sales", "Support")

_EMPTY = text("""
    DO $$ BEGIN EXECUTE (
        SELECT 'TRUNCATE ' || string_agg(format('%I', tablename), ', ') FROM pg_tables
        WHERE schemaname = current_schema() AND tablename <> 'alembic_version'
    ); EXECUTE (
        SELECT string_agg(format('ALTER SEQUENCE %I RESTART', sequencename), '; ') FROM pg_sequences
        WHERE schemaname = current_schema()
    ); END $$
""")
"""Sequences begin again too, so that a scenario has the same course codes each time."""


@dataclass(frozen=True)
class Scenario:
    about: str
    """what it adds to the demo users"""
    load: Callable[[Load], object]


def reset(name: str) -> None:
    """Delete everything and load a scenario. The demo users are in each of them; sessions and mails are gone."""
    with turns.reset():
        _empty()
        mail_folder.clear()
        scenery.invite_people()
        SCENARIOS[name].load(Load())


def _empty() -> None:
    """Truncate all tables. Requests and jobs that go on meanwhile lock some of them in another order."""
    for tries_left in reversed(range(TRIES)):
        try:
            with turns.writing():
                db.session.execute(_EMPTY)
        except OperationalError as error:
            if getattr(error.orig, "pgcode", None) != DEADLOCK or not tries_left:
                raise
        else:
            return


def _nothing(_run: Load) -> None:
    """Only the demo users."""


def _demo(run: Load) -> None:
    """What `flask demo load` loads."""
    for _ in load.load_records("small", run):
        pass
    _semester(run)


def _semester(run: Load) -> None:
    """Courses in every state, with people at every stage: the examples of the documentation."""
    scenery.seed(run)
    examples.create(run)


def _onboarding(run: Load) -> None:
    """People who were hired today, and a course that none of them has yet."""
    with run.transaction():
        admin, owner = person(ADMIN.email), person(INSTRUCTORS[0].email)
        course = courses_write.create(
            owner, title="Your first week", short_description="Keys, safety, people.", level=Level.BEGINNER
        )
        titles = ("Keys and passwords", "Safety on site", "Who is who")
        written = [{"title": title, "type": LessonType.TEXT, "content": title} for title in titles]
        lessons.create_many(owner, course_id=course.id, lessons=written)
        courses_workflow.publish(admin, course.id, override_reason="Needed today.")
        users_provision.provision([_hired(number) for number in range(HIRED)], at=datetime.now(UTC))
        for number, department in enumerate(_DEPARTMENTS):
            ids = [_id(each) for each in range(number, HIRED, len(_DEPARTMENTS))]
            assigned = update(User).where(User.external_id.in_(ids))
            db.session.execute(assigned.values(department=department, hired_on=func.current_date()))


def _id(number: int) -> str:
    return f"HR-{2001 + number}"


def _hired(number: int) -> Person:
    first_name, last_name = name_of(_id(number))
    login = f"hired{number + 1}"
    return Person(_id(number), f"{login}@example.org", login, first_name, last_name)


SCENARIOS: Mapping[str, Scenario] = {
    "demo": Scenario(
        "The demo as `make run` begins with it: two courses of a real university with their learners, and all of"
        " semester. The other courses of the university follow when the platform starts again.",
        _demo,
    ),
    "semester": Scenario(
        "Courses in every state, with people at every stage: the objects of the documentation's examples.",
        _semester,
    ),
    f"onboarding-{HIRED}": Scenario(
        f"{HIRED} people who were hired today, in four departments, and a published course that none of them has.",
        _onboarding,
    ),
    "empty": Scenario("Nothing.", _nothing),
}
