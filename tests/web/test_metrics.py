"""What Prometheus reads: right over all workers, cheap, and protected."""

import contextlib
import os
import signal
import socket
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.error import URLError

import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis.exceptions import ConnectionError as Away
from sqlalchemy import text

from app.adapters.redis import FAILURES
from app.db.session import db, transaction
from app.enums import Channel, NoticeKind, NoticeState
from app.jobs import periodic
from app.models.notice import Notice
from app.services.messaging import notices_depth
from tests.support.http import assert_refused
from tests.support.servers import connected
from tests.support.waiting import until

TOKEN = "a token that nobody guesses"


def samples_of(body):
    """`{("rollcall_http_requests_total", ("GET", "/x", "200")): 3.0}`"""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
    }


def total(samples, route):
    return sum(
        value
        for (name, labels), value in samples.items()
        if name == "rollcall_http_requests_total" and route in labels
    )


@pytest.fixture
def scrape(app):
    return lambda **options: app.test_client().get("/metrics", **options)


def test_requests_are_counted_by_route_method_and_status(api, scrape):
    before = samples_of(scrape().text)

    api.get("/categories?search=a")
    api.get("/categories?colour=blue")
    api.get("/nowhere/1234")

    after = samples_of(scrape().text)
    grown = {
        labels: value - before.get((name, labels), 0)
        for (name, labels), value in after.items()
        if name == "rollcall_http_requests_total" and value != before.get((name, labels), 0)
    }
    assert grown == {
        ("GET", "/api/v1/categories", "200"): 1,
        ("GET", "/api/v1/categories", "422"): 1,
        ("GET", "-", "404"): 1,
    }
    assert after["rollcall_http_request_duration_seconds_count", ("GET", "/api/v1/categories")] >= 2


def test_made_up_methods_and_paths_make_no_labels(app, scrape):
    app.test_client().open("/api/v1/courses/some-secret-path/x", method="BREW")

    told = scrape().text
    assert 'method="OTHER"' in told
    assert "BREW" not in told
    assert "some-secret-path" not in told


def test_probes_are_not_counted(app, scrape):
    app.test_client().get("/healthz")
    scrape()

    counted = {labels[1] for name, labels in samples_of(scrape().text) if name.endswith("requests_total")}
    assert counted & {"/healthz", "/readyz", "/metrics"} == set()


def test_what_waits_is_counted(app, scrape, make):
    enrollment = make.enrollment(make.course(), make.student())
    with app.app_context(), transaction() as session:
        for number, state in enumerate((NoticeState.QUEUED, NoticeState.FAILED, NoticeState.FAILED)):
            session.add(
                Notice(
                    kind=NoticeKind.COMPLETION,
                    channel=Channel.EMAIL,
                    state=state,
                    user_id=enrollment.user_id,
                    course_id=enrollment.course_id,
                    enrollment_id=enrollment.id,
                    completion_number=number,
                )
            )

    scrape()  # a process reports its connections once it has answered a request
    samples = samples_of(scrape().text)

    assert samples["rollcall_outbox_notices", ("QUEUED",)] == 1
    assert samples["rollcall_outbox_notices", ("FAILED",)] == 2
    assert samples["rollcall_outbox_late_seconds", ()] >= 0
    assert samples["rollcall_queue_jobs", ("bulk", "queued")] == 0
    assert samples["rollcall_db_pool_connections", ("allowed",)] > 0
    assert samples["rollcall_dependency_up", ("postgresql",)] == 1
    assert samples["rollcall_dependency_up", ("redis",)] == 1


def test_the_outbox_is_measured_by_what_waits_and_not_by_what_was_sent(app):
    with app.app_context(), transaction():
        # An empty table is read whole, whatever indexes it has.
        db.session.execute(text("SET LOCAL enable_seqscan = off"))
        statement = notices_depth.statement().compile(db.engine, compile_kwargs={"literal_binds": True})
        plan = " ".join(db.session.scalars(text(f"EXPLAIN {statement}")))

    assert "Seq Scan" not in plan
    assert {"ix_notices_due", "ix_notices_due_urgent", "ix_notices_failed"} <= set(plan.split())


def test_the_build_is_shown(scrape):
    assert 'rollcall_build_info{python="3.' in scrape().text


def test_metrics_are_served_while_redis_is_down(app, scrape, monkeypatch):
    monkeypatch.setattr("app.adapters.queue.depth", refuse)

    samples = samples_of(scrape().text)

    assert samples["rollcall_dependency_up", ("redis",)] == 0
    assert samples["rollcall_dependency_up", ("postgresql",)] == 1
    assert not [name for name, _ in samples if name == "rollcall_queue_jobs"]


