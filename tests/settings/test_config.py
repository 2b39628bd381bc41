"""Settings: read once, each of them used, documented by what `config.py` says."""

import ast
import dataclasses
import re

import pytest

from config import Config
from environment import BadSettingError, config_from
from sentinel_urls import SentinelUrl, sentinel_url
from tests.support.paths import ROOT
from tools import settings

NEEDED = {"DATABASE_URL": "postgresql://localhost/rollcall", "REDIS_URL": "redis://localhost"}


def names_read():
    """Every attribute that the application, its settings for Flask or its tools read."""
    flask = next(
        node
        for node in ast.walk(ast.parse((ROOT / "config.py").read_text()))
        if isinstance(node, ast.FunctionDef) and node.name == "for_flask"
    )
    folders = [*(ROOT / "app").rglob("*.py"), *(ROOT / "tools").rglob("*.py")]
    sources = [*folders, ROOT / "deploy" / "web_client.py", ROOT / "gunicorn.conf.py"]
    trees = [flask, *(ast.parse(path.read_text()) for path in sources)]
    return {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_every_setting_is_read_somewhere():
    assert {each.name for each in dataclasses.fields(Config)} - names_read() == set()


def test_the_example_lists_every_setting_with_its_default():
    listed = dict(re.findall(r"^#([A-Z0-9_]+)=(.*)$", settings.EXAMPLE.read_text(), re.MULTILINE))

    declared = {each.name.upper(): each.metadata["default"] or "" for each in dataclasses.fields(Config)}
    assert listed == declared
    assert settings.EXAMPLE.read_text() == settings.example(), "run `make settings`"


def test_every_default_is_a_value_that_the_setting_takes():
    defaults = {each.name.upper(): each.metadata["default"] or "" for each in dataclasses.fields(Config)}

    assert config_from({**defaults, **NEEDED}) == config_from(NEEDED)


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_missing_server_stops_the_start_by_name(name):
    with pytest.raises(BadSettingError, match=f"^{name} is not set"):
        config_from({**NEEDED, name: " "})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_ENV", "staging"),
        ("DATABASE_URL", "mysql://localhost/rollcall"),
        ("DB_POOL_SIZE", "0"),
        ("MAIL_PORT", "smtp"),
        ("COURSE_APPROVAL", "maybe"),
        ("DEFAULT_CURRENCY", "dollars"),
        ("SEARCH_LANGUAGE", "nonsense"),
        ("SEARCH_LANGUAGE", "en"),
        ("NOTICE_LEASE_SECONDS", "-1"),
        ("NOTICE_RETRY_SECONDS", "30;60"),
        ("LOG_FORMAT", "xml"),
        ("FORCE_HTTPS", "maybe"),
        ("HSTS_SECONDS", "-1"),
        ("TRUSTED_PROXIES", "all"),
        ("TRUSTED_HOSTS", "*"),
        ("DATABASE_URL", "sqlite:///rollcall.db"),
        ("DATABASE_URL", "postgresql://localhost:port/rollcall"),
        ("REDIS_URL", "memcached://localhost"),
        ("REDIS_URL", "redis://localhost:port"),
        ("REDIS_URL", "redis://one,two/0"),
        ("REDIS_URL", "sentinel://one:26379;sentinel://two:26379"),
        ("REDIS_URL", "redis+sentinel://one:26379,two:26379"),
        ("REDIS_URL", "redis+sentinel:///mymaster"),
        ("REDIS_URL", "redis+sentinel://one,,two/mymaster"),
        ("REDIS_URL", "redis+sentinel://one:port/mymaster"),
        ("REDIS_URL", "redis+sentinel://one:70000/mymaster"),
        ("REDIS_URL", "redis+sentinel://one/mymaster/zero"),
        ("REDIS_URL", "redis+sentinel://one/mymaster/0/1"),
        ("REDIS_URL", "redis+sentinel://one/mymaster?sentinel_secret=x"),
        ("PUBLIC_URL", "rollcall.example.org"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "https://ada:secret@rollcall.example.org"),
        ("PUBLIC_URL", "https://rollcall.example.org/?page=1"),
        ("PUBLIC_URL", "https://rollcall.example.org/#/courses"),
        ("PUBLIC_URL", "https://rollcall.example.org:port"),
        ("LOG_LEVEL", "LOUD"),
        ("MAIL_PORT", "70000"),
        ("MAIL_FROM", "Rollcall"),
        ("MAIL_TIMEOUT_SECONDS", "soon"),
        ("STATEMENT_TIMEOUT_MS", "99999999999"),
    ],
)
def test_a_wrong_value_stops_the_start_by_name(name, value):
    with pytest.raises(BadSettingError, match=f"^{name} "):
        config_from({**NEEDED, name: value})


