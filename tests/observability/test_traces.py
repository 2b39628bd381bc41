"""Traces: one from a request to its SQL, its job and its mail, and none without the setting."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from importlib import metadata
from time import monotonic

import pytest
from redis import Redis
from sqlalchemy import select, text
from sqlalchemy.exc import DataError

from app import create_app
from app.db.session import db
from app.jobs import periodic
from app.models import Notice
from app.observability import logs, spans, traces
from environment import BadSettingError, config_from
from tests.support.http import Client
from tests.support.mail import run_jobs
from tests.support.paths import ROOT
from tests.support.waiting import until

TRACE, OTHER_TRACE = "0af7651916cd43dd8448eb211c80319c", "1bf7651916cd43dd8448eb211c80319d"
SPAN = "b7ad6b7169203331"
JOB, MAIL, SMTP = "app.jobs.notices.deliver", "deliver notice", "send mail by smtp"


def sampled(trace=TRACE, flags="01"):
    return {"traceparent": f"00-{trace}-{SPAN}-{flags}"}


@pytest.fixture(scope="module")
def _traced(config, _collecting):
    made = create_app(
        dataclasses.replace(config, traces_url=_collecting.url, traces_sample=0.0, db_pool_size=2)
    )
    yield made
    traces.stop()
    with made.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def traced(app, _traced, collector, sink):
    """An application beside the one of the tests, which is traced and sends its mail to the sink."""
    before = _traced.extensions["rollcall-settings"]
    mail = {"mail_transport": "smtp", "mail_port": sink.port, "mail_timeout_seconds": 5.0}
    _traced.extensions["rollcall-settings"] = dataclasses.replace(before, **mail)
    yield _traced
    _traced.extensions["rollcall-settings"] = before


@pytest.fixture
def client_of(traced, _witness):
    return lambda user: Client(traced, _witness).as_(user)


@pytest.fixture
def arrived(collector):
    """The spans that the collector has, once everything is sent."""

    def wait():
        traces.flush()
        return collector

    return wait


@pytest.fixture
def learner(make):
    course, learner = make.course(lessons=1), make.student(email="ada@example.org")
    make.enrollment(course, learner)
    [lesson] = make.lessons_of(course)
    return learner, f"/lessons/{lesson.id}/complete"


def family(received, span):
    """The names of the spans from the root to this one."""
    by_id = {each.id: each for each in received.spans}
    names = [span.name]
    while span.parent in by_id:
        span = by_id[span.parent]
        names.insert(0, span.name)
    return names


def test_the_trace_of_the_caller_goes_on_in_the_statements(client_of, make, arrived):
    response = client_of(make.student()).get("/courses", headers=sampled())
    response.close()

    received = arrived()
    request = received.one("GET /api/v1/courses")
    assert (request.trace, request.parent) == (TRACE, SPAN)
    assert request.facts["http.response.status_code"] == 200
    assert request.facts["rollcall.request_id"] == response.headers["X-Request-ID"]
    statements = [span for span in received.spans if span is not request]
    assert {"SELECT users", "SELECT courses"} <= {span.name for span in statements}
    assert all((span.trace, span.parent) == (TRACE, request.id) for span in statements)
    # A prepared statement is executed by its name, and shown by its text.
    texts = [span.facts["db.query.text"] for span in received.named("SELECT users")]
    assert any(text.startswith("SELECT users.id, users.role") for text in texts), texts


def test_a_span_has_no_value_of_a_person_or_a_query(client_of, make, arrived):
    student = make.student(email="ada.lovelace@example.org", first_name="Ada")
    student_client, admin = client_of(student), client_of(make.admin())

    student_client.get("/courses?search=verysecret", headers=sampled()).close()
    student_client.patch("/auth/me", json={"first_name": "Countess"}, headers=sampled()).close()
    taken = {
        "email": "ada.lovelace@example.org",
        "username": "new",
        "password": "Correct-horse-1",
        "role": "STUDENT",
    }
    refused = admin.post("/users", json=taken, headers=sampled())
    refused.close()

    assert refused.status_code in {409, 422}
    sent = b"".join(arrived().raw)
    for value in (b"Ada", b"ada.lovelace", b"verysecret", b"Countess", b"horse", str(student.id).encode()):
        assert value not in sent


def test_a_failed_statement_is_an_error_without_its_message(traced, arrived):
    with traced.app_context(), traces.job("job", "", sampled()), pytest.raises(DataError):
        db.session.execute(text("SELECT CAST(:given AS int) FROM users"), {"given": "ada@example.org"})

    received = arrived()
    [failed] = [span for span in received.spans if span.is_error]
    assert failed.name == "SELECT users"
    assert failed.facts["error.type"] == "InvalidTextRepresentation"
    assert failed.facts["db.response.status_code"] == "22P02"
    assert b"ada@" not in b"".join(received.raw)


def test_one_trace_leads_from_the_request_to_the_mail(client_of, learner, traced, sink, arrived):
    user, path = learner

    client_of(user).post(path, headers=sampled()).close()
    run_jobs(traced)

    assert len(sink.taken) == 1
    received = arrived()
    request = "POST /api/v1/lessons/<uuid:lesson_id>/complete"
    assert family(received, received.one(SMTP)) == [request, JOB, MAIL, SMTP]
    assert {span.trace for span in received.spans} == {TRACE}
    assert family(received, received.one("INSERT INTO notices")) == [request, "INSERT INTO notices"]
    assert [request, "COMMIT"] in [family(received, span) for span in received.named("COMMIT")]


def test_the_sweep_sends_late_mail_in_the_trace_of_its_request(
    client_of, learner, traced, redis_url, sink, arrived
):
    user, path = learner
    client_of(user).post(path, headers=sampled()).close()
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()

    with traced.app_context():
        periodic.sweep_notices()

    assert len(sink.taken) == 1
    received = arrived()
    assert family(received, received.one(SMTP)) == [
        "POST /api/v1/lessons/<uuid:lesson_id>/complete",
        MAIL,
        SMTP,
    ]
    assert received.named(JOB) == []


def test_mails_of_several_requests_in_one_job_are_linked_to_it(
    client_of, make, traced, redis_url, listening, age, sink, arrived
):
    course, admin = make.course(), client_of(make.admin())
    for trace in (TRACE, OTHER_TRACE):
        body = {"user_ids": [str(make.student().id)]}
        response = admin.post(f"/courses/{course.id}/assign-multiple", json=body, headers=sampled(trace))
        response.close()
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
    age(600)
    listening()
    with traced.app_context(), traces.job("sweep", "", sampled("3cd7651916cd43dd8448eb211c80319f")):
        periodic.sweep_notices()

    run_jobs(traced)

    assert len(sink.taken) == 2
    received = arrived()
    [job] = received.named(JOB)
    assert job.trace not in {TRACE, OTHER_TRACE}
    assert {span.trace: span.links for span in received.named(MAIL)} == {
        TRACE: (job.trace,),
        OTHER_TRACE: (job.trace,),
    }


@pytest.mark.parametrize(
    "headers",
    [
        {},
        sampled(flags="00"),
        {"traceparent": "nonsense"},
        {"traceparent": f"00-{'0' * 32}-{SPAN}-01"},
        {"traceparent": f"00-{TRACE}-{SPAN}-01, 00-{TRACE}-{SPAN}-01"},
    ],
    ids=["none", "not sampled", "nonsense", "zero", "two"],
)
def test_what_is_not_sampled_leaves_nothing(client_of, learner, arrived, stored, headers):
    user, path = learner

    response = client_of(user).post(path, headers=headers)
    response.close()

    assert response.status_code == 200
    assert arrived().spans == []
    assert {notice.traceparent for notice in stored(select(Notice))} == {None}


def test_an_export_is_in_its_request_to_the_last_row(client_of, make, arrived):
    course = make.course()
    make.enrollment(course)
    response = client_of(make.admin()).get(f"/courses/{course.id}/enrollments?format=csv", headers=sampled())
    assert [span.name for span in arrived().spans if span.name.startswith("GET ")] == []

    assert response.text.count("\n") == 2
    response.close()

    received = arrived()
    request = next(span.name for span in received.spans if span.name.startswith("GET "))
    assert family(received, received.one("SELECT enrollments")) == [request, "SELECT enrollments"]


def test_log_lines_name_the_trace(client_of, make, caplog):
    caplog.handler.addFilter(logs.ContextFilter())

    client_of(make.student()).get("/courses", headers=sampled()).close()
    client_of(make.student()).get("/courses").close()

    traced, other = [record.about for record in caplog.records if record.name == "app.requests"][-2:]
    assert traced["trace_id"] == TRACE
    assert "trace_id" not in other


def test_a_collector_that_is_silent_holds_up_nothing(client_of, make, collector):
    client = client_of(make.student())
    collector.answers.clear()
    client.get("/courses", headers=sampled()).close()
    until(lambda: collector.waiting, 10)

    began = monotonic()
    for _ in range(20):
        client.get("/courses", headers=sampled()).close()
    served = monotonic() - began
    traces.flush()
    flushed = monotonic() - began - served
    collector.answers.set()

    assert served < spans.EXPORT_SECONDS / 2
    assert flushed < spans.FLUSH_SECONDS + 1


def test_a_collector_that_fails_is_left_alone_for_a_while(collector, monkeypatch):
    asked = []

    class Failing(spans.SpanExporter):
        def export(self, batch):
            asked.append(batch)
            return spans.SpanExportResult.FAILURE

    breaker = spans._Breaker(Failing())
    for _ in range(5):
        breaker.export([])
    assert len(asked) == 1
    monkeypatch.setattr(spans, "monotonic", lambda: monotonic() + spans.PAUSE_SECONDS + 1)
    breaker.export([])
    assert len(asked) == 2


def test_processes_send_what_they_have_when_they_end(
    environment, collector, make, learner, api, sink, start, request
):
    """gunicorn forks its workers, and a worker of the queue a process for each job."""
    user, path = learner
    environment |= {
        "TRACES_URL": collector.url,
        "TRACES_SAMPLE": "1",
        "LOG_LEVEL": "INFO",
        "LOG_FORMAT": "json",
    }
    address = request.getfixturevalue("web")
    token = api.as_(user).token

    with closing(HTTPConnection(*address, timeout=10)) as connection:
        connection.request("POST", f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
        assert connection.getresponse().status == 200
    worker = start("-m", "flask", "--app", "wsgi", "worker", "--burst")
    assert worker.wait(60) == 0

    until(lambda: collector.named("POST /api/v1/lessons/<uuid:lesson_id>/complete"), 10)
    assert family(collector, collector.one(SMTP)) == [
        "POST /api/v1/lessons/<uuid:lesson_id>/complete",
        JOB,
        MAIL,
        SMTP,
    ]
    assert len(sink.taken) == 1
    assert {span.service for span in collector.spans} == {"rollcall"}


SERVE = """
import dataclasses, environment, sys
from app import create_app
config = environment.load()
assert create_app(dataclasses.replace(config, traces_url="")).test_client().get("/api/v1").status_code == 200
print(any(name.startswith("opentelemetry.exporter") for name in sys.modules))
create_app(config).test_client().get("/api/v1", buffered=True)
"""


def test_without_the_setting_nothing_is_imported_and_with_it_a_process_that_ends_sends_its_spans(
    environment, collector
):
    environment |= {"TRACES_URL": collector.url, "TRACES_SAMPLE": "1"}

    # redis-py imports other parts of OpenTelemetry, where it is installed.
    said = subprocess.check_output([sys.executable, "-c", SERVE], cwd=ROOT, env=environment, text=True)

    assert said == "False\n"
    assert collector.named("GET /api/v1")


def test_the_setting_without_the_packages_stops_the_start(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    needed = {"DATABASE_URL": "postgresql://localhost/rollcall", "REDIS_URL": "redis://localhost"}

    assert config_from(needed).traces_url == ""
    with pytest.raises(BadSettingError, match=r"^TRACES_URL needs .* requirements-traces\.txt"):
        config_from({**needed, "TRACES_URL": "http://127.0.0.1:4318"})
