"""People and requests by their words, full courses, and what is due in one course."""

import string

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels = None
depends_on = None

NAMES = "first_name, last_name, email, username, external_id"
PUNCTUATION = string.punctuation.replace("'", "''")
BLANKS = " " * len(string.punctuation)

# 0016's function, which read all names alike.
WORDS_OF_NAMES = f"""
CREATE FUNCTION words_of_names(text, text, text, text, text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT to_tsvector('pg_catalog.simple', translate(
        $1 || ' ' || $2 || ' ' || $3 || ' ' || $4 || ' ' || coalesce($5, ''), '{PUNCTUATION}', '{BLANKS}'))
$$
"""

WORDS_OF = f"""
CREATE FUNCTION words_of(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('pg_catalog.simple', translate($1, '{PUNCTUATION}', '{BLANKS}'))
$$
"""

# Weight A is what an instructor may ask for; only admins find people by the rest.
WORDS_OF_PERSON = """
CREATE FUNCTION words_of_person(text, text, text, text, text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT setweight(words_of($1 || ' ' || $2 || ' ' || $3), 'A') || words_of($4 || ' ' || coalesce($5, ''))
$$
"""
SEARCHED = """
    words_of_person(first_name::text, last_name::text, username::text, email::text, external_id::text)
"""

REQUEST_SEARCHED = """
CREATE FUNCTION search_instructor_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT words_of(concat_ws(' ', first_name, last_name, username, email, NEW.reason, NEW.qualifications,
        NEW.teaching_interests))
    INTO NEW.search_vector FROM users WHERE id = NEW.user_id;
    RETURN NEW;
END
$$
"""
REQUESTER_RENAMED = """
CREATE FUNCTION rename_instructor_requests() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE instructor_requests SET reason = reason WHERE user_id = NEW.id;
    RETURN NULL;
END
$$
"""


def upgrade() -> None:
    for function in (WORDS_OF, WORDS_OF_PERSON, REQUEST_SEARCHED, REQUESTER_RENAMED):
        op.execute(function)
    op.drop_index("ix_users_search", "users")
    op.execute("DROP FUNCTION words_of_names(text, text, text, text, text)")
    words = sa.Computed(SEARCHED.strip(), persisted=True)
    op.add_column(
        "users", sa.Column("search_vector", sa.dialects.postgresql.TSVECTOR(), words, nullable=False)
    )
    op.create_index("ix_users_search_vector", "users", ["search_vector"], postgresql_using="gin")
    empty = sa.text("''::tsvector")
    op.add_column(
        "instructor_requests",
        sa.Column("search_vector", sa.dialects.postgresql.TSVECTOR(), server_default=empty, nullable=False),
    )
    op.execute(
        """
        CREATE TRIGGER search BEFORE INSERT OR UPDATE OF user_id, reason, qualifications, teaching_interests
        ON instructor_requests FOR EACH ROW EXECUTE FUNCTION search_instructor_request()
        """
    )
    op.execute("UPDATE instructor_requests SET reason = reason")
    op.execute(
        """
        CREATE TRIGGER rename AFTER UPDATE OF first_name, last_name, username, email ON users
        FOR EACH ROW EXECUTE FUNCTION rename_instructor_requests()
        """
    )
    op.create_index(
        "ix_instructor_requests_search_vector",
        "instructor_requests",
        ["search_vector"],
        postgresql_using="gin",
    )
    op.create_index(
        "ix_courses_full_newest",
        "courses",
        ["created_at", "id"],
        postgresql_where=sa.text("enrollment_count >= total_seats AND deleted_at IS NULL"),
    )
    op.create_index(
        "ix_courses_category_id_level_newest", "courses", ["category_id", "level", "created_at", "id"]
    )
    op.create_index(
        "ix_enrollments_course_id_due_at_active",
        "enrollments",
        ["course_id", "due_at"],
        postgresql_where=sa.text("status = 'ACTIVE' AND due_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_enrollments_course_id_due_at_active", "enrollments")
    op.drop_index("ix_courses_category_id_level_newest", "courses")
    op.drop_index("ix_courses_full_newest", "courses")
    op.execute("DROP TRIGGER rename ON users")
    op.execute("DROP TRIGGER search ON instructor_requests")
    op.drop_column("instructor_requests", "search_vector")
    op.drop_column("users", "search_vector")
    op.execute("DROP FUNCTION rename_instructor_requests()")
    op.execute("DROP FUNCTION search_instructor_request()")
    op.execute("DROP FUNCTION words_of_person(text, text, text, text, text)")
    op.execute("DROP FUNCTION words_of(text)")
    op.execute(WORDS_OF_NAMES)
    op.create_index("ix_users_search", "users", [sa.text(f"words_of_names({NAMES})")], postgresql_using="gin")
