"""Statements that are built once per process and planned once per connection (prepared statements).

Building a SQLAlchemy statement costs more CPU than running it, and PostgreSQL plans a short one longer than it executes it.
So the statement of a frequent request is a constant of its module, made of the same columns and conditions as all
others. What differs from request to request is a `bindparam` without a value; a value that belongs to the statement,
such as a status, is written into the SQL, where the planner sees it and finds partial indexes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Delete, Enum, Insert, Select, TextualSelect, Update
from sqlalchemy.dialects.postgresql.base import PGCompiler
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.types import TypeEngine

from app.db import cursors
from app.db.cursors import UUID_OID, Opened
from app.db.session import db
from app.settings import settings

Result = TypeVar("Result")
Built = Select[*tuple[Any, ...]] | Insert | Update | Delete | TextualSelect
Row = Sequence[Any]
Values = Mapping[str, Any]
Convert = Callable[[Any], Any]


class _Compiler(PGCompiler):
    """Writes the values that belong to the statement into the SQL. Only what is given at each execution is a parameter."""

    def visit_bindparam(self, bindparam: BindParameter[Any], *args: Any, **options: Any) -> str:
        if not bindparam.required:
            options["literal_binds"] = True
        return super().visit_bindparam(bindparam, *args, **options)


class _Dialect(PGDialect_psycopg2):
    statement_compiler = _Compiler
    supports_statement_cache = False


_NUMBERED, _PLACED = _Dialect(paramstyle="numeric_dollar"), _Dialect(paramstyle="format")


@dataclass(frozen=True)
class Call:
    """SQL with a `%s` for each of the parameters, which are named in their order."""

    sql: str
    parameters: Sequence[str]
    convert: Mapping[str, Convert]
    """the conversions of parameters whose types have one"""

    def given(self, values: Values) -> list[Any]:
        """The parameters, in their order."""
        convert = self.convert
        if not convert:
            return [values[name] for name in self.parameters]
        return [convert[name](values[name]) if name in convert else values[name] for name in self.parameters]


class _Prepared(NamedTuple):
    name: str
    prepare: str
    call: Call


class Statement(Generic[Result]):
    """One statement, compiled at its first use.

    Outside of a transaction it runs in autocommit mode, without BEGIN and ROLLBACK; inside of one it belongs to it.

    :param build: builds it, once the models are complete
    :param into: makes the result of the columns of a row; usually a class with these columns, in their order
    :param is_prepared: false where no plan suits every value, as for a filter that may match one row or half of a table
    :param as_text: ids and words of enumerations stay text, for rows that are shown and not used otherwise
    """

    def __init__(
        self,
        build: Callable[[], Built],
        into: Callable[..., Result],
        *,
        is_prepared: bool = True,
        as_text: bool = False,
    ) -> None:
        self._build, self._into, self._is_prepared, self._as_text = build, into, is_prepared, as_text
        self._conversions: list[tuple[int, Convert]] | None = None

    def all(self, values: Values, *, keeps: bool = False) -> list[Result]:
        """A result for every row.

        :param keeps: the next statement of the request uses the same connection, unless a transaction begins before it
        """
        return [self._into(*row) for row in self._fetch([self], values, keeps=keeps)]

    def first(self, values: Values, *, keeps: bool = False) -> Result | None:
        """The result of the first row, or None where there is none. `keeps` as for `all`."""
        rows = self._fetch([self], values, keeps=keeps)
        return self._into(*rows[0]) if rows else None

    def one(self, values: Values) -> Result:
        """The result of the only row, of a statement that always has one."""
        (row,) = self._fetch([self], values)
        return self._into(*row)

    def first_behind(self, lock: Statement[Any], values: Values) -> Result | None:
        """`first`, behind a statement that locks rows, in one message to PostgreSQL.

        They are two statements: this one sees what was committed while the other waited.
        """
        rows = self._fetch([lock, self], values)
        return self._into(*rows[0]) if rows else None

    def commit_first(self, lock: Statement[Any], values: Values) -> Result | None:
        """`first_behind` as a transaction of its own: PostgreSQL takes the one message for one, without BEGIN and COMMIT.

        For a write that does no harm when it is repeated, as a unit of work is whose connection was lost. None where the
        open transaction holds something already, and where no row is returned: then the statement must have written none.
        """
        if db.session().in_transaction():
            return None
        with cursors.alone(db.engine) as opened:
            rows = self._run([lock, self], values, opened)
        return self._into(*rows[0]) if rows else None

    def call_on(self, opened: Opened) -> Call:
        """How it is executed on this connection, where it is prepared at its first use."""
        if not self._is_prepared or settings().db_prepare == "off":
            return self._unprepared
        prepared = self._prepared
        if prepared.name not in opened.prepared:
            opened.run(prepared.prepare)
            opened.prepared.add(prepared.name)
        return prepared.call

    def _fetch(
        self, statements: Sequence[Statement[Any]], values: Values, *, keeps: bool = False
    ) -> Sequence[Row]:
        """Execute them, of which this one is the last, and return its rows."""
        with cursors.opened(keeps=keeps) as opened:
            return self._run(statements, values, opened)

    def _run(self, statements: Sequence[Statement[Any]], values: Values, opened: Opened) -> Sequence[Row]:
        calls = [each.call_on(opened) for each in statements]
        rows = opened.fetch([(call.sql, call.given(values)) for call in calls])
        if self._conversions is None:
            self._conversions = self._conversions_of(opened.column_types())
        return [_converted(row, self._conversions) for row in rows] if self._conversions else rows

    def _conversions_of(self, oids: Sequence[int]) -> list[tuple[int, Convert]]:
        """The conversions of columns whose types have one, by their place in the row."""
        types = [each.type for each in self._built.exported_columns]
        columns = enumerate(zip(types, oids, strict=True))
        found = [(place, self._conversion_of(kind, oid)) for place, (kind, oid) in columns]
        return [(place, convert) for place, convert in found if convert is not None]

    def _conversion_of(self, kind: TypeEngine[Any], oid: int) -> Convert | None:
        if oid == UUID_OID:
            return None if self._as_text else _id_of
        if isinstance(kind, Enum) and kind.enum_class is not None:
            # Each word is stored as its value, see `app.db.columns`.
            words: dict[str | None, Any] = {word.value: word for word in kind.enum_class}
            return None if self._as_text else {**words, None: None}.__getitem__
        return kind.dialect_impl(_NUMBERED).result_processor(_NUMBERED, oid)

    @cached_property
    def _built(self) -> Built:
        return self._build()

    @cached_property
    def _prepared(self) -> _Prepared:
        compiled = _compile(self._built, _NUMBERED)
        names = list(compiled.positiontup or ())
        declared = ", ".join(str(compiled.binds[name].type.compile(_NUMBERED)) for name in names)
        text = f"{f' ({declared})' if names else ''} AS {compiled}"
        # By its text: a list that is described again after it was dropped from memory is prepared only once.
        name = f"statement_{sha256(text.encode()).hexdigest()[:16]}"
        holes = ", ".join("%s" for _ in names)
        call = Call(f"EXECUTE {name}{f' ({holes})' if names else ''}", names, _conversions(compiled, names))
        return _Prepared(name, f"PREPARE {name}{text}", call)

    @cached_property
    def _unprepared(self) -> Call:
        compiled = _compile(self._built, _PLACED)
        names = list(compiled.positiontup or ())
        if not names:
            # Without parameters psycopg2 leaves percent signs alone.
            return Call(str(_compile(self._built, _NUMBERED)), names, {})
        return Call(str(compiled), names, _conversions(compiled, names))


def _compile(built: Built, dialect: PGDialect_psycopg2) -> SQLCompiler:
    compiled: Any = built.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    return compiled


def _conversions(compiled: SQLCompiler, names: Sequence[str]) -> dict[str, Convert]:
    """The conversions of parameters whose types have one."""
    types = {name: compiled.binds[name].type.dialect_impl(_NUMBERED) for name in names}
    found = {name: each.bind_processor(_NUMBERED) for name, each in types.items()}
    return {name: convert for name, convert in found.items() if convert is not None}


def value_of(value: Any) -> Any:
    """For `into`: the result is the value of the only column, as it is."""
    return value


def _id_of(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def _converted(row: Row, conversions: Sequence[tuple[int, Convert]]) -> Row:
    values = list(row)
    for place, convert in conversions:
        values[place] = convert(values[place])
    return values
