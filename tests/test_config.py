"""Settings: read once, each of them used, documented by what `config.py` says, safe in production."""

import ast
import dataclasses
import re
from pathlib import Path

import pytest

from config import DEVELOPMENT_SECRET, BadSettingError, Config
from tools import settings

ROOT = Path(__file__).parent.parent
NEEDED = {"DATABASE_URL": "postgresql://localhost/rollcall", "REDIS_URL": "redis://localhost"}
OWN_SECRETS = {"SECRET_KEY": "a" * 32, "JWT_SECRET_KEY": "b" * 32}
OVER_HTTPS = {"PUBLIC_URL": "https://rollcall.example.org"}


def names_read():
    """Every attribute that the application, its settings for Flask or its tools read."""
    flask = next(
        node
        for node in ast.walk(ast.parse((ROOT / "config.py").read_text()))
        if isinstance(node, ast.FunctionDef) and node.name == "for_flask"
    )
    sources = [*(ROOT / "app").rglob("*.py"), *(ROOT / "tools").rglob("*.py")]
    trees = [flask, *(ast.parse(path.read_text()) for path in sources)]
    return {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_every_setting_is_read_somewhere():
    assert {each.name for each in dataclasses.fields(Config)} - names_read() == set()


def test_the_example_lists_every_setting_with_its_default():
    listed = dict(re.findall(r"^#([A-Z_]+)=(.*)$", settings.EXAMPLE.read_text(), re.MULTILINE))

    declared = {each.name.upper(): each.metadata["default"] or "" for each in dataclasses.fields(Config)}
    assert listed == declared
    assert settings.EXAMPLE.read_text() == settings.example(), "run `make settings`"


def test_every_default_is_a_value_that_the_setting_takes():
    defaults = {each.name.upper(): each.metadata["default"] or "" for each in dataclasses.fields(Config)}

    assert Config.from_env({**defaults, **NEEDED}) == Config.from_env(NEEDED)


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_missing_server_stops_the_start_by_name(name):
    with pytest.raises(BadSettingError, match=f"^{name} is not set"):
        Config.from_env({**NEEDED, name: " "})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_ENV", "staging"),
        ("DATABASE_URL", "mysql://localhost/rollcall"),
        ("DB_POOL_SIZE", "0"),
        ("MAIL_PORT", "smtp"),
        ("COURSE_APPROVAL", "maybe"),
        ("DEFAULT_CURRENCY", "dollars"),
        ("NOTICE_LEASE_SECONDS", "-1"),
        ("NOTICE_RETRY_SECONDS", "30;60"),
        ("LOG_FORMAT", "xml"),
        ("FORCE_HTTPS", "maybe"),
        ("HSTS_SECONDS", "-1"),
        ("TRUSTED_PROXIES", "all"),
        ("TRUSTED_HOSTS", "*"),
    ],
)
def test_a_wrong_value_stops_the_start_by_name(name, value):
    with pytest.raises(BadSettingError, match=f"^{name} "):
        Config.from_env({**NEEDED, name: value})


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_the_database_is_reached_by_the_driver_that_is_installed(scheme):
    config = Config.from_env({**NEEDED, "DATABASE_URL": f"{scheme}://localhost/rollcall"})

    assert config.database_url == "postgresql+psycopg2://localhost/rollcall"


@pytest.mark.parametrize(
    "secrets",
    [
        {},
        {"SECRET_KEY": "a" * 32},
        {"JWT_SECRET_KEY": "b" * 32},
        {**OWN_SECRETS, "SECRET_KEY": DEVELOPMENT_SECRET},
        {**OWN_SECRETS, "JWT_SECRET_KEY": "b" * 31},
        {**OWN_SECRETS, "JWT_SECRET_KEY": OWN_SECRETS["SECRET_KEY"]},
    ],
    ids=["none", "one", "the other", "the default", "short", "equal"],
)
def test_production_refuses_secrets_that_are_not_its_own(secrets):
    with pytest.raises(BadSettingError, match="SECRET_KEY"):
        Config.from_env({**NEEDED, **secrets, "APP_ENV": "production"})


def test_production_starts_with_secrets_of_its_own():
    config = Config.from_env({**NEEDED, **OWN_SECRETS, **OVER_HTTPS, "APP_ENV": "production"})

    assert config.app_env == "production"


@pytest.mark.parametrize("force", ["auto", "on"])
def test_production_sends_nobody_to_plain_http(force):
    given = {**NEEDED, **OWN_SECRETS, "APP_ENV": "production", "FORCE_HTTPS": force}

    with pytest.raises(BadSettingError, match=r"^PUBLIC_URL must begin with https://"):
        Config.from_env(given)

    assert Config.from_env({**given, "FORCE_HTTPS": "off"}).public_url == "http://127.0.0.1:8000"


def test_production_refuses_a_token_that_can_be_guessed():
    given = {**NEEDED, **OWN_SECRETS, **OVER_HTTPS, "APP_ENV": "production"}

    with pytest.raises(BadSettingError, match=r"^METRICS_TOKEN "):
        Config.from_env({**given, "METRICS_TOKEN": "prometheus"})


def test_origins_and_hosts_are_lists():
    config = Config.from_env(
        {
            **NEEDED,
            "CORS_ORIGINS": "local, https://app.example.org ,http://10.0.0.1:3000",
            "TRUSTED_HOSTS": "rollcall.example.org,.example.net",
        }
    )

    assert config.cors_origins == ("local", "https://app.example.org", "http://10.0.0.1:3000")
    assert config.trusted_hosts == ("rollcall.example.org", ".example.net")
    assert Config.from_env({**NEEDED, "CORS_ORIGINS": "none"}).cors_origins == ()


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "https://*.example.org",
        "https://app.example.org/",
        "https://App.example.org",
        "app.example.org",
        "file://",
        "https://app.example.org evil.example.org",
        "local,*",
    ],
)
def test_an_origin_is_exact(origin):
    with pytest.raises(BadSettingError, match=r"^CORS_ORIGINS "):
        Config.from_env({**NEEDED, "CORS_ORIGINS": origin})


def test_a_lease_outlasts_the_mail_that_is_sent_under_it():
    with pytest.raises(BadSettingError, match="NOTICE_LEASE_SECONDS"):
        Config.from_env({**NEEDED, "NOTICE_LEASE_SECONDS": "30", "MAIL_TIMEOUT_SECONDS": "20"})
