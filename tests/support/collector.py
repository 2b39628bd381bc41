"""A collector of traces: an HTTP server that takes OTLP and keeps the spans."""

from __future__ import annotations

import gzip
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Received:
    """A span as it arrived; ids in hexadecimal."""

    name: str
    trace: str
    id: str
    parent: str
    links: tuple[str, ...]
    facts: dict
    is_error: bool
    service: str
    took_ns: int


@dataclass
class Collector:
    url: str = ""
    spans: list[Received] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    answers: threading.Event = field(default_factory=threading.Event)
    """Until it is set, a request that arrives gets no answer."""
    waiting: int = 0

    def take(self, body):
        self.raw.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            about = _values(resource.resource.attributes)
            for scope in resource.scope_spans:
                self.spans += [_received(span, about["service.name"]) for span in scope.spans]

    def named(self, name):
        return [span for span in self.spans if span.name == name]

    def trace(self, trace_id):
        return [span for span in self.spans if span.trace == trace_id]

    def one(self, name):
        (span,) = self.named(name)
        return span


def _received(span, service):
    facts = _values(span.attributes)
    return Received(
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        tuple(link.trace_id.hex() for link in span.links),
        facts,
        span.status.code == span.status.STATUS_CODE_ERROR,
        service,
        span.end_time_unix_nano - span.start_time_unix_nano,
    )


def _values(attributes):
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


@pytest.fixture
def collector(_collecting):
    """The collector, which has nothing yet."""
    _collecting.spans.clear()
    _collecting.raw.clear()
    _collecting.answers.set()
    return _collecting


@pytest.fixture(scope="module")
def _collecting():
    kept = Collector()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            kept.waiting += 1
            kept.answers.wait(60)
            kept.waiting -= 1
            if self.path == "/v1/traces":
                kept.take(body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        server.daemon_threads = True
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        kept.url = f"http://127.0.0.1:{server.server_port}"
        kept.answers.set()
        yield kept
        kept.answers.set()
        server.shutdown()
        serving.join()
