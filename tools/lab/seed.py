"""People, courses and sessions for the load, in an empty migrated database: `python -m tools.lab.seed FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from app import create_app
from app.db.session import connect_directly, db, transaction
from app.enums import Role
from app.models.user import User
from app.services.auth import sessions
from environment import load

LEARNERS, PEOPLE = 400, 4_000
OPEN, ASSIGNED, ATTENDED = 60, 400, 24

_STATEMENTS = (
    """
    INSERT INTO users (email, username, first_name, last_name, role, email_verified)
    SELECT 'person' || n || '@lab.rollcall.org', 'person' || n, 'Ada', 'Number ' || n,
        CASE n WHEN 1 THEN 'ADMIN' WHEN 2 THEN 'INSTRUCTOR' ELSE 'STUDENT' END, true
    FROM generate_series(1, :people + :learners + 2) AS n
    """,
    """
    INSERT INTO courses (slug, title, currency, status, published_at, lesson_count, instructor_id)
    SELECT kind || '-' || n, 'A course', 'USD', 'PUBLISHED', now(), 2, users.id
    FROM (VALUES ('open', :open), ('assigned', :assigned), ('attended', :attended)) AS kinds (kind, number)
    JOIN users ON username = 'person2', generate_series(1, number) AS n
    """,
    "INSERT INTO sections (course_id, title, position) SELECT id, 'Part', 1 FROM courses",
    """
    INSERT INTO lessons (course_id, section_id, title, type, content, position)
    SELECT course_id, id, 'Lesson ' || place, 'TEXT', 'Some *text*.', place
    FROM sections, generate_series(1, 2) AS place
    """,
    """
    INSERT INTO enrollments (course_id, user_id, source, price_at_enrollment, currency, payment_status)
    SELECT courses.id, users.id, 'SELF', 0, 'USD', 'FREE'
    FROM courses, users
    WHERE slug LIKE 'attended-%' AND substr(username, 7)::int BETWEEN 3 AND :learners + 2
    """,
    """
    UPDATE courses SET enrollment_count = counted.number
    FROM (SELECT course_id, count(*) AS number FROM enrollments GROUP BY course_id) AS counted
    WHERE counted.course_id = courses.id
    """,
)

_LISTS = {
    "people": "SELECT id::text FROM users WHERE substr(username, 7)::int > :learners + 2 ORDER BY id",
    "open_courses": "SELECT id::text FROM courses WHERE slug LIKE 'open-%' ORDER BY id",
    "assigned_courses": "SELECT id::text FROM courses WHERE slug LIKE 'assigned-%' ORDER BY id",
    "lessons": """
        SELECT lessons.id::text FROM lessons JOIN courses ON courses.id = course_id
        WHERE slug LIKE 'attended-%' ORDER BY course_id, lessons.position
    """,
}


def main() -> None:
    numbers = {
        "learners": LEARNERS,
        "people": PEOPLE,
        "open": OPEN,
        "assigned": ASSIGNED,
        "attended": ATTENDED,
    }
    with create_app(load()).app_context():
        connect_directly()
        with transaction():
            for statement in _STATEMENTS:
                db.session.execute(text(statement), numbers)
        with db.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
        scene: dict[str, Any] = {
            name: list(db.session.scalars(text(statement), numbers)) for name, statement in _LISTS.items()
        }
        db.session.rollback()
        with transaction():
            admin = db.session.scalars(select(User).where(User.role == Role.ADMIN)).one()
            learners = db.session.scalars(
                select(User).where(User.username.in_([f"person{n}" for n in range(3, LEARNERS + 3)]))
            ).all()
            scene["learners"] = [sessions.open_session(user).access for user in learners]
            scene["admin"] = sessions.open_session(admin).access
    Path(sys.argv[1]).write_text(json.dumps(scene), encoding="utf-8")


if __name__ == "__main__":
    main()