def test_a_wrong_list_of_sentinels_says_which_one_is_wrong():
    with pytest.raises(BadSettingError, match="host:port, separated by commas, and number 2 is not one"):
        config_from({**NEEDED, "REDIS_URL": "redis+sentinel://one:26379,two:none/mymaster"})


def test_the_parts_of_a_url_of_sentinels():
    url = "rediss+sentinel://ada:p%40ss%2F@one,two.internal:5000,[2001:db8::1]:26380/my%20master/3?sentinel_password=s"

    config = config_from({**NEEDED, "REDIS_URL": url})

    assert config.redis_url == url
    assert sentinel_url(url) == SentinelUrl(
        is_tls=True,
        hosts=(("one", 26_379), ("two.internal", 5_000), ("2001:db8::1", 26_380)),
        service="my master",
        username="ada",
        password="p@ss/",
        database=3,
        options={"sentinel_password": "s"},
    )


def test_all_that_is_wrong_is_reported_at_once_a_line_each():
    given = {"REDIS_URL": "redis://localhost", "APP_ENV": "staging", "MAIL_PORT": "smtp"}

    with pytest.raises(BadSettingError) as refusal:
        config_from({**given, "NOTICE_LEASE_SECONDS": "30"})

    told = [line.partition(" ")[0] for line in str(refusal.value).splitlines()]
    assert sorted(told) == ["APP_ENV", "DATABASE_URL", "MAIL_PORT", "NOTICE_LEASE_SECONDS"]


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "CORS_ORIGINS", "TRUSTED_HOSTS"])
@pytest.mark.parametrize(
    "value",
    [
        "https://ada:hunter2/@[",
        "postgresql://ada:hunter2/x@host:1/y",
        "redis+sentinel://ada:hunter2@one:port/x",
        "hunter2 *",
    ],
)
def test_what_is_wrong_is_not_repeated(name, value):
    """A password may stand in it, and the message goes to a log."""
    with pytest.raises(BadSettingError) as refusal:
        config_from({**NEEDED, name: value, "MAIL_PORT": "hunter2"})

    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_the_database_is_reached_by_the_driver_that_is_installed(scheme):
    config = config_from({**NEEDED, "DATABASE_URL": f"{scheme}://localhost/rollcall"})

    assert config.database_url == "postgresql+psycopg2://localhost/rollcall"


def test_origins_and_hosts_are_lists():
    config = config_from(
        {
            **NEEDED,
            "CORS_ORIGINS": "local, https://app.example.org ,http://10.0.0.1:3000",
            "TRUSTED_HOSTS": "rollcall.example.org,.example.net",
        }
    )

    assert config.cors_origins == ("local", "https://app.example.org", "http://10.0.0.1:3000")
    assert config.trusted_hosts == ("rollcall.example.org", ".example.net")
    assert config_from({**NEEDED, "CORS_ORIGINS": "none"}).cors_origins == ()


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
        config_from({**NEEDED, "CORS_ORIGINS": origin})


def test_a_lease_outlasts_the_mail_that_is_sent_under_it():
    with pytest.raises(BadSettingError, match="NOTICE_LEASE_SECONDS"):
        config_from({**NEEDED, "NOTICE_LEASE_SECONDS": "30", "MAIL_TIMEOUT_SECONDS": "20"})


@pytest.mark.parametrize(
    ("module", "below"),
    [("config", set()), ("production", {"config"}), ("environment", {"config", "production"})],
)
def test_environment_imports_production_and_both_import_config(module, below):
    tree = ast.parse((ROOT / f"{module}.py").read_text(encoding="utf-8"))
    imported = {each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert imported & {"config", "production", "environment"} == below
