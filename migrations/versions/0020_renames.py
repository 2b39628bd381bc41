"""Only a change of a name writes the words to search by anew.

The trigger of 0017 asked which columns an UPDATE names, and an import's names all of them for everybody: each person of
it cost an UPDATE of instructor requests, though nobody was renamed.
"""

from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels = None
depends_on = None

NAMES = ("first_name", "last_name", "username", "email")
IS_RENAMED = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in NAMES)

RENAME = """
CREATE TRIGGER rename AFTER UPDATE OF first_name, last_name, username, email ON users
FOR EACH ROW {when} EXECUTE FUNCTION rename_instructor_requests()
"""


def upgrade() -> None:
    op.execute("DROP TRIGGER rename ON users")
    op.execute(RENAME.format(when=f"WHEN ({IS_RENAMED})"))


def downgrade() -> None:
    op.execute("DROP TRIGGER rename ON users")
    op.execute(RENAME.format(when=""))
