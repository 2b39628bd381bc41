"""Production refuses to start with settings that cannot be meant, names all of them at once, and discloses no secret."""

import os
import re
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection

import pytest

from config import DEVELOPMENT_SECRET
from environment import BAD_SETTINGS, BadSettingError, config_from
from tests.support.paths import ROOT

GOOD = {
    "APP_ENV": "production",
    "DATABASE_URL": "postgresql://rollcall:mZ4-uv0NlW_tQ@db.internal/rollcall",
    "REDIS_URL": "redis://cache.internal/0",
    "SECRET_KEY": "gq5yB0mQmC1mD3oZkq2K6cVq9hJ3eQ8w",
    "JWT_SECRET_KEY": "5f0c7f8b1d6e4a39a2c8e7d1b4f60395",
    "PUBLIC_URL": "https://rollcall.example.org",
    "MAIL_TRANSPORT": "smtp",
    "MAIL_HOST": "mail.internal",
    "MAIL_FROM": "Rollcall <no-reply@rollcall.example.org>",
}

# Which settings the refusal names, and what was set.
BAD = {
    "no secret": ("SECRET_KEY", {"SECRET_KEY": ""}),
    "the secret of development": ("SECRET_KEY", {"SECRET_KEY": DEVELOPMENT_SECRET}),
    "a short secret": ("SECRET_KEY", {"SECRET_KEY": "gq5yB0mQmC1mD3oZkq2K6cVq9hJ3eQ8"}),
    "a placeholder": ("SECRET_KEY", {"SECRET_KEY": "change-me-to-something-long-and-random"}),
    "no key for tokens": ("JWT_SECRET_KEY", {"JWT_SECRET_KEY": ""}),
    "a short key for tokens": ("JWT_SECRET_KEY", {"JWT_SECRET_KEY": "secret"}),
    "one letter for a key": ("JWT_SECRET_KEY", {"JWT_SECRET_KEY": "x" * 64}),
    "a word again and again": ("JWT_SECRET_KEY", {"JWT_SECRET_KEY": "university" * 4}),
    "one secret for both": ("SECRET_KEY and JWT_SECRET_KEY", {"JWT_SECRET_KEY": GOOD["SECRET_KEY"]}),
    "sqlite": ("DATABASE_URL", {"DATABASE_URL": "sqlite:////var/lib/rollcall.db"}),
    "another database": (
        "DATABASE_URL",
        {"DATABASE_URL": "mysql://rollcall:mZ4uv0NlWtQ@db.internal/rollcall"},
    ),
    "the usual password": (
        "DATABASE_URL",
        {"DATABASE_URL": "postgresql://app:postgres@db.internal/rollcall"},
    ),
    "the name as password": ("DATABASE_URL", {"DATABASE_URL": "postgresql://lms:LMS@db.internal/rollcall"}),
    "a database of the tests": ("DATABASE_URL", {"DATABASE_URL": "postgresql:///rollcall_test_main_1"}),
    "the usual password of Redis": ("REDIS_URL", {"REDIS_URL": "redis://:changeme@cache.internal/0"}),
    "the usual password behind Sentinels": (
        "REDIS_URL",
        {"REDIS_URL": "redis+sentinel://:changeme@one:26379,two:26379/mymaster"},
    ),
    "the usual password of the Sentinels": (
        "REDIS_URL",
        {"REDIS_URL": "redis+sentinel://one,two/mymaster?sentinel_password=redis"},
    ),
    "debug": ("FLASK_DEBUG", {"FLASK_DEBUG": "1"}),
    "demo people": ("DEMO_DATA", {"DEMO_DATA": "1"}),
    "any origin": ("CORS_ORIGINS", {"CORS_ORIGINS": "*"}),
    "the null origin": ("CORS_ORIGINS", {"CORS_ORIGINS": "https://app.example.org,null"}),
    "an origin that came in the clear": ("CORS_ORIGINS", {"CORS_ORIGINS": "http://app.example.org"}),
    "plain http": ("PUBLIC_URL", {"PUBLIC_URL": "http://rollcall.example.org"}),
    "the address of development": ("PUBLIC_URL", {"PUBLIC_URL": ""}),
    "this machine": ("PUBLIC_URL", {"PUBLIC_URL": "https://localhost:8443"}),
    "every machine": ("PUBLIC_URL", {"PUBLIC_URL": "http://0.0.0.0:8000", "FORCE_HTTPS": "off"}),
    "an address with a password": ("PUBLIC_URL", {"PUBLIC_URL": "https://ada:hunter2@rollcall.example.org"}),
    "hosts without our own": ("TRUSTED_HOSTS", {"TRUSTED_HOSTS": "example.org,.example.net"}),
    "any number of proxies": ("TRUSTED_PROXIES", {"TRUSTED_PROXIES": "100"}),
    "a short token": ("METRICS_TOKEN", {"METRICS_TOKEN": "prometheus"}),
    "a placeholder for a token": ("METRICS_TOKEN", {"METRICS_TOKEN": "replace-me-with-a-token"}),
    "a token that signs": ("METRICS_TOKEN", {"METRICS_TOKEN": GOOD["JWT_SECRET_KEY"]}),
    "no throttling": ("RATELIMIT_ENABLED", {"RATELIMIT_ENABLED": "off"}),
    "guessing by the thousand": ("RATELIMIT_LOGIN_NAME", {"RATELIMIT_LOGIN_NAME": "1000/minute"}),
    "a flooded mailbox": ("RATELIMIT_MAIL_RECIPIENT", {"RATELIMIT_MAIL_RECIPIENT": "1000/minute"}),
    "access for a week": ("ACCESS_TOKEN_MINUTES", {"ACCESS_TOKEN_MINUTES": "10080"}),
    "a session for ever": ("REFRESH_TOKEN_DAYS", {"REFRESH_TOKEN_DAYS": "3650"}),
    "spent tokens forgiven": ("REFRESH_GRACE_SECONDS", {"REFRESH_GRACE_SECONDS": "86400"}),
    "a reset for a month": ("RESET_TOKEN_MINUTES", {"RESET_TOKEN_MINUTES": "43200"}),
    "an invitation for ever": ("INVITATION_TOKEN_HOURS", {"INVITATION_TOKEN_HOURS": "100000"}),
    "the hashing of tests": (
        "PASSWORD_HASH_MEMORY_KIB and PASSWORD_HASH_PASSES",
        {"PASSWORD_HASH_MEMORY_KIB": "8", "PASSWORD_HASH_PASSES": "1"},
    ),
    "one pass where two are needed": (
        "PASSWORD_HASH_MEMORY_KIB and PASSWORD_HASH_PASSES",
        {"PASSWORD_HASH_PASSES": "1"},
    ),
    "hashing that takes all memory": (
        "PASSWORD_HASH_MEMORY_KIB",
        {"PASSWORD_HASH_MEMORY_KIB": "4194304"},
    ),
    "mails into a folder": ("MAIL_TRANSPORT", {"MAIL_TRANSPORT": "file"}),
    "mails into the log": ("MAIL_TRANSPORT", {"MAIL_TRANSPORT": ""}),
    "a sender that cannot be": ("MAIL_FROM", {"MAIL_FROM": ""}),
    "a password in the clear": (
        "MAIL_SECURITY",
        {"MAIL_USERNAME": "rollcall", "MAIL_PASSWORD": "n0ZZpQ"},
    ),
    "a password without a user": (
        "MAIL_USERNAME and MAIL_PASSWORD",
        {"MAIL_PASSWORD": "n0ZZpQ", "MAIL_SECURITY": "tls"},
    ),
    "two who wait for each other": ("MAIL_SECURITY", {"MAIL_PORT": "465", "MAIL_SECURITY": "starttls"}),
    "a level that there is not": ("LOG_LEVEL", {"LOG_LEVEL": "VERBOSE"}),
    "an environment that there is not": ("APP_ENV", {"APP_ENV": "prod"}),
}

