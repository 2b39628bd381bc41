"""Versions of courses, and certificates that name theirs: one for each completion, with a place in the status lists."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0051"
down_revision: str | None = "0050"
branch_labels = None
depends_on = None

# What learners see now is the first version of each course that was ever published. A completion from before has none.
FIRST_VERSIONS = """
INSERT INTO course_versions (course_id, number, outline, digest, published_by_id, created_at)
SELECT courses.id, 1, found.outline,
    md5(found.outline::text || chr(31) || courses.learning_outcomes), courses.instructor_id, courses.published_at
FROM courses CROSS JOIN LATERAL (
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
WHERE courses.published_at IS NOT NULL AND courses.deleted_at IS NULL
"""


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
    )
    op.execute(FIRST_VERSIONS)
    _extend_certificates()
    op.add_column("enrollments", sa.Column("course_version_id", sa.Uuid(), nullable=True))
    for table in ("enrollments", "certificates"):
        # Every row has NULL; the keys are checked by migration 0053, beside writers.
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT fk_{table}_course_version_id FOREIGN KEY (course_version_id)"
            " REFERENCES course_versions (id) ON DELETE RESTRICT NOT VALID"
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


def _extend_certificates() -> None:
    op.add_column(
        "certificates",
        sa.Column("completion_number", sa.Integer(), server_default=sa.text("1"), nullable=False),
    )
    op.create_unique_constraint(
        "uq_certificates_enrollment_id_completion_number",
        "certificates",
        ["enrollment_id", "completion_number"],
    )
    op.drop_constraint("uq_certificates_enrollment_id", "certificates")
    op.add_column("certificates", sa.Column("course_version_id", sa.Uuid(), nullable=True))
    op.add_column("certificates", sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True))
    # Places in the order of issue: those of the rows that exist, then the sequence's.
    op.add_column("certificates", sa.Column("status_index", sa.BigInteger(), nullable=True))
    op.execute(
        """
        UPDATE certificates SET status_index = placed.place
        FROM (SELECT id, row_number() OVER (ORDER BY issued_at, id) - 1 AS place FROM certificates) AS placed
        WHERE placed.id = certificates.id
        """
    )
    op.execute(
        "CREATE SEQUENCE certificates_status_index_seq AS bigint MINVALUE 0 OWNED BY certificates.status_index"
    )
    op.execute("SELECT setval('certificates_status_index_seq', (SELECT count(*) FROM certificates), false)")
    op.alter_column(
        "certificates",
        "status_index",
        server_default=sa.text("nextval('certificates_status_index_seq')"),
        nullable=False,
    )
    op.create_unique_constraint("uq_certificates_status_index", "certificates", ["status_index"])
