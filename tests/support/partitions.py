"""Partitions of the ledger and the outbox, made by the script of `deploy/` as an operator makes them."""

from __future__ import annotations

import pytest

from tests.support.paths import ROOT
from tests.support.servers import connected

PARTITIONED = ("assignment_items", "notices")
SCRIPT = ROOT / "deploy" / "partitioning.sql"


@pytest.fixture(scope="session")
def tables(request, database_url):
    """The URL of this process's database, with partitions if the run is to have them."""
    if request.config.getoption("--partitioned"):
        partition(database_url)
    return database_url


def partition(url):
    """What is there stays in the first partition, and what is written from now on is in the second."""
    call(url, SCRIPT.read_text(encoding="utf-8"))
    for table in PARTITIONED:
        call(url, f"CALL partitioning.partition('{table}', clock_timestamp())")


def call(url, statement):
    """Execute a statement, and return what the server reports about it."""
    with connected(url) as cursor:
        cursor.execute(statement)
        return cursor.connection.notices


def partitions_of(url, table):
    with connected(url) as cursor:
        cursor.execute("SELECT partition FROM partitioning.partitions(%s)", (table,))
        return [name for (name,) in cursor.fetchall()]


def count(url, table):
    with connected(url) as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]