def refuse(_lane):
    raise Away


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1"])
def test_without_a_token_this_machine_reads_them(scrape, address):
    assert scrape(environ_overrides={"REMOTE_ADDR": address}).status_code == 200


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("203.0.113.7", {}),
        ("10.0.0.1", {}),
        ("", {}),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.7"}),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.7"}),
        ("203.0.113.7", {"X-Forwarded-For": "127.0.0.1"}),
    ],
)
def test_without_a_token_no_one_else_does(scrape, address, headers):
    response = scrape(environ_overrides={"REMOTE_ADDR": address}, headers=headers)

    assert_refused(response, 403, "forbidden")


@pytest.mark.parametrize("sent", [None, "Bearer", "Bearer wrong", f"Bearer {TOKEN}x", f"Basic {TOKEN}"])
def test_with_a_token_it_takes_the_token(scrape, setting, sent):
    setting(metrics_token=TOKEN)

    refused = scrape(headers={"Authorization": sent} if sent else {})
    told = scrape(
        headers={"Authorization": f"Bearer {TOKEN}"}, environ_overrides={"REMOTE_ADDR": "203.0.113.7"}
    )

    assert_refused(refused, 401, "unauthenticated")
    assert told.status_code == 200


# The real thing: a web server of two workers.


@pytest.fixture
def server(start, environment, tmp_path):
    """`(port, folder, process)` of gunicorn with two workers, counting into the folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment["PROMETHEUS_MULTIPROC_DIR"] = str(tmp_path / "counts")
    process = start(
        *("-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}"),
        *("-w", "2", "--threads", "2"),
    )
    until(lambda: call(port, "/readyz") == 200)
    return port, tmp_path / "counts", process


def call(port, path, method="GET"):
    """A request on a connection of its own, so that it may reach any worker."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def read(port):
    with (
        contextlib.suppress(URLError, OSError),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as told,
    ):
        return samples_of(told.read().decode())
    return {}


def workers_that_counted(folder):
    return {int(file.stem.rpartition("_")[2]) for file in folder.glob("counter_*.db")}


def test_two_workers_add_up(app, server):
    port, folder, _ = server
    sent = 0

    with ThreadPoolExecutor(8) as pool:
        while sent < 200 or len(workers_that_counted(folder)) < 2:
            assert sent < 5_000, "one worker took all requests"
            answers = list(pool.map(lambda _: call(port, "/api/v1/categories"), range(100)))
            sent += 100
            assert set(answers) == {200}

    assert {total(read(port), "/api/v1/categories") for _ in range(20)} == {sent}
    assert read(port)["rollcall_db_pool_connections", ("allowed",)] == 2 * 2 * 5


def test_what_a_worker_counted_outlives_it_and_what_it_held_does_not(app, server):
    port, folder, _ = server
    until(lambda: call(port, "/api/v1/categories") == 200 and len(workers_that_counted(folder)) == 2)
    before = total(read(port), "/api/v1/categories")
    victim = min(workers_that_counted(folder))

    os.kill(victim, signal.SIGKILL)
    until(lambda: not list(folder.glob(f"gauge_livesum_{victim}.db")))
    until(lambda: call(port, "/healthz") == 200)

    assert total(read(port), "/api/v1/categories") == before
    call(port, "/api/v1/categories")
    assert total(read(port), "/api/v1/categories") == before + 1


def test_a_server_that_starts_counts_from_nothing(app, server, start, environment):
    port, _, process = server
    call(port, "/api/v1/categories")
    process.terminate()
    process.wait(timeout=20)

    start(
        *("-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}"),
        *("-w", "2", "--threads", "2"),
    )
    until(lambda: call(port, "/readyz") == 200)

    assert total(read(port), "/api/v1/categories") == 0


def test_the_lock_of_the_sweep_shows(scrape, database_url):
    assert samples_of(scrape().text)["rollcall_sweep_running", ()] == 0

    with connected(database_url) as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", (periodic.LOCK,))
        assert samples_of(scrape().text)["rollcall_sweep_running", ()] == 1


def test_a_run_that_waits_for_a_worker_shows(api, make, scrape):
    course, student = make.course(), make.student()
    body = {"user_ids": [str(student.id)]}

    accepted = api.as_(make.admin()).post(
        f"/courses/{course.id}/assign-multiple", json=body, headers={"Prefer": "respond-async"}
    )

    assert accepted.status_code == 202
    samples = samples_of(scrape().text)
    assert samples["rollcall_runs", ("QUEUED",)] == 1
    assert samples["rollcall_runs", ("RUNNING",)] == 0
    assert samples["rollcall_runs_late_seconds", ()] > 0


def test_what_redis_does_not_answer_is_counted(app, scrape, without_redis):
    failures, openings = ("rollcall_redis_failures_total", ()), ("rollcall_redis_breaker_openings_total", ())
    before = samples_of(scrape().text)

    for _ in range(FAILURES):
        scrape()

    after = samples_of(scrape().text)
    assert after[failures] - before[failures] >= 2
    assert after[openings] - before[openings] == 1
