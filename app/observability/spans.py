"""The spans behind `app.observability.traces`: made with OpenTelemetry's SDK, and sent in batches as OTLP over HTTP.

A thread sends them from a bounded queue; while the collector does not answer they are dropped. A span has no personal
data: the route and not the path, the text of a statement and not its parameters, the class of an error and not its message.
"""

from __future__ import annotations

import atexit
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from threading import Thread
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.version import VERSION
from config import Config

MOST_WAITING = 4_096
"""Spans in the queue; further ones replace the oldest."""

AT_ONCE = 512
SEND_EVERY_MS = 1_000
EXPORT_SECONDS = 5.0
PAUSE_SECONDS = 10.0
"""After a failure nothing is sent for so long (circuit breaker), and what waits meanwhile is dropped."""

FLUSH_SECONDS = 1.0
"""How long a process that ends waits for its last spans."""

LONGEST_STATEMENT = 2_000

_PATH = "/v1/traces"
_W3C = TraceContextTextMapPropagator()
_PREPARE = re.compile(r"PREPARE (statement_\w+).*? AS (.*)", re.DOTALL)
_EXECUTE = re.compile(r"EXECUTE (statement_\w+)")
_WRITES = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM) \w+")
_READS = re.compile(r"\bFROM (\w+)")
_INNERMOST = re.compile(r"\([^()]*\)")


