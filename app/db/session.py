"""Unit of work: the session, one transaction per request, and after-commit hooks.

Nothing else in the project commits or rolls back.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast
from uuid import UUID

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Engine,
    MetaData,
    SQLColumnExpression,
    Text,
    any_,
    event,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, registry
from sqlalchemy.types import Uuid

from app.db import pool, replica, traced_connections
from app.errors.base import Refusal
from app.observability import traces
from app.settings import settings
from config import DIRECT

log = logging.getLogger(__name__)

_OF_PARTITION = re.compile(r"_p(\d+|default)$")
"""What the name of an index has behind it on a partition of deploy/partitioning.sql."""

_naming_convention = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Model(DeclarativeBase):
    """Base class of tables. Type map and metadata are set on the registry: Flask-SQLAlchemy fails with them on the class."""

    registry: ClassVar[registry] = registry(
        metadata=MetaData(naming_convention=_naming_convention),
        type_annotation_map={datetime: DateTime(timezone=True), str: Text(), UUID: Uuid()},
    )


class Identified:
    """A primary key that sorts by time: UUID version 7, from the `uuid7()` function of the migrations."""

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuid7()"), sort_order=-1)


class Timestamped:
    """When a row was created and last changed, by the database's clock."""

    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"), sort_order=1)
    updated_at: Mapped[datetime] = mapped_column(
        server_default=text("now()"), onupdate=text("now()"), sort_order=1
    )


db = SQLAlchemy(
    metadata=Model.metadata, session_options={"expire_on_commit": False, "class_": replica.RoutedSession}
)
event.listen(db.session, "after_transaction_create", pool.release_kept)
migrate = Migrate()

ANOTHER_VERSION = "RC412"
"""The SQLSTATE of a write to a row whose version is not the one from `expect_version`."""

_OPEN = "rollcall-open"
_COMMITTED = "rollcall-committed"
_UNCERTAIN = "rollcall_may_have_committed"
_EFFECTS = "rollcall-after-commit"


def init_app(app: Flask) -> None:
    db.init_app(app)
    app.teardown_appcontext(pool.release_kept)
    with app.app_context():
        spans = traces.started()
        for engine in db.engines.values():
            pool.watch(engine)
            if spans is not None:
                traced_connections.trace(engine, spans)
        replica.init_app(app, db.engines)
    migrate.init_app(app, db, directory=str(app.config["MIGRATIONS_DIR"]))


def connect_directly() -> None:
    """From now on, use `DATABASE_DIRECT_URL` in this process, where it is set: for what needs a session of its own."""
    direct = db.engines.get(DIRECT)
    if direct is not None:
        cast("dict[str | None, Engine]", db.engines)[None] = direct


@contextmanager
def transaction() -> Iterator[Session]:
    """One unit of work: commit at the end, roll back on any exception.

    A domain error that declares `keeps_writes` commits, and is raised afterwards. Does not nest.
    """
    session = db.session()
    if session.info.get(_OPEN):
        raise RuntimeError("transaction() does not nest")
    session.info[_OPEN] = True
    session.info[_EFFECTS] = []
    try:
        yield session
    except Refusal as refusal:
        if not refusal.keeps_writes:
            session.rollback()
            raise
        _commit(session)
        raise
    except BaseException as error:
        session.rollback()
        _note_commits(session, error)
        raise
    else:
        _commit(session)
    finally:
        session.info.pop(_OPEN, None)
        session.info.pop(_COMMITTED, None)
        session.info.pop(_EFFECTS, None)


def is_in_transaction() -> bool:
    """Whether a statement that runs now belongs to a transaction."""
    if not db.session.registry.has():
        return False
    session = db.session()
    return _OPEN in session.info or session.in_transaction()


@contextmanager
def long_transaction() -> Iterator[Session]:
    """A `transaction()` for background work: CHORE_TIMEOUT_MS limits its statements."""
    with transaction() as session:
        set_statement_timeout(settings().chore_timeout_ms)
        yield session


def set_statement_timeout(milliseconds: int) -> None:
    """Limit each further statement of this transaction to so many milliseconds, instead of STATEMENT_TIMEOUT_MS."""
    db.session.execute(
        text("SELECT set_config('statement_timeout', :limit, true)"), {"limit": str(milliseconds)}
    )


