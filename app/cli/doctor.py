"""`flask doctor`: check a deployment from the machine of a node, and say what to mend.

It writes nothing, except a file of a few bytes where uploads go, which it removes again. Run it before a node serves (an
init container, `ExecStartPre=`): it exits with 1 where something is wrong.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import time

import click
from flask.cli import with_appcontext
from redis.exceptions import RedisError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from app.adapters import mailer, queue, redis, storage
from app.adapters.mailer import MailDeferred
from app.db import advisory_locks
from app.db.advisory_locks import NoSessionOfOurOwn
from app.db.session import db
from app.enums import Lane
from app.errors.base import Refusal
from app.errors.requests import Unavailable
from app.services.content import shared_files
from app.services.messaging import notices_depth
from app.settings import settings
from app.version import VERSION
from app.web import health
from config import DIRECT

GOOD, DOUBTFUL, WRONG = "ok", "warning", "problem"

OLDEST_POSTGRESQL, OLDEST_REDIS = 15, (6, 2)
LEAST_FREE_BYTES = 2 * 1024**3
LATE_SECONDS = 300


@dataclass(frozen=True)
class Finding:
    """What a check has found, and how to mend it."""

    state: str
    sentence: str
    remedy: str = ""


@click.command("doctor")
@click.argument("names", nargs=-1, metavar="[CHECK ...]")
@with_appcontext
def doctor(names: tuple[str, ...]) -> None:
    """Check this deployment, or only the named parts of it."""
    unknown = sorted(set(names).difference(CHECKS))
    if unknown:
        raise click.BadParameter(f"unknown: {', '.join(unknown)}. There are {', '.join(CHECKS)}.")
    click.echo(f"Rollcall {VERSION}, Python {platform.python_version()}, {settings().app_env}")
    states = [_report(name) for name in CHECKS if not names or name in names]
    if WRONG in states:
        raise click.exceptions.Exit(1)


def _report(name: str) -> str:
    """Print what a check finds. The worst of it."""
    states = [GOOD]
    for finding in _found(CHECKS[name]):
        click.echo(f"{finding.state:8} {name:9} {finding.sentence}")
        if finding.remedy:
            click.echo(f"{'':18} {finding.remedy}")
        states.append(finding.state)
    return max(states, key=(GOOD, DOUBTFUL, WRONG).index)


def _found(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except Unavailable:
        yield Finding(WRONG, "The store of files does not answer.", "Check the settings S3_…")
    except (SQLAlchemyError, RedisError) as error:
        service = "PostgreSQL" if isinstance(error, SQLAlchemyError) else "Redis"
        yield Finding(
            WRONG, f"{service} does not answer: {type(error).__name__}.", "Check its URL and whether it runs."
        )


def check_database() -> Iterator[Finding]:
    with db.engine.connect() as connection:
        version = connection.scalar(text("SELECT current_setting('server_version_num')::int")) or 0
        is_standby = connection.scalar(text("SELECT pg_is_in_recovery()"))
        is_migrated = health.is_migrated(connection)
    if version // 10_000 < OLDEST_POSTGRESQL:
        yield Finding(
            WRONG, f"PostgreSQL {version // 10_000} is too old.", f"Upgrade to {OLDEST_POSTGRESQL} or newer."
        )
    elif is_standby:
        yield Finding(
            WRONG, "DATABASE_URL leads to a standby.", "Add target_session_attrs=read-write to the URL."
        )
    elif not is_migrated:
        yield Finding(WRONG, "The migrations of this version are missing.", "flask db upgrade")
    else:
        yield Finding(GOOD, f"PostgreSQL {version // 10_000}, migrated.")


def check_limits() -> Iterator[Finding]:
    with db.engine.connect() as connection:
        role = connection.scalar(text("SELECT quote_ident(current_user)"))
        has_limits = health.has_limits(connection)
    if has_limits:
        yield Finding(GOOD, "Statements are limited in time, and sessions are in UTC.")
        return
    yield Finding(
        WRONG,
        "A pooler drops the statement timeout or the time zone of sessions.",
        f"ALTER ROLE {role} SET statement_timeout = '{settings().statement_timeout_ms}ms';"
        f" ALTER ROLE {role} SET timezone = 'UTC';",
    )


def check_sessions() -> Iterator[Finding]:
    """Where the sweep and migrations hold their locks, and whether prepared statements belong to a connection."""
    is_pooled = _is_refused(str(db.engines[None].url.render_as_string(hide_password=False)))
    direct = db.engines.get(DIRECT)
    reason = (
        _is_refused(direct.url.render_as_string(hide_password=False)) if direct is not None else is_pooled
    )
    if reason:
        yield Finding(WRONG, reason)
    else:
        yield Finding(GOOD, "The sweep, migrations and commands have sessions of their own.")
    if is_pooled and settings().db_prepare != "off":
        yield Finding(WRONG, "Prepared statements do not work through a pooler.", "Set DB_PREPARE=off.")


def _is_refused(url: str) -> str:
    """Why locks of a session cannot be relied on at this URL; empty where they can."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5})
    try:
        with engine.connect() as connection:
            advisory_locks.check(connection)
    except NoSessionOfOurOwn as error:
        return str(error)
    finally:
        engine.dispose()
    return ""


