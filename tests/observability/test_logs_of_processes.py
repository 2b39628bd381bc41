"""The programs as they are started: whatever they write in production's format is a JSON object a line."""

import json
import socket
from http.client import HTTPConnection

import pytest

from app.adapters import queue
from app.enums import Lane
from tests.support.waiting import until


@pytest.fixture
def machines(environment):
    """An environment in which programs speak to machines, and say everything."""
    environment |= {"LOG_FORMAT": "json", "LOG_LEVEL": "INFO"}
    return environment


@pytest.fixture
def learner_with_mail(api, make):
    """A learner to whom a mail is learner_with_mail."""
    course = make.course(lessons=1, title="Fire\nsafety")
    learner = make.student(email="ada@example.org")
    make.enrollment(course, learner)
    [lesson] = make.lessons_of(course)
    api.as_(learner).post(f"/lessons/{lesson.id}/complete")
    return learner


def lines_of(log):
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_a_worker_names_job_and_notice(app, learner_with_mail, machines, start, sink, tmp_path):
    log = tmp_path / "log"

    start("-m", "flask", "--app", "wsgi", "worker", "--burst", log=log).wait(timeout=60)

    lines = lines_of(log)
    [sent] = [line for line in lines if line["message"] == "sent"]
    assert sent["job_id"].startswith("notice-")
    assert sent["notice_id"] in sent["job_id"]
    assert len(sink.taken) == 1
    assert all({"time", "level", "logger", "message", "request_id"} <= set(line) for line in lines)
    assert "ada@example.org" not in log.read_text()


def test_a_mail_that_fails_says_why_and_of_which_notice(app, learner_with_mail, machines, start, tmp_path):
    log = tmp_path / "log"
    machines["MAIL_PORT"] = "1"

    start("-m", "flask", "--app", "wsgi", "worker", "--burst", log=log)
    until(lambda: "deferred" in log.read_text())

    deferred = next(line for line in lines_of(log) if line["message"].startswith("deferred"))
    assert deferred["level"] == "WARNING"
    assert {"job_id", "notice_id"} <= set(deferred)


def test_a_sweep_names_its_chore(app, learner_with_mail, machines, start, sink, tmp_path, listening):
    log = tmp_path / "log"
    machines["NOTICE_NUDGE_SECONDS"] = "0.1"
    with app.app_context():
        queue.jobs(Lane.BULK).empty()
    listening()

    process = start("-m", "flask", "--app", "wsgi", "sweep", log=log)
    until(lambda: "enqueued" in log.read_text())
    process.terminate()
    process.wait(timeout=20)

    enqueued = next(line for line in lines_of(log) if line["message"].startswith("enqueued"))
    assert enqueued["chore"] == "notices"


def test_a_web_server_writes_nothing_but_objects(app, machines, start, tmp_path):
    log = tmp_path / "log"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = start(
        *("-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", "-w", "2"),
        *("--threads", "2"),
        log=log,
    )
    until(lambda: speak(port, b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))

    for path in ("/api/v1/categories", "/nowhere%0a%1b[31m", "/api/v1/courses?search=%0aneedle"):
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path, headers={"X-Request-ID": "mine"})
        connection.getresponse().read()
        connection.close()
    for nonsense in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/9.9\r\n\r\n", b"{}\r\n\x1b[2J\r\n\r\n"):
        speak(port, nonsense)
    server.terminate()
    server.wait(timeout=20)

    text = log.read_text()
    lines = lines_of(log)
    assert {"app.requests", "gunicorn.error"} <= {line["logger"] for line in lines}
    assert len([line for line in lines if line["request_id"] == "mine"]) == 3
    assert "\x1b" not in text
    assert "needle" not in text


def speak(port, sent):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            return connection.recv(1_000)
    except OSError:
        return b""
