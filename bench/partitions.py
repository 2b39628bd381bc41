"""The ledger and the outbox as one table each, with the partitions of `deploy/`, and after two years of months.

For each: bytes per row, CPU of PostgreSQL for the frequent statements on its table, and how long the migration, its locks,
the way back and the removal of a month take. The rows are spread over two years. PostgreSQL is as the tests start it: with
`shared_buffers` of 128 MB, and without fsync.
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from app import create_app
from app.db.session import db, transaction
from app.enums import Lane
from app.services.messaging import notices_delivery
from bench import dataset, platform, two_years
from bench.calls import Call, Callers
from bench.dataset import Size
from bench.two_years import LINES_A_RUN, MONTHS
from bench.usage import Postgres, cpu_seconds
from environment import config_from

ROWS = 10_000_000
SIZE = Size(courses=1_000, enrollments=100_000)
CALLS = 100
WRITTEN = 1_000
NOWHERE = "redis://127.0.0.1:1/0"
SCRIPT = platform.ROOT / "deploy" / "partitioning.sql"

_WRITE_NOTICES = """
INSERT INTO notices (kind, channel, state, user_id, course_id, enrollment_id, completion_number)
SELECT 'COMPLETION', 'EMAIL', 'QUEUED', user_id, course_id, id, :number FROM numbered WHERE n <= :written
ON CONFLICT DO NOTHING
"""
_WRITE_LEDGER = """
INSERT INTO assignment_items (assignment_id, row, input, user_id, course_id, outcome, enrollment_id, after_status,
    after_source)
SELECT :run, :number * :written + n, user_id, user_id, course_id, 'assigned', id, 'ACTIVE', 'ASSIGNED'
FROM numbered WHERE n <= :written
"""


_RETIRED = "SELECT relname FROM pg_class WHERE relname LIKE :names AND relkind = 'r' AND NOT relispartition"


@dataclass(frozen=True)
class Subject:
    """A table that the script partitions, and what is asked of it."""

    name: str
    calls: Mapping[str, Call]
    acts: Mapping[str, Callable[[int], None]]


class Bench:
    def __init__(self, connection: Connection, callers: Callers, rows: int) -> None:
        self._connection, self._callers, self._rows = connection, callers, rows
        self._postgres = Postgres(connection)
        self._run = str(self._one("INSERT INTO assignments (action, state, requested, created_by_id)"
            " VALUES ('ASSIGN', 'APPLIED', 1, key('user', 1)) RETURNING id"))  # fmt: skip
        self._number = 1_000
        callers.names["large_run"] = str(
            self._one(
                f"SELECT id FROM assignments WHERE requested = {LINES_A_RUN} ORDER BY id OFFSET {rows // LINES_A_RUN // 2} LIMIT 1"
            )
        )

    def subjects(self) -> list[Subject]:
        return [
            Subject(
                "notices",
                {
                    "the caller's notifications": Call("learner", "/notifications"),
                    "their unread ones, counted": Call("learner", "/notifications/unread-count"),
                    "the outbox": Call("admin", "/notices"),
                    "the outbox, FAILED": Call("admin", "/notices?state=FAILED"),
                    "the outbox, of one user": Call("admin", "/notices?user=person77"),
                },
                {f"{WRITTEN:,} notices written": self._write_notices, "a mail leased and marked": _deliver},
            ),
            Subject(
                "assignment_items",
                {
                    "a page of an old run": Call("admin", "/assignments/{large_run}/items"),
                    "a late page of it": Call("admin", "/assignments/{large_run}/items?page=40"),
                },
                {f"{WRITTEN:,} lines written": self._write_ledger},
            ),
        ]

    def measure(self, subject: Subject) -> None:
        name = subject.name
        two_years.fill(self._connection, name, self._rows)
        self._vacuum(name)
        self._report("one table", subject)
        took, said = self._timed(f"CALL partitioning.partition('{name}')")
        print(f"  migrated in {took:.1f} s; its transactions took {', '.join(said)} ms", flush=True)
        self._vacuum(name)
        self._report("just migrated", subject)
        took, said = self._timed(f"CALL partitioning.revert('{name}')")
        print(f"  reverted in {took:.1f} s")
        key = self._one(f"SELECT partitioning.key_of('{name}')")
        month = f"partitioning.first_id(now() - interval '{MONTHS - 1} months')"
        took, _ = self._timed(f"DELETE FROM {name} WHERE {key} < {month}")
        vacuumed, _ = self._timed(f"VACUUM {name}")
        print(f"  the oldest month: deleted in {took:.1f} s and vacuumed in {vacuumed:.1f} s", flush=True)
        self._spread(subject)

    def _spread(self, subject: Subject) -> None:
        """A tenth of the rows, as if there had been a partition for each year or month."""
        name = subject.name
        self._execute(f"CREATE UNLOGGED TABLE saved AS SELECT * FROM {name} TABLESAMPLE SYSTEM (10)")
        for unit in ("year", "month"):
            self._execute(f"TRUNCATE {name}")
            self._execute(
                f"CALL partitioning.partition('{name}', now() - interval '{MONTHS} months', 1, '{unit}')"
            )
            self._execute("SET session_replication_role = replica")
            self._execute(f"INSERT INTO {name} SELECT * FROM saved")
            self._execute("RESET session_replication_role")
            self._vacuum(name)
            parts = self._one(f"SELECT count(*) FROM partitioning.partitions('{name}')")
            self._report(f"{parts} partitions, a {unit} each", subject)
            took, _ = self._timed(
                f"CALL partitioning.retire('{name}', now() - interval '{MONTHS // 2} months')"
            )
            print(f"  the first half: detached in {took:.2f} s", flush=True)
            self._execute(f"CALL partitioning.revert('{name}')")
            for (retired,) in self._connection.execute(text(_RETIRED), {"names": rf"{name}\_p%"}).all():
                self._execute(f"DROP TABLE {retired}")
        self._execute("DROP TABLE saved")

    def _report(self, state: str, subject: Subject) -> None:
        count = self._one(f"SELECT count(*) FROM {subject.name}")
        heap, indexes = self._connection.execute(
            text(
                "SELECT sum(pg_table_size(relid)), sum(pg_indexes_size(relid)) FROM"
                " (SELECT relid FROM pg_partition_tree(:name) UNION SELECT CAST(:name AS regclass)) AS tree"
            ),
            {"name": subject.name},
        ).one()
        print(
            f"\n{subject.name}, {state}: {count:,} rows, {heap / count:.0f} + {indexes / count:.0f} bytes a row"
        )
        for name, call in subject.calls.items():
            print(f"  {name:<30}{self._cpu(partial(self._call, call), CALLS):>10.0f}")
        for name, act in subject.acts.items():
            print(
                f"  {name:<30}{self._cpu(act, 10 if name.endswith('written') else CALLS):>10.0f}", flush=True
            )

    def _cpu(self, act: Callable[[int], object], times: int) -> float:
        """Microseconds of PostgreSQL's CPU for one, the first ones left out."""
        with self._callers.app.app_context():
            for _ in range(10):
                act(self._next())
            start = cpu_seconds(self._postgres.pid)
            for _ in range(times):
                act(self._next())
            return 1e6 * (cpu_seconds(self._postgres.pid) - start) / times

    def _call(self, call: Call, _: int) -> None:
        self._callers.make(call)

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _write_notices(self, number: int) -> None:
        with transaction():
            db.session.execute(text(_WRITE_NOTICES), {"number": number, "written": WRITTEN})

    def _write_ledger(self, number: int) -> None:
        with transaction():
            values = {"number": number, "written": WRITTEN, "run": UUID(self._run)}
            db.session.execute(text(_WRITE_LEDGER), values)

    def _timed(self, statement: str) -> tuple[float, list[str]]:
        """Seconds, and the milliseconds of the transactions that the script reports."""
        driver: Any = self._connection.connection.driver_connection
        driver.notices.clear()
        start = time.perf_counter()
        with driver.cursor() as cursor:  # SQLAlchemy would log and drop what is reported
            cursor.execute(statement)
        took = time.perf_counter() - start
        return took, re.findall(r"(\d+) ms, try", " ".join(driver.notices))

    def _vacuum(self, name: str) -> None:
        self._execute(f"VACUUM ANALYZE {name}")
        self._execute("CHECKPOINT")

    def _execute(self, statement: str) -> None:
        self._connection.exec_driver_sql(statement)

    def _one(self, statement: str) -> Any:
        return self._connection.exec_driver_sql(statement).scalar()


