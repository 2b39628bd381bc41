"""A primary of PostgreSQL with a streaming standby, beside the servers of the tests."""

from __future__ import annotations

import contextlib

from tests.support.servers import TEMPLATE, execute, migrations_version, prepare
from tools import throwaway
from tools.standby import following

DATABASE = "rollcall_test_replicated"


@contextlib.contextmanager
def replicated():
    """The URL of a migrated database, that of its copy, and the standby which has the copy."""
    with throwaway.running_servers(f"tests-{migrations_version()}", prepare, durable=True) as own:
        execute(own.postgres.url("postgres"), f"CREATE DATABASE {DATABASE} TEMPLATE {TEMPLATE}")
        with following(own.postgres) as standby:
            yield own.postgres.url(DATABASE), standby.cluster.url(DATABASE), standby


def pause(url):
    """Let the standby receive, and show nothing of it."""
    execute(url, "SELECT pg_wal_replay_pause()")


def resume(url):
    execute(url, "SELECT pg_wal_replay_resume()")