def limit_lock_wait(longest: timedelta | None) -> None:
    """Limit the wait of each further statement of this transaction for a lock; None removes the limit again."""
    milliseconds = longest // timedelta(milliseconds=1) if longest else 0
    db.session.execute(text("SELECT set_config('lock_timeout', :limit, true)"), {"limit": str(milliseconds)})


@contextmanager
def savepoint() -> Iterator[Callable[[], None]]:
    """A savepoint: the writes of the block are rolled back if it raises or calls the yielded function."""
    with db.session.begin_nested() as nested:
        yield nested.rollback


def checkpoint() -> None:
    """Commit what has been written so far, and return the connection to the pool until the next statement.

    Call it before something slow, such as hashing a password: the rows written so far are neither locked meanwhile nor
    lost if the rest fails. Effects registered with `after_commit` do not run here; they wait for the commit at the end
    of the transaction.
    """
    _mark_commit(db.session())
    db.session.commit()


def release() -> None:
    """Return the connection to the pool until the next statement. For reads that wait for a slow client.

    Nothing is committed. Loaded rows keep their values, but nothing more can be loaded through them.
    """
    db.session.close()


def after_commit(effect: Callable[[], None]) -> None:
    """Run `effect` after the open transaction has committed; never if it is rolled back."""
    db.session().info[_EFFECTS].append(effect)


def lock_name(name: str, *, is_shared: bool = False) -> None:
    """Hold an advisory lock of this name until the transaction ends; another transaction that wants it waits.

    :param is_shared: any number of transactions may share it; one that wants it exclusively waits for all of them
    """
    db.session.execute(select(locked_name(name, is_shared=is_shared)))


def locked_name(name: str, *, is_shared: bool = False) -> ColumnElement[Any]:
    """The lock of `lock_name`, for a statement that takes further locks after it."""
    lock = func.pg_advisory_xact_lock_shared if is_shared else func.pg_advisory_xact_lock
    return lock(func.hashtextextended(name, 0))


def expect_version(row_id: str, edited_at: datetime) -> None:
    """Optimistic locking: PostgreSQL refuses, with the code `ANOTHER_VERSION`, to change this row if it was edited since.

    :param edited_at: the row's `updated_at` as it was read.
    """
    expected = f"{row_id} {edited_at.isoformat()}"
    db.session.execute(
        text("SELECT set_config('rollcall.expected_version', :expected, true)"), {"expected": expected}
    )


def may_have_committed(error: BaseException) -> bool:
    """Whether the transaction that ended with this error had begun to commit: its work must not simply be repeated."""
    return getattr(error, _UNCERTAIN, False)


def _mark_commit(session: Session) -> None:
    session.info[_COMMITTED] = True


def _note_commits(session: Session, error: BaseException) -> None:
    if session.info.get(_COMMITTED):
        setattr(error, _UNCERTAIN, True)


def _commit(session: Session) -> None:
    _mark_commit(session)
    try:
        session.commit()
    except BaseException as error:
        # It is not known whether the server has committed, where it is the connection that is lost.
        _note_commits(session, error)
        session.rollback()
        raise
    for effect in session.info[_EFFECTS]:
        try:
            effect()
        except Exception:
            # The transaction is committed, and the outbox row with it: the sweep repeats later what failed now.
            log.exception("an effect after the commit failed")


def among(column: SQLColumnExpression[Any], ids: Iterable[UUID]) -> ColumnElement[bool]:
    """`column = ANY(ids)`: one parameter and one statement text, however many ids."""
    return column == any_(literal(list(ids), ARRAY(Uuid())))


def discard_plans() -> None:
    """Make the server plan its foreign-key checks again. Call it before thousands of rows are written.

    A connection caches the plan of each such check. A plan made while a table had a handful of rows is a sequential
    scan, and would be repeated for every new row, however large the table has become.
    """
    db.session.execute(text("DISCARD PLANS"))


@contextmanager
def refusing(refusals: Mapping[str, Refusal]) -> Iterator[None]:
    """Run the block and flush; if it violates a constraint named here, raise its domain error instead."""
    try:
        yield
        db.session.flush()
    except IntegrityError as error:
        diagnostics = getattr(error.orig, "diag", None)
        violated = getattr(diagnostics, "constraint_name", None) or ""
        refusal = refusals.get(_OF_PARTITION.sub("", violated))
        if refusal is None:
            raise
        raise refusal from None