WANTED = {
    "as it should be": {},
    "plain http inside": {"PUBLIC_URL": "http://rollcall.lan", "FORCE_HTTPS": "off"},
    "tried on this machine": {"PUBLIC_URL": "http://127.0.0.1:8000", "FORCE_HTTPS": "off"},
    "pages without TLS inside": {
        "PUBLIC_URL": "http://rollcall.lan",
        "FORCE_HTTPS": "off",
        "CORS_ORIGINS": "http://app.lan",
    },
    "an end to HSTS": {"HSTS_SECONDS": "0"},
    "an address below a path": {"PUBLIC_URL": "https://example.org/rollcall/"},
    "a whole domain": {"TRUSTED_HOSTS": ".example.org"},
    "pages of two origins": {"CORS_ORIGINS": "https://app.example.org,https://admin.example.org"},
    "two proxies": {"TRUSTED_PROXIES": "2"},
    "a token for Prometheus": {"METRICS_TOKEN": "r2LkqVx0s9QwTz7m"},
    "everything logged": {"LOG_LEVEL": "DEBUG", "LOG_FORMAT": "line"},
    "generous budgets": {"RATELIMIT_USER": "100000/hour", "RATELIMIT_LOGIN_EVERYBODY": "10000/5 minutes"},
    "few and many passes": {"PASSWORD_HASH_MEMORY_KIB": "7168", "PASSWORD_HASH_PASSES": "5"},
    "instructors at once": {"INSTRUCTOR_SIGNUP": "open", "REQUIRE_EMAIL_VERIFICATION": "off"},
    "a relay on this machine": {"MAIL_HOST": "127.0.0.1", "MAIL_USERNAME": "a", "MAIL_PASSWORD": "n0ZZpQ"},
    "a mail server with TLS": {"MAIL_PORT": "465", "MAIL_SECURITY": "tls"},
    "a database by its socket": {"DATABASE_URL": "postgresql:///rollcall?host=/var/run/postgresql"},
    "a password with everything in it": {"DATABASE_URL": "postgresql://app:p/a?s#s@db.internal/rollcall"},
    "debug switched off": {"FLASK_DEBUG": "0", "DEMO_DATA": "0"},
}  # fmt: skip