class Spans:
    """The spans of one process. Forks go on with a queue and a thread of their own."""

    def __init__(self, config: Config) -> None:
        about = Resource({"service.name": "rollcall", "service.version": VERSION})
        self._provider = TracerProvider(
            resource=about.merge(OTELResourceDetector().detect()),
            sampler=ParentBased(TraceIdRatioBased(config.traces_sample)),
            shutdown_on_exit=False,
        )
        exporter = OTLPSpanExporter(
            _endpoint(config.traces_url), timeout=EXPORT_SECONDS, compression=Compression.Gzip
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(
                _Breaker(exporter),
                max_queue_size=MOST_WAITING,
                max_export_batch_size=AT_ONCE,
                schedule_delay_millis=SEND_EVERY_MS,
            )
        )
        self._tracer = self._provider.get_tracer("rollcall", VERSION)
        self._prepared: dict[str, str] = {}
        """The texts of prepared statements, by name: they are executed by it."""
        atexit.register(self.flush)

    def stop(self) -> None:
        atexit.unregister(self.flush)
        self.flush()
        self._provider.shutdown()

    def flush(self) -> None:
        sending = Thread(target=self._provider.force_flush, daemon=True)
        sending.start()
        sending.join(FLUSH_SECONDS)

    @staticmethod
    def carried() -> str | None:
        context = trace.get_current_span().get_span_context()
        if not context.trace_flags.sampled:
            return None
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-01"

    @staticmethod
    def facts() -> dict[str, str]:
        context = trace.get_current_span().get_span_context()
        return {"trace_id": f"{context.trace_id:032x}"} if context.trace_flags.sampled else {}

    def begin_request(self, method: str, headers: Mapping[str, str]) -> RequestSpan:
        """The span of a request, which continues the trace of the caller if its headers name one."""
        parent, facts = _W3C.extract(headers, Context()), {"http.request.method": method}
        return RequestSpan(self._tracer.start_span(method, parent, SpanKind.SERVER, facts))

    @contextmanager
    def job(self, name: str, queue: str, metadata: object) -> Iterator[None]:
        facts = {"messaging.system": "rq", "messaging.destination.name": queue}
        parent = _parent(metadata.get("traceparent") if isinstance(metadata, dict) else None)
        with self._within(name, parent or Context(), SpanKind.CONSUMER, facts):
            yield

    @contextmanager
    def notice(self, notice_id: UUID, context: str | None) -> Iterator[None]:
        """A job sends the mails of many requests: it is linked where it is not of the same trace."""
        current = trace.get_current_span().get_span_context()
        parent = _parent(context)
        if parent is None and not current.trace_flags.sampled:
            yield
            return
        links = []
        if parent is not None:
            if trace.get_current_span(parent).get_span_context().trace_id == current.trace_id:
                parent = None
            elif current.trace_flags.sampled:
                links = [Link(current)]
        with self._within(
            "deliver notice", parent, SpanKind.CONSUMER, {"rollcall.notice_id": str(notice_id)}, links
        ):
            yield

    @contextmanager
    def calling(self, name: str, facts: Mapping[str, str | int]) -> Iterator[None]:
        if not trace.get_current_span().is_recording():
            yield
            return
        with self._within(name, None, SpanKind.CLIENT, facts):
            yield

    @contextmanager
    def statement(self, sql: str | bytes) -> Iterator[None]:
        """Of a request or a job; a chore of the sweep has no span, nor have its statements."""
        if not trace.get_current_span().is_recording():
            self._note_prepared(sql)
            yield
            return
        name, text = self._described(sql)
        facts = {"db.system.name": "postgresql", "db.query.text": text, "db.query.summary": name}
        span = self._tracer.start_span(name, None, SpanKind.CLIENT, facts)
        try:
            yield
        except BaseException as error:
            _fail(span, error)
            raise
        finally:
            span.end()

    @contextmanager
    def _within(
        self,
        name: str,
        parent: Context | None,
        kind: SpanKind,
        facts: Mapping[str, str | int],
        links: Sequence[Link] = (),
    ) -> Iterator[None]:
        # What the SDK records about an exception has its message, and with it the values of rows.
        with self._tracer.start_as_current_span(
            name, parent, kind, facts, links, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except BaseException as error:
                _fail(span, error)
                raise

    def _note_prepared(self, sql: str | bytes) -> None:
        if isinstance(sql, str) and sql.startswith("PREPARE ") and (found := _PREPARE.match(sql)):
            self._prepared[found[1]] = found[2][:LONGEST_STATEMENT]

    def _described(self, sql: str | bytes) -> tuple[str, str]:
        """The name and the text of a statement. One in bytes may have values in it."""
        if isinstance(sql, bytes):
            return "SQL", ""
        self._note_prepared(sql)
        if sql.startswith("EXECUTE "):
            texts = [self._prepared.get(name, name) for name in _EXECUTE.findall(sql)]
            return _summary(texts[-1]), "; ".join(texts)[:LONGEST_STATEMENT]
        return _summary(sql), sql[:LONGEST_STATEMENT]


class RequestSpan:
    """The span of a request that is served in several steps."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self.is_recorded = span.is_recording()

    def current(self) -> AbstractContextManager[Any]:
        return trace.use_span(self._span, record_exception=False, set_status_on_exception=False)

    def end(self) -> None:
        self._span.end()


class _Breaker(SpanExporter):
    """An exporter that is left alone for a while after it has failed."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter, self._closed_until = exporter, 0.0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if monotonic() < self._closed_until:
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self._closed_until = monotonic() + PAUSE_SECONDS
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


def describe_request(route: str, status: int, request_id: str) -> None:
    """Complete the current span, of a request: with what is known when its response is."""
    span = trace.get_current_span()
    if not span.is_recording():
        return
    method: Any = getattr(span, "name", "")
    span.update_name(f"{method} {route}")
    span.set_attribute("http.route", route)
    span.set_attribute("http.response.status_code", status)
    span.set_attribute("rollcall.request_id", request_id)
    if status >= 500:
        span.set_status(StatusCode.ERROR)


def _endpoint(url: str) -> str:
    return url if urlsplit(url).path.strip("/") else f"{url.rstrip('/')}{_PATH}"


def _parent(traceparent: object) -> Context | None:
    """The context that a row or a job names, if it is one."""
    if not isinstance(traceparent, str):
        return None
    found = _W3C.extract({"traceparent": traceparent})
    return found if trace.get_current_span(found).get_span_context().is_valid else None


def _fail(span: Span, error: BaseException) -> None:
    span.set_status(StatusCode.ERROR)
    span.set_attribute("error.type", type(error).__name__)
    code = getattr(error, "pgcode", None)
    if code:
        span.set_attribute("db.response.status_code", code)


@lru_cache(maxsize=2_048)
def _summary(sql: str) -> str:
    """The verb and the table of a statement; of one with several, the first that it writes, or else reads."""
    verb = sql.partition(" ")[0][:20].upper()
    if verb not in {"WITH", "SELECT", "INSERT", "UPDATE", "DELETE"}:
        return verb
    written = _WRITES.search(sql)
    if written is not None:
        return written[0]
    inside = 1
    while inside:
        sql, inside = _INNERMOST.subn("", sql)
    read = _READS.search(sql)
    return f"SELECT {read[1]}" if read else "SELECT"
