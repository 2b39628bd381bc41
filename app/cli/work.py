"""`flask worker` and `flask sweep`: the two processes beside the web server."""

from __future__ import annotations

import signal
import time
from threading import Event
from types import FrameType
from typing import NoReturn

import click
from flask.cli import with_appcontext
from rq.logutils import colorizer

from app.adapters import queue
from app.db.session import connect_directly
from app.enums import Lane
from app.jobs import periodic, workers
from app.settings import settings


@click.command("worker")
@click.option("--burst", is_flag=True, help="Do what is there and leave.")
@click.option("--urgent", is_flag=True, help="Send urgent mail only: one such worker keeps it from waiting.")
@click.option(
    "--runs", is_flag=True, help="Carry bulk runs only: as many such workers as runs go side by side."
)
@with_appcontext
def worker(*, burst: bool, urgent: bool, runs: bool) -> None:
    """Send mail and carry bulk runs: urgent mail first, then runs, then bulk mail."""
    # Until RQ has its own for it; the first process of a container would ignore the signal.
    signal.signal(signal.SIGTERM, _end)
    chosen = [*([queue.NAMES[Lane.URGENT]] if urgent else []), *([queue.RUNS] if runs else [])]
    while not queue.is_reachable():
        click.echo("Redis does not answer yet; waiting.", err=True)
        time.sleep(1)
    # Our log escapes control characters, including those of colours.
    colorizer.notty = True
    started = workers.build_worker(chosen or workers.EVERY_QUEUE)
    started.work(burst=burst, with_scheduler=True, logging_level=settings().log_level)
    if started.has_failed:
        raise click.ClickException("The worker has ended by an error; its log says which.")


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit


@click.command("sweep")
@with_appcontext
def sweep() -> None:
    """Do the periodic work; one process does, others wait."""
    connect_directly()
    stop = Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    periodic.run_forever(stop)
