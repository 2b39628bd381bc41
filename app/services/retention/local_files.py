"""Files that a process keeps on its own machine, in `MEDIA_DIR`: uploads while they are received, and rendered certificates.

Each machine may have a folder of its own, which the sweep of another one does not see. So web processes and workers clean
theirs: one of those that share a folder, once an hour.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, time

from app.adapters import certificate_pdf, storage
from app.observability import alarms
from app.observability.alarms import Alarm
from app.settings import settings

log = logging.getLogger(__name__)

EVERY_SECONDS = 3_600.0

STAMP = "cleaned"
"""The file whose time says when the folder was cleaned last."""


@dataclass
class _Pace:
    next_at: float = 0.0
    """by the monotonic clock of this process; its first turn comes at once"""


_pace = _Pace()


def is_due() -> bool:
    """Whether this process has not looked at its folder for an hour."""
    return monotonic() >= _pace.next_at


def clean_when_due() -> None:
    """Remove what is old, unless that was done in the last hour. A failure is an alarm, and the next turn comes in an hour."""
    if not is_due():
        return
    _pace.next_at = monotonic() + EVERY_SECONDS
    try:
        if _claim(Path(settings().media_dir).absolute()):
            removed = storage.remove_drafts() + certificate_pdf.delete_old()
            if removed:
                log.info("removed %d old files of this machine", removed)
    except OSError as error:
        message = f"local files: {type(error).__name__}, in an hour again"
        alarms.sound(Alarm.CHORE_FAILED, message, error=error, chore="local files")


def _claim(folder: Path) -> bool:
    """Whether no process has cleaned this folder lately. Two that claim it at once remove the same files, which is no harm."""
    if not folder.is_dir():
        return False
    stamp = folder / STAMP
    with contextlib.suppress(FileNotFoundError):
        if time() - stamp.stat().st_mtime < EVERY_SECONDS:
            return False
    # A disk that is full has no room for the stamp, and needs the cleaning most.
    with contextlib.suppress(OSError):
        stamp.touch()
    return True
