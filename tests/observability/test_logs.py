"""Logs: every line can be parsed, names its request or job, and gives nothing away."""

import dataclasses
import io
import json
import logging
import logging.config
import re
from uuid import UUID

import pytest

from app.observability import logs, redaction
from tests.support.effort import seconds

LINE = re.compile(
    r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO|WARNING|ERROR|CRITICAL) [\w.]+ \[[\w.-]+\] .*"
)
CONTINUATION = re.compile(r"  \| .*")

FORGERIES = [
    "a\n2026-01-01T00:00:00.000Z INFO app.requests [-] answered (status=200)",
    "a\r\n2026-01-01T00:00:00.000Z ERROR app [-] b",
    'a\n{"time": "2026-01-01T00:00:00.000Z", "level": "INFO", "message": "b"}',
    '", "level": "ERROR", "x": "',
    "\x1b[2J\x1b[31mred\x1b[0m",
    "back\x08\x08\x08space\x07\x00",
    "next\x85line\u2028separator\u2029paragraph",
    "\u202egnorw eht yaw dnuor\u2066",
    "lone surrogate \ud800",
    "zero\u200bwidth\ufeff",
    "%s %(message)s {0}",
]
PASSWORD = "Correct-horse-battery-1"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
SECRETS = {
    "a header": (f"Authorization: Bearer {TOKEN}", TOKEN),
    "an opaque header": ("Authorization: Bearer 3f2a9c7e11aa44", "3f2a9c7e11aa44"),
    "basic": ("sent Basic cm9sbGNhbGw6aG9yc2U= along", "cm9sbGNhbGw6aG9yc2U="),
    "a token alone": (f"could not read {TOKEN}, sorry", TOKEN),
    "a body": (f'{{"email": "a@example.org", "password": "{PASSWORD}"}}', PASSWORD),
    "a repr": (f"{{'new_password': '{PASSWORD}', 'page': 1}}", PASSWORD),
    "a quote in a repr": ("{'old_password': 'it\\'s-Secret-1', 'page': 1}", "s-Secret-1"),
    "a form": (f"page=1&password_confirm={PASSWORD}&x=2", PASSWORD),
    "a link": ("https://rollcall.test/reset?token=Zm9vYmFyYmF6", "Zm9vYmFyYmF6"),
    "a database": ("postgresql://rollcall:hunter2hunter2@db/rollcall is away", "hunter2hunter2"),
    "a hash": ("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaGhhc2g", "aGFzaGhhc2g"),
    "a person": ("Key (email)=(ada@example.org) already exists", "ada@example.org"),
}


@pytest.fixture
def config_of(config):
    return lambda **changed: dataclasses.replace(config, **changed)


@pytest.fixture
def written(config_of, monkeypatch):
    """What a block logs, as the given format writes it; the test's own logging_config comes back after."""
    stream = io.StringIO()

    def arranged(**changed):
        logging_config = logs.logging_config(config_of(**changed))
        logging_config["handlers"]["err"]["stream"] = stream
        logging_config.pop("root", None)
        # What pytest captures travels between its processes, and a lone surrogate cannot.
        for logger in logging_config["loggers"].values():
            logger["propagate"] = False
        logging.config.dictConfig(logging_config)
        return stream

    yield arranged
    logging.config.dictConfig(logs.logging_config(config_of()))


def as_json(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def assert_lines(text):
    broken = [
        line
        for line in text.split("\n")[:-1]
        if not LINE.fullmatch(line) and not CONTINUATION.fullmatch(line)
    ]
    assert broken == []
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e]", text)


@pytest.mark.parametrize("forgery", FORGERIES, ids=ascii)
def test_no_text_can_forge_a_line(written, forgery):
    stream = written(log_format="line")

    logging.getLogger("app.test").warning("the title is %s", forgery, extra={"about": {"title": forgery}})

    text = stream.getvalue()
    assert_lines(text)
    assert len([line for line in text.split("\n") if LINE.fullmatch(line)]) == 1


@pytest.mark.parametrize("forgery", FORGERIES, ids=ascii)
def test_no_text_can_forge_an_object(written, forgery):
    stream = written(log_format="json")

    logging.getLogger("app.test").warning("the title is %s", forgery, extra={"about": {"title": forgery}})

    (line,) = as_json(stream)
    assert (line["level"], line["logger"], line["request_id"]) == ("WARNING", "app.test", "-")
    assert line["message"].startswith("the title is ")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", stream.getvalue())