def reasons(changed):
    with pytest.raises(BadSettingError) as refusal:
        config_from({**GOOD, **changed})
    return str(refusal.value).splitlines()


@pytest.mark.parametrize(("named", "changed"), BAD.values(), ids=BAD)
def test_a_mistake_is_refused_by_name_and_alone(named, changed):
    [told] = reasons(changed)

    assert told.startswith(f"{named} must ")


@pytest.mark.parametrize("changed", WANTED.values(), ids=WANTED)
def test_what_an_operator_may_want_is_not_refused(changed):
    assert config_from({**GOOD, **changed}).app_env == "production"


def test_only_production_is_so_strict():
    names = ("demo people", "debug", "no throttling", "mails into a folder", "the hashing of tests")
    changed = {name: value for each in names for name, value in BAD[each][1].items()}

    needed = {name: GOOD[name] for name in ("DATABASE_URL", "REDIS_URL")}
    assert config_from({**needed, **changed}).app_env == "development"


def test_several_mistakes_are_reported_together():
    told = reasons(
        {**BAD["sqlite"][1], **BAD["mails into a folder"][1], **BAD["no throttling"][1], "SECRET_KEY": ""}
    )

    names = [line.partition(" ")[0] for line in told]
    assert sorted(names) == ["DATABASE_URL", "MAIL_TRANSPORT", "RATELIMIT_ENABLED", "SECRET_KEY"]


SECRETS = {
    "SECRET_KEY": "hunter2-signs",
    "JWT_SECRET_KEY": "hunter2-signs-too",
    "METRICS_TOKEN": "hunter2-meters",
    "MAIL_PASSWORD": "hunter2-mails",
    "DATABASE_URL": "mysql://app:hunter2-stores@db.internal/rollcall",
    "REDIS_URL": "redis://:hunter2-caches@cache.internal:port",
}


@pytest.mark.parametrize(
    "program",
    [
        ("gunicorn", "wsgi:app", "--bind", "127.0.0.1:0"),
        ("gunicorn", "wsgi:app", "--bind", "127.0.0.1:0", "--config", "{empty}"),
        ("flask", "--app", "wsgi", "worker"),
        ("flask", "--app", "wsgi", "sweep"),
        ("flask", "--app", "wsgi", "db", "upgrade"),
    ],
    ids=" ".join,
)
def test_no_program_starts_and_each_says_why(program, tmp_path):
    environment = {**GOOD, **SECRETS}
    empty = tmp_path / "empty.py"
    empty.touch()

    ended = subprocess.run(
        [sys.executable, "-m", *(word.format(empty=empty) for word in program)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    said = ended.stdout + ended.stderr
    assert ended.returncode == BAD_SETTINGS
    assert "Traceback" not in said
    assert "hunter2" not in said
    told = {line.partition(" ")[0] for line in said.splitlines()}
    assert {
        "DATABASE_URL",
        "JWT_SECRET_KEY",
        "MAIL_SECURITY",
        "METRICS_TOKEN",
        "REDIS_URL",
        "SECRET_KEY",
    } <= told


def test_a_good_installation_starts_and_answers(environment, start):
    """Its servers are away, which a start does not ask about."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name in set(environment) - set(os.environ):
        del environment[name]
    environment |= GOOD

    start("-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", says="Booting")

    assert call(port, "/healthz") == 200
    assert call(port, "/api/v1/categories") == 308


def call(port, path):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    return None


def test_the_image_has_every_module_that_a_start_needs():
    allowed = (ROOT / ".dockerignore").read_text().splitlines()

    needed = {path.name for path in ROOT.glob("*.py")} - {"dev.py"}
    assert {f"!{name}" for name in needed} <= set(allowed)


def test_the_image_has_every_file_that_its_build_names():
    """A build ends at the first that is not let in."""
    allowed = (ROOT / ".dockerignore").read_text().splitlines()

    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    named = {name for line in copied for name in line.split()} - {"."}
    assert "requirements.txt" in named
    assert {f"!{name}" for name in named} <= set(allowed)