def check_clocks() -> Iterator[Finding]:
    """Tokens, deadlines and leases compare the clocks of several machines."""
    with db.engine.connect() as connection:
        before = time()
        there = float(connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0)
        apart = abs(there - (before + time()) / 2)
    if apart > max(1, settings().jwt_leeway_seconds):
        yield Finding(
            WRONG, f"The clocks of this machine and PostgreSQL are {apart:.1f} s apart.", "Run an NTP client."
        )
    elif apart > 1:
        yield Finding(
            DOUBTFUL,
            f"The clocks of this machine and PostgreSQL are {apart:.1f} s apart.",
            "Run an NTP client.",
        )
    else:
        yield Finding(GOOD, "The clocks of this machine and PostgreSQL agree to a second.")


def check_redis() -> Iterator[Finding]:
    client = redis.connection()
    version = str(client.info("server")["redis_version"])
    if tuple(map(int, version.split(".")[:2])) < OLDEST_REDIS:
        yield Finding(WRONG, f"Redis {version} is too old.", "Upgrade to 6.2 or newer.")
        return
    policy = client.info("memory").get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield Finding(
            DOUBTFUL,
            f"Redis may evict jobs ({policy}); the sweep enqueues them again, later.",
            "Set maxmemory-policy noeviction.",
        )
    else:
        yield Finding(GOOD, f"Redis {version}.")


def check_workers() -> Iterator[Finding]:
    queues = {
        "urgent mail": queue.jobs(Lane.URGENT),
        "bulk runs": queue.runs(),
        "bulk mail": queue.jobs(Lane.BULK),
    }
    for label, ours in queues.items():
        if not queue.workers(ours):
            yield Finding(
                DOUBTFUL, f"No worker takes {label}: {ours.count} jobs wait.", "Start flask worker."
            )
    with db.engine.connect() as connection:
        is_swept = advisory_locks.is_taken(connection, advisory_locks.SWEEP)
    if not is_swept:
        yield Finding(WRONG, "No sweep runs: what a crash leaves is not done.", "Start flask sweep.")
    depth = notices_depth.measure()
    late = max(depth.late_seconds, depth.urgent_late_seconds)
    if late > LATE_SECONDS:
        yield Finding(
            WRONG, f"A notice has been due for {late:.0f} s.", "Look at the log of the workers and the sweep."
        )
    elif is_swept:
        yield Finding(GOOD, "A sweep runs, and no notice is late.")


def check_mail() -> Iterator[Finding]:
    if settings().mail_transport != "smtp":
        yield Finding(
            DOUBTFUL, f"MAIL_TRANSPORT={settings().mail_transport}: no mail is sent.", "Set it to smtp."
        )
        return
    address = f"{settings().mail_host}:{settings().mail_port}"
    try:
        mailer.check_server()
    except MailDeferred as error:
        yield Finding(WRONG, f"No mail can be sent through {address}: {error}.", "Check the settings MAIL_…")
    else:
        yield Finding(GOOD, f"{address} accepts connections and the login.")


def check_storage() -> Iterator[Finding]:
    """Whether this node can write files, and has those that other nodes wrote."""
    folder = Path(settings().media_dir).absolute()
    try:
        storage.draft().close()
        storage.remove(storage.keep(storage.DRAFTS, b"flask doctor", suffix="txt"))
    except (OSError, Refusal) as error:
        where = folder if settings().media_store == "disk" else f"the bucket {settings().s3_bucket}"
        reason = f"Files cannot be written to {where}: {type(error).__name__}."
        yield Finding(WRONG, reason, f"Give it room, and user {os.getuid()} the right to write.")
        return
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        yield Finding(DOUBTFUL, f"{free >> 20} MB are free in {folder}.", "Make room, or use another disk.")
    names = shared_files.newest()
    missing = [name for name in names if not storage.exists(name)]
    if missing:
        # One may be lost. A node that has none is another matter, and is not ready either.
        state = WRONG if len(missing) == len(names) else DOUBTFUL
        reason = f"{len(missing)} of the {len(names)} newest files are missing."
        yield Finding(state, reason, _WHERE_FILES_ARE[settings().media_store])
    else:
        yield Finding(GOOD, f"Files can be written, and the {len(names)} newest are there.")


_WHERE_FILES_ARE = {
    "disk": "Share MEDIA_DIR between the nodes, or set MEDIA_STORE=s3; or restore them from the backup.",
    "s3": "Check S3_BUCKET and S3_PREFIX, or restore them from the backup.",
}

CHECKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "database": check_database,
    "limits": check_limits,
    "sessions": check_sessions,
    "clocks": check_clocks,
    "redis": check_redis,
    "workers": check_workers,
    "mail": check_mail,
    "storage": check_storage,
}
