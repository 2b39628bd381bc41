"""An SMTP server that counts what it receives by Message-ID."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)


class Sink:
    """What an `aiosmtpd` server calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.received: Counter[str] = Counter()

    async def take(self, _server: Any, _session: Any, envelope: Any) -> str:
        found = _MESSAGE_ID.search(envelope.content)
        with self._lock:
            self.received[found[1].decode() if found else "without"] += 1
        return "250 OK"


# The name that aiosmtpd looks for.
Sink.handle_DATA = Sink.take  # type: ignore[attr-defined]


@contextmanager
def running(host: str, port: int) -> Iterator[Sink]:
    sink = Sink()
    controller = Controller(sink, hostname=host, port=port, ready_timeout=10)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
