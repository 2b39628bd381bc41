"""Slugs and codes share one namespace: no slug is another course's code, whichever came first."""

import sqlalchemy as sa
from alembic import op

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels = None
depends_on = None

# Names are claimed and given up in their order, so that two courses that want each other's cannot deadlock. The names of the
# constraints are those of the unique indexes on courses: a caller need not know who found the clash.
CLAIM = """
CREATE FUNCTION claim_course_names() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    slug text := lower(NEW.slug COLLATE "C");
    code text := lower(NEW.code COLLATE "C");
    claim record;
BEGIN
    FOR claim IN
        SELECT names.name, min(names.taken) AS taken
        FROM (VALUES
            (slug, 'uq_courses_slug'), (code, 'uq_courses_code'),
            (lower(OLD.slug COLLATE "C"), NULL), (lower(OLD.code COLLATE "C"), NULL)
        ) AS names (name, taken)
        WHERE names.name IS NOT NULL GROUP BY names.name ORDER BY names.name COLLATE "C"
    LOOP
        IF claim.taken IS NULL THEN
            UPDATE course_names SET is_former = true WHERE name = claim.name AND course_id = NEW.id;
            CONTINUE;
        END IF;
        INSERT INTO course_names AS held (name, course_id) VALUES (claim.name, NEW.id)
        ON CONFLICT (name) DO UPDATE SET course_id = NEW.id, is_former = false
            WHERE held.is_former OR held.course_id = NEW.id;
        IF NOT FOUND THEN
            RAISE unique_violation USING
                MESSAGE = format('the name %s belongs to another course', claim.name),
                CONSTRAINT = claim.taken, TABLE = 'courses';
        END IF;
    END LOOP;
    RETURN NULL;
END
$$
"""
ON_INSERT = """
CREATE TRIGGER claim_names AFTER INSERT ON courses FOR EACH ROW EXECUTE FUNCTION claim_course_names()
"""
ON_UPDATE = """
CREATE TRIGGER claim_other_names AFTER UPDATE OF slug, code ON courses FOR EACH ROW
WHEN ((OLD.slug, OLD.code) IS DISTINCT FROM (NEW.slug, NEW.code)) EXECUTE FUNCTION claim_course_names()
"""

# A number of the sequence is looked at once, so all the names that were ever chosen cost one look each.
NEXT_CODE = """
CREATE FUNCTION next_course_code() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    code text;
BEGIN
    LOOP
        code := 'COURSE-' || to_char(nextval('course_codes'), 'FM999990000');
        EXIT WHEN NOT EXISTS (SELECT FROM course_names WHERE name = lower(code COLLATE "C"));
    END LOOP;
    RETURN code;
END
$$
"""
OLD_CODE = "'COURSE-' || to_char(nextval('course_codes'), 'FM999990000')"

# A code always won against a slug, so it keeps the name; the course with that slug gets the next free number behind it.
RESOLVE = """
DO $$
DECLARE
    clash record;
    number integer;
BEGIN
    INSERT INTO course_names (name, course_id) SELECT lower(code COLLATE "C"), id FROM courses;
    INSERT INTO course_names (name, course_id)
        SELECT lower(slug COLLATE "C"), id FROM courses ORDER BY id
        ON CONFLICT DO NOTHING;
    FOR clash IN
        SELECT courses.id, courses.slug FROM courses
        JOIN course_names ON course_names.name = lower(courses.slug COLLATE "C")
        WHERE course_names.course_id <> courses.id ORDER BY courses.id
    LOOP
        number := 2;
        WHILE EXISTS (SELECT FROM course_names WHERE name = lower(clash.slug COLLATE "C") || '-' || number) LOOP
            number := number + 1;
        END LOOP;
        UPDATE courses SET slug = lower(clash.slug COLLATE "C") || '-' || number WHERE id = clash.id;
        INSERT INTO course_names (name, course_id)
            VALUES (lower(clash.slug COLLATE "C") || '-' || number, clash.id);
    END LOOP;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "course_names",
        sa.Column("name", sa.String(220), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("is_former", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint('name = lower(name COLLATE "C")', name="lower_case"),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name="fk_course_names_course_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("name", name="pk_course_names"),
    )
    op.create_index("ix_course_names_course_id", "course_names", ["course_id"])
    # Courses can be read meanwhile, and not written.
    op.execute("LOCK TABLE courses IN SHARE ROW EXCLUSIVE MODE")
    op.execute(RESOLVE)
    for definition in (CLAIM, NEXT_CODE, ON_INSERT, ON_UPDATE):
        op.execute(definition)
    op.alter_column("courses", "code", server_default=sa.text("next_course_code()"))


def downgrade() -> None:
    op.alter_column("courses", "code", server_default=sa.text(OLD_CODE))
    op.execute("DROP TRIGGER claim_other_names ON courses")
    op.execute("DROP TRIGGER claim_names ON courses")
    op.execute("DROP FUNCTION next_course_code()")
    op.execute("DROP FUNCTION claim_course_names()")
    op.drop_table("course_names")