@pytest.mark.parametrize("log_format", ["line", "json"])
def test_a_traceback_belongs_to_its_record(written, log_format):
    stream = written(log_format=log_format)

    trouble = ValueError("first\n2026-01-01T00:00:00.000Z INFO app [-] second")
    logging.getLogger("app.test").error("it broke", exc_info=trouble)

    if log_format == "line":
        assert_lines(stream.getvalue())
        assert len([line for line in stream.getvalue().split("\n") if LINE.fullmatch(line)]) == 1
    else:
        (line,) = as_json(stream)
        assert "ValueError: first" in line["message"]


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("log_format", ["line", "json"])
def test_a_secret_is_not_written(written, log_format, kind):
    text, secret = SECRETS[kind]
    stream = written(log_format=log_format)

    logging.getLogger("app.test").error("it said: %s", text, extra={"about": {"cause": text}})

    assert secret not in stream.getvalue()
    assert "it said" in stream.getvalue()


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a-",
        "a.",
        "eyJ",
        "eyJ.",
        "password",
        "password=",
        "password: ",
        "password='",
        'token="\\\\',
        "'",
        "a@",
        "a@a.",
        "bearer ",
        "a://",
        "a:",
        "$argon2$",
    ],
)
def test_hiding_takes_no_longer_than_reading(piece):
    text = piece * (100_000 // len(piece))

    assert seconds(lambda: redaction.escaped(redaction.redacted(text)), enough=0.1) < 1


def test_a_fact_with_a_secret_name_is_not_written():
    facts = redaction.without_secrets(
        {"refresh_token": "abc", "api_key": "def", "status": 200, "route": "/x"}
    )

    assert facts == {
        "refresh_token": redaction.HIDDEN,
        "api_key": redaction.HIDDEN,
        "status": 200,
        "route": "/x",
    }


@pytest.mark.parametrize(
    "text",
    [
        "GET /api/v1/courses/<id_or_slug> 200",
        "enqueued 12 notices",
        "job notice-0190b1c2-7a3f-7000-8000-000000000000-ab12cd done in 0:00:01",
        "2 tokens were forgotten",
    ],
)
def test_an_ordinary_line_stays_as_it_is(text):
    assert redaction.redacted(text) == text


def test_a_request_writes_one_line_about_itself(written, api, make):
    student = make.student()
    course = make.course()
    client = api.as_(student)
    stream = written(log_format="json")

    client.get(f"/courses/{course.id}?", headers={"X-Request-ID": "from-a-test"})

    (line,) = as_json(stream)
    duration = line.pop("duration_ms")
    time = line.pop("time")
    assert line == {
        "level": "INFO",
        "logger": "app.requests",
        "message": "answered",
        "request_id": "from-a-test",
        "method": "GET",
        "route": "/api/v1/courses/<ref>",
        "status": 200,
        "user_id": str(student.id),
        "ip": "127.0.0.1",
    }
    assert 0 < duration < 60_000
    assert time.endswith("Z")


def test_the_line_about_a_refused_write_asks_the_database_nothing(written, api, make, statements):
    student = make.student()
    client, nothing = api.as_(student), "00000000-0000-7000-8000-000000000000"
    stream = written(log_format="json")

    with statements() as seen:
        response = client.post(f"/courses/{nothing}/enroll")

    (line,) = as_json(stream)
    assert (response.status_code, line["user_id"]) == (404, str(student.id))
    assert not any(statement.startswith("SELECT users.") for statement in seen)  # by id, as the ORM would


def test_no_body_no_query_and_no_credential_is_ever_written(written, api, make):
    user = make.student(password=PASSWORD)
    stream = written(log_format="json", log_level="DEBUG")

    login = api.post("/auth/login?hunt=er2", json={"email": user.email, "password": PASSWORD})
    login = api.post("/auth/login", json={"email": user.email, "password": PASSWORD})
    tokens = login.get_json()["data"]["tokens"]
    api.with_token(tokens["access"]).get("/courses?search=haystack")
    api.post("/auth/refresh", json={"refresh": tokens["refresh"]})
    api.post("/auth/login", json={"email": user.email, "password": "Wrong-" + PASSWORD})
    api.get("/nowhere/needle?x=1")

    text = stream.getvalue()
    assert len(as_json(stream)) == 6
    told = [PASSWORD, user.email, tokens["access"], tokens["refresh"], "haystack", "needle", "er2"]
    assert [each for each in told if each in text] == []


def test_a_name_that_is_offered_for_a_request_cannot_break_the_line(written, api):
    stream = written(log_format="json")

    api.get("/categories", headers={"X-Request-ID": 'a" b'})

    (line,) = as_json(stream)
    assert re.fullmatch(r"[0-9a-f]{32}", line["request_id"])


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_are_not_worth_a_line(written, app, path):
    stream = written(log_format="json")

    app.test_client().get(path)

    assert [line for line in as_json(stream) if line["logger"] == "app.requests"] == []


def test_production_speaks_to_machines_and_development_to_people(config_of):
    def formatter(**changed):
        return logs.logging_config(config_of(**changed))["formatters"]["ours"]["()"]

    assert formatter(app_env="production") is logs.JsonFormatter
    assert formatter(app_env="development") is logs.LineFormatter
    assert formatter(app_env="production", log_format="line") is logs.LineFormatter
    assert formatter(app_env="development", log_format="json") is logs.JsonFormatter


def test_what_is_logged_inside_names_what_it_is_about(written):
    stream = written(log_format="json")
    log = logging.getLogger("app.test")

    with logs.about(job_id="notice-1"):
        with logs.about(notice_id=UUID(int=7)):
            log.info("sent")
        log.info("done")
    log.info("idle")

    sent, done, idle = as_json(stream)
    assert (sent["job_id"], sent["notice_id"]) == ("notice-1", str(UUID(int=7)))
    assert ("notice_id" in done, done["job_id"]) == (False, "notice-1")
    assert "job_id" not in idle


def test_a_mail_that_is_only_logged_can_be_read_in_development_alone(written):
    link = "https://rollcall.test/reset?token=Zm9vYmFyYmF6"

    in_development = written(app_env="development")
    logging.getLogger("app.mailer").info("mail: %s", link)
    assert link in in_development.getvalue()

    in_development.truncate(0)
    in_production = written(app_env="production")
    logging.getLogger("app.mailer").info("mail: %s", link)
    assert "Zm9vYmFyYmF6" not in in_production.getvalue()
