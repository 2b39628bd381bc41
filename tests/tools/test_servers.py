"""The embedded servers find their way back after a crash and around a taken port."""

import socket
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import psycopg2
import pytest

from tests.support import servers as plumbing
from tools import postgres, run, servers, service_user, throwaway
from tools.ports import why_taken
from tools.postgres import WrongPasswordError
from tools.state import ROOT, State, open_state
from tools.supervisor import ChildDiedError, Supervisor


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def cluster(request):
    """A copy of the tests' own cluster that is not running."""
    home = State(open_state().folder("test"))
    key = f"tests-{plumbing.migrations_version()}"
    with throwaway.own_run(home) as state:
        prepared = throwaway.prepared_cluster(home, key, plumbing.prepare)
        copy = replace(prepared, data=state.path / "postgres" / "data", options=throwaway.NOT_DURABLE)
        throwaway.copy_cluster(prepared.data, copy.data)
        yield SimpleNamespace(state=state, postgres=copy)


@pytest.fixture
def stranger():
    """A program of the same account, which PostgreSQL alone would take for itself."""
    with subprocess.Popen(["sleep", "60"], cwd="/", start_new_session=True, **service_user.run_as()) as popen:
        yield popen
        popen.kill()


def test_a_pid_file_that_names_another_program_is_cleared(cluster, stranger):
    (cluster.postgres.data / "postmaster.pid").write_text(f"{stranger.pid}\n")

    with Supervisor(cluster.state, "a run") as supervisor:
        servers.start_postgres(supervisor, cluster.postgres)

        assert cluster.postgres.is_ready()
    assert stranger.poll() is None


def test_a_server_whose_port_was_taken_moves(cluster, taken_port):
    cluster.state.write(servers.PORTS, {"postgres": taken_port})

    with Supervisor(cluster.state, "a run") as supervisor:
        servers.start_postgres(supervisor, cluster.postgres)

    assert cluster.postgres.port != taken_port
    assert cluster.state.read(servers.PORTS)["postgres"] == cluster.postgres.port


def test_a_wrong_password_ends_the_waiting_at_once(cluster):
    with Supervisor(cluster.state, "a run") as supervisor, pytest.raises(WrongPasswordError):
        servers.start_postgres(supervisor, replace(cluster.postgres, password="wrong"))


def test_a_server_that_cannot_start_is_reported_with_its_last_lines(cluster):
    broken = replace(cluster.postgres, options=("no_such_setting=1",))

    with (
        Supervisor(cluster.state, "a run") as supervisor,
        pytest.raises(ChildDiedError, match="no_such_setting"),
    ):
        servers.start_postgres(supervisor, broken)


def test_the_web_port_that_was_asked_for_must_be_free(taken_port, monkeypatch):
    monkeypatch.setenv("PORT", str(taken_port))

    with pytest.raises(SystemExit, match=f"PORT={taken_port} cannot be used"):
        run.web_port("127.0.0.1")


def test_the_next_free_web_port_is_taken_when_none_was_asked_for(taken_port, monkeypatch):
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.setattr(run, "FIRST_PORT", taken_port)

    port = run.web_port("127.0.0.1")

    assert port > taken_port
    assert why_taken(port) is None


@pytest.mark.parametrize(
    ("database", "demo", "is_loaded"),
    [
        (None, None, True),
        ("", None, True),
        (" ", "", True),
        ("", "0", False),
        ("postgresql://server/own", None, False),
        ("postgresql://server/own", "", False),
        ("postgresql://server/own", "1", True),
    ],
)
def test_demo_data_comes_into_a_database_of_ours(tmp_path, monkeypatch, database, demo, is_loaded):
    for name, value in (("DATABASE_URL", database), ("DEMO_DATA", demo)):
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
    state = State(tmp_path)
    platform = run.Platform(state, Supervisor(state, "a run"), "127.0.0.1", 8000)

    platform.environment = platform.settings()

    assert platform.wants_demo() == is_loaded
    assert platform.environment.get("DATABASE_URL") == ((database or "").strip() or None)


def test_a_database_of_ones_own_is_migrated_or_empty():
    migrated, empty = plumbing.make_database("full"), plumbing.make_database("bare", migrated=False)
    try:
        tables = [tables_of(url) for url in (migrated, empty)]
    finally:
        plumbing.drop_database(migrated)
        plumbing.drop_database(empty)

    assert "alembic_version" in tables[0]
    assert tables[1] == set()


def test_only_databases_of_the_tests_can_be_dropped():
    with pytest.raises(ValueError, match="production"):
        plumbing.drop_database("postgresql://server/production")


def test_the_redis_number_of_the_platform_is_refused():
    with pytest.raises(pytest.exit.Exception):
        plumbing.refuse_the_same_redis("redis://host/3", "redis://:password@host:6379/3")


def test_the_cluster_is_named_for_its_major_version(cluster):
    assert postgres.major(cluster.postgres.programs).removeprefix("pg").isdigit()


@pytest.mark.parametrize("name", ["dev.py", "tools/environments.py"])
def test_old_pythons_can_read_the_script(name):
    tree = "import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 8))"

    assert subprocess.run([sys.executable, "-c", tree, ROOT / name], check=False).returncode == 0


def tables_of(url):
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = {name for (name,) in cursor.fetchall()}
    connection.close()
    return found
