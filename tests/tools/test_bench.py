"""What a bench is wrong without: targets are fresh, the client counts, nothing is forgotten, and differences are seen."""

import re
import socket
import threading

import msgspec
import pytest
from sqlalchemy import create_engine, text
from werkzeug.routing import Map, Rule

from app.db.session import db
from bench import dataset, gets, jobs, load
from bench.agreement import differences
from bench.calls import READS

ANSWER = "HTTP/1.1 {} Fine\r\nContent-Type: text/plain\r\ncontent-length: 5\r\n\r\nhello"


@pytest.fixture
def server():
    """Answers a request with the status that its path names, in two pieces; it has the requests that it was sent."""
    listening = socket.create_server(("127.0.0.1", 0))
    seen = []

    def answer(connection):
        with connection:
            while (sent := connection.recv(1_000)) != b"":
                status = sent.split()[1].decode().strip("/")
                seen.append(status)
                said = ANSWER.format(status).encode()
                connection.sendall(said[:30])
                connection.sendall(said[30:])

    def accept():
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    with listening:
        yield listening.getsockname()[1], seen
        listening.shutdown(socket.SHUT_RDWR)


def requests_to(*paths):
    return [load.Request("GET", path, {"Host": "localhost"}).raw for path in paths]


def test_each_of_several_requests_is_sent_once_and_its_status_counted(server):
    port, seen = server

    answered = load._send(port, requests_to(*["/200"] * 40, "/409", "/503"), seconds=60)

    assert sorted(seen) == ["200"] * 40 + ["409", "503"]
    assert (answered.number, answered.failed, answered.sent) == (42, 2, 42)


def test_one_request_is_sent_until_the_time_is_over(server):
    port, seen = server

    answered = load._send(port, requests_to("/201"), seconds=0.2)

    assert answered.statuses == {201: len(seen)}
    assert answered.number > load.CONNECTIONS
    assert answered.seconds >= 0.2


def test_requests_that_are_left_when_the_time_is_over_are_not_said_to_be_sent(server):
    port, seen = server

    answered = load._send(port, requests_to(*["/200"] * 100), seconds=0)

    assert answered.sent == len(seen) == load.CONNECTIONS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"id": "a"}, {"id": "b"}),
        ({"id": "a"}, {"id": "a", "title": None}),
        ({"count": 1}, {"count": "1"}),
        ([1, 2], [1]),
        ([{"lessons": [{"position": 1}]}], [{"lessons": [{"position": 2}]}]),
        ({"next": "https://rollcall.example.org"}, {"next": None}),
    ],
)
def test_what_differs_between_two_answers_is_seen(one, other):
    assert list(differences(one, one, is_write=False)) == []
    assert len(list(differences(one, other, is_write=False))) == 1


def test_of_two_writes_only_ids_times_and_numbers_may_differ():
    def answer(number, **more):
        enrolled_at = f"2026-11-29T20:23:37.81278{number}Z"
        course_id = f"01900000-0004-7046-8843-cba9f85b699{number}"
        return {"course_id": course_id, "enrolled_at": enrolled_at, "username": f"learner{number}", **more}

    assert list(differences(answer(1, total=2), answer(2, total=2), is_write=True)) == []
    assert list(differences(answer(1, total=2), answer(2, total=3), is_write=True)) == [
        "answer.total: 2 and 3"
    ]
    assert len(list(differences(answer(1), answer(2), is_write=False))) == 3


def test_no_write_meets_its_target_twice():
    pairs = {jobs._pair(number) for number in range(jobs.LEARNERS * jobs.COURSES)}

    assert len(pairs) == jobs.LEARNERS * jobs.COURSES


def test_a_platform_of_ten_million_enrollments_has_a_course_for_its_last_learner(app):
    size = dataset.Size(courses=1_000_000, enrollments=10_000_000)
    numbers = {"first": size.learners, "learners": size.learners, "courses": size.courses}
    others = {"seats": dataset.SEATS_A_LEARNER, "popular": dataset.POPULAR, "crowd": size.crowd}

    with app.app_context():
        found = db.session.execute(text(dataset.PAIRS), numbers | others).all()

    assert {learner for learner, _ in found} == {1_000_000}
    assert len(found) == dataset.SEATS_A_LEARNER
    assert all(1 <= course <= size.courses for _, course in found)


NAMED = {name for call in READS for name in re.findall(r"{(\w+)}", call.path)}


def test_a_get_of_which_no_good_request_is_known_ends_the_bench(app):
    names = dict.fromkeys(NAMED, "01900000-0004-7046-8843-cba9f85b6990")
    known = gets.calls_of(app.url_map, names)
    rules = [rule.empty() for rule in app.url_map.iter_rules()]
    forgotten = Rule("/api/v1/forgotten/<ref>", endpoint="forgotten", methods=["GET"])
    with_another = Map([*rules, forgotten], converters=app.url_map.converters)

    assert {call.path for call in known} >= {"/courses", "/courses/{course}", "/enrollments"}
    with pytest.raises(SystemExit, match=r"GET /api/v1/forgotten/<ref> has no good request"):
        gets.calls_of(with_another, names)


@pytest.fixture
def engine(config):
    engine = create_engine(config.database_url)
    yield engine
    engine.dispose()


def by_an_event(connection):
    return connection.execute(text("SELECT 1, CAST(:name AS text)"), {"name": "O'Hara"}).all()


def by_a_raw_cursor(connection):
    with connection.connection.dbapi_connection.cursor() as cursor:
        cursor.execute("SELECT 1, %s::text", ["O'Hara"])
        return cursor.fetchall()


def by_its_name(connection):
    with connection.connection.dbapi_connection.cursor() as cursor:
        cursor.execute("PREPARE named (text) AS SELECT 1, $1")
        cursor.execute("EXECUTE named (%s)", ["O'Hara"])
        return cursor.fetchall()


@pytest.mark.parametrize("act", [by_an_event, by_a_raw_cursor, by_its_name])
def test_the_floor_executes_what_was_sent_however_it_was_sent(engine, act):
    body = {"data": [1, "O'Hara"]}

    with gets.watching() as wire, engine.connect() as connection:
        sent = wire.sent_by(lambda: act(connection))
        floor = gets.Floor(engine)
        answer = floor.answering(sent, wire.prepared, msgspec.json.encode(body))

    assert len(sent) == 1
    assert msgspec.json.decode(answer()) == body
    assert floor._cursor.statusmessage == "SELECT 1"