def _deliver(_: int) -> None:
    with transaction():
        leased = notices_delivery.lease_any((Lane.BULK,))
    if leased is None:
        raise SystemExit("No mail is due.")
    with transaction():
        notices_delivery.mark_sent(leased)


def measure(_rounds: int, rows: int = ROWS) -> bool:
    """Print the tables; there is no goal."""
    with platform.running() as environment:
        # Redis would only add the work of a queue.
        config = dataclasses.replace(config_from(environment), redis_url=NOWHERE, log_level="CRITICAL")
        app = create_app(config)
        with app.app_context(), db.engine.connect() as opened:
            connection = opened.execution_options(isolation_level="AUTOCOMMIT")
            dataset.fill(connection, SIZE)
            for setting in ("autovacuum = off", "max_wal_size = '4GB'"):
                connection.exec_driver_sql(f"ALTER SYSTEM SET {setting}")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
            for setting in ("statement_timeout = 0", "maintenance_work_mem = '512MB'", "work_mem = '256MB'"):
                connection.exec_driver_sql(f"SET {setting}")
            connection.exec_driver_sql(SCRIPT.read_text(encoding="utf-8").replace("%", "%%"))
            two_years.prepare(connection, rows)
            _sizes(connection)
            bench = Bench(connection, Callers.sign_in(app, SIZE), rows)
            for subject in bench.subjects():
                bench.measure(subject)
    return True


def _sizes(connection: Connection) -> None:
    """Bytes per row of what grows with the people, on the made platform."""
    for name in ("users", "enrollments", "lesson_progress", "certificates", "quiz_attempts", "submissions"):
        count, heap, indexes = connection.execute(
            text(f"SELECT count(*), pg_table_size('{name}'), pg_indexes_size('{name}') FROM {name}")
        ).one()
        print(f"  {name:<20}{heap / count:>6.0f} + {indexes / count:.0f} bytes a row", flush=True)
