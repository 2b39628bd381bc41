"""Enrollments that deleted people had left ACTIVE are cancelled, and their seats are free."""

import sqlalchemy as sa
from alembic import op

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels = None
depends_on = None

# Courses are locked in the order of their ids, and before enrollments: as the application does it.
HELD = """
    SELECT id FROM courses WHERE id IN (
        SELECT course_id FROM enrollments JOIN users ON users.id = enrollments.user_id
        WHERE users.deleted_at IS NOT NULL AND enrollments.status = 'ACTIVE'
    )
    ORDER BY id FOR NO KEY UPDATE
"""
REPAIR = """
    WITH ended AS (
        UPDATE enrollments
        SET status = 'CANCELLED', cancelled_at = now(), cancellation_reason = 'user_deleted'
        FROM users
        WHERE users.id = enrollments.user_id AND users.deleted_at IS NOT NULL AND enrollments.status = 'ACTIVE'
        RETURNING enrollments.course_id
    )
    UPDATE courses SET enrollment_count = enrollment_count - freed.seats
    FROM (SELECT course_id, count(*) AS seats FROM ended GROUP BY course_id) AS freed
    WHERE courses.id = freed.course_id
"""


def upgrade() -> None:
    op.execute("ALTER TABLE enrollments VALIDATE CONSTRAINT ck_enrollments_cancellation_reason")
    # What is overdue is not counted in deleted courses, which are few.
    op.create_index(
        "ix_courses_deleted", "courses", ["id"], postgresql_where=sa.text("deleted_at IS NOT NULL")
    )
    op.execute(HELD)
    op.execute(REPAIR)


def downgrade() -> None:
    """The enrollments stay cancelled: the people are gone."""
    op.drop_index("ix_courses_deleted", "courses")
