"""Versions of courses, and certificates that name theirs: one for each completion, with a place in the status lists."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import online

revision: str = "0051"
down_revision: str | None = "0050"
branch_labels = None
depends_on = None

PUBLISHED = """
SELECT id FROM courses WHERE published_at IS NOT NULL AND deleted_at IS NULL
    AND NOT EXISTS (SELECT FROM course_versions WHERE course_versions.course_id = courses.id)
ORDER BY id
"""
# What learners see now is the first version of each course that was ever published. A completion from before has none.
FIRST_VERSIONS = """
INSERT INTO course_versions (course_id, number, outline, digest, published_by_id, created_at)
SELECT courses.id, 1, found.outline,
    md5(found.outline::text || chr(31) || courses.learning_outcomes), courses.instructor_id, courses.published_at
FROM batch JOIN courses ON courses.id = batch.id CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(
        jsonb_build_object(
            'id', lessons.id, 'title', lessons.title, 'type', lessons.type, 'is_required', lessons.is_required,
            'digest', md5(concat_ws(chr(31), lessons.title, lessons.type, lessons.content,
                coalesce(lessons.video_url, ''), coalesce(lessons.duration_seconds, 0), lessons.is_required))
        ) ORDER BY sections.position, lessons.position
    ), '[]'::jsonb) AS outline
    FROM lessons JOIN sections ON sections.id = lessons.section_id
    WHERE lessons.course_id = courses.id AND lessons.deleted_at IS NULL
) AS found
WHERE courses.published_at IS NOT NULL
"""
COURSES_AT_ONCE = 50
"""All texts of their lessons are read."""

# Places in the order of issue.
WITHOUT_PLACE = "SELECT id FROM certificates WHERE status_index IS NULL ORDER BY issued_at, id"
PLACES = "certificates_status_index_seq"
PLACE = f"""
, placed AS MATERIALIZED (
    SELECT id, nextval('{PLACES}') AS place
    FROM (SELECT id FROM batch ORDER BY place) AS ordered
)
UPDATE certificates SET status_index = placed.place FROM placed WHERE placed.id = certificates.id
"""
ONE_PER_COMPLETION = "uq_certificates_enrollment_id_completion_number"
ONE_PER_PLACE = "uq_certificates_status_index"
ALL_PLACED = "ck_certificates_all_placed"
"""While the migration runs: with it, NOT NULL needs no look at the rows."""


def upgrade() -> None:
    op.create_table(
        "course_versions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuid7()"), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=2000), server_default="", nullable=False),
        sa.Column("outline", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column(
            "changes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("""'{"added": [], "removed": [], "changed": []}'::jsonb"""),
            nullable=False,
        ),
        sa.Column("published_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_by_id", sa.Uuid(), nullable=True),
        sa.Column("void_reason", sa.String(length=2000), server_default="", nullable=False),
        sa.Column("voided_completions", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_course_versions_number")),
        sa.CheckConstraint(
            "(voided_at IS NULL) = (voided_by_id IS NULL)", name=op.f("ck_course_versions_voided_by")
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_course_versions_course_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["published_by_id"],
            ["users.id"],
            name=op.f("fk_course_versions_published_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["voided_by_id"], ["users.id"], name=op.f("fk_course_versions_voided_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_versions")),
        sa.UniqueConstraint("course_id", "number", name="uq_course_versions_course_id_number"),
        if_not_exists=True,
    )
    with online.statement_by_statement():
        online.in_batches(PUBLISHED, FIRST_VERSIONS, COURSES_AT_ONCE)
        _prepare_certificates()
        op.execute("ALTER TABLE enrollments ADD COLUMN IF NOT EXISTS course_version_id uuid")
        for table in ("enrollments", "certificates"):
            # Every row has NULL; the keys are checked by migration 0053.
            online.add_constraint(
                table,
                f"fk_{table}_course_version_id",
                "FOREIGN KEY (course_version_id) REFERENCES course_versions (id) ON DELETE RESTRICT",
            )
    online.wait_for_table("certificates")
    op.execute("ALTER TABLE certificates ALTER COLUMN status_index SET NOT NULL")
    op.execute(
        f"""
        ALTER TABLE certificates
            DROP CONSTRAINT {ALL_PLACED},
            ADD CONSTRAINT {ONE_PER_PLACE} UNIQUE USING INDEX {ONE_PER_PLACE},
            ADD CONSTRAINT {ONE_PER_COMPLETION} UNIQUE USING INDEX {ONE_PER_COMPLETION},
            DROP CONSTRAINT uq_certificates_enrollment_id
        """
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_enrollments_course_version_id"), "enrollments")
    op.drop_column("enrollments", "course_version_id")
    op.execute(
        """
        DELETE FROM certificates AS former USING certificates AS latest
        WHERE former.enrollment_id = latest.enrollment_id AND former.completion_number < latest.completion_number
        """
    )
    op.drop_constraint("uq_certificates_enrollment_id_completion_number", "certificates")
    op.create_unique_constraint("uq_certificates_enrollment_id", "certificates", ["enrollment_id"])
    for column in ("course_version_id", "superseded_at", "status_index", "completion_number"):
        op.drop_column("certificates", column)
    op.drop_table("course_versions")


def _prepare_certificates() -> None:
    op.execute(
        """
        ALTER TABLE certificates
            ADD COLUMN IF NOT EXISTS completion_number integer DEFAULT 1 NOT NULL,
            ADD COLUMN IF NOT EXISTS course_version_id uuid,
            ADD COLUMN IF NOT EXISTS superseded_at timestamptz,
            ADD COLUMN IF NOT EXISTS status_index bigint
        """
    )
    op.execute(
        f"CREATE SEQUENCE IF NOT EXISTS {PLACES} AS bigint MINVALUE 0 OWNED BY certificates.status_index"
    )
    online.in_batches(WITHOUT_PLACE, PLACE)
    op.execute(f"ALTER TABLE certificates ALTER COLUMN status_index SET DEFAULT nextval('{PLACES}')")
    # Those that were issued meanwhile.
    online.in_batches(WITHOUT_PLACE, PLACE)
    online.add_constraint("certificates", ALL_PLACED, "CHECK (status_index IS NOT NULL)")
    online.validate("certificates", ALL_PLACED)
    online.create_index("UNIQUE ON certificates (status_index)", ONE_PER_PLACE)
    online.create_index("UNIQUE ON certificates (enrollment_id, completion_number)", ONE_PER_COMPLETION)
