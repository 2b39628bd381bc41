"""The whole platform on one machine: `make run`.

Servers first, then migrations and a small set of demo data, and only then the port opens; the large set follows beside
the running platform. The web server, the workers, the sweep and Redis are restarted when they end, unless that is within
seconds of their start; the end of PostgreSQL and a failed step stop everything. An interrupt leaves nothing running.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field, replace
from urllib.error import URLError

from dotenv import load_dotenv

from tools import ports, postgres, redis, servers
from tools.state import ROOT, RUNNING, AlreadyHeldError, State, open_state
from tools.supervisor import ChildDiedError, Program, StopAskedError, Supervisor, say

FIRST_PORT = 8000
PORTS_TRIED = 100
READY_SECONDS = 60.0
RAISED = [
    *("ANONYMOUS", "USER", "CATALOGUE", "BULK", "PICTURES", "REGISTER", "REFRESH"),
    *(
        "HASHING",
        "LOGIN",
        "LOGIN_NAME",
        "LOGIN_ADDRESS",
        "LOGIN_ADDRESS_SLOW",
        "LOGIN_EVERYBODY",
        "MAIL_ADDRESS",
        "MAIL_RECIPIENT",
    ),
    "INSTRUCTOR_REQUEST",
]
"""The budgets that tests against a local platform would run into."""
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")


@dataclass
class Platform:
    """One run: its state, its children, and the environment they are given."""

    state: State
    supervisor: Supervisor
    host: str
    port: int
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://[{shown}]:{self.port}" if ":" in shown else f"http://{shown}:{self.port}"

    def run(self) -> None:
        self.environment = self.settings()
        demo = self.wants_demo()
        self.start_servers()
        self.supervisor.finish(self.flask("migrate", "db", "upgrade"))
        if demo:
            self.supervisor.finish(self.flask("demo", "demo", "load", "--size", "small"))
        # What they log while they start would stand behind the banner.
        self.supervisor.screen.is_quiet = True
        self.start_platform()
        self.write_down()
        logins = self.demo_logins() if demo else ""
        self.announce(logins)
        self.supervisor.screen.is_quiet = False
        if demo:
            self.load_the_rest(courses_missing(logins))
        self.supervisor.watch()

    def settings(self) -> dict[str, str]:
        """The environment, over the defaults of a local platform.

        A variable without a value counts as not set, as everywhere.
        """
        local = {
            "APP_ENV": "development",
            "SECRET_KEY": self.state.secret("secret_key"),
            "JWT_SECRET_KEY": self.state.secret("jwt_secret_key"),
            "PUBLIC_URL": self.url,
            "MAIL_TRANSPORT": "file",
            "MAIL_FILE_DIR": str(self.state.path / "mail"),
            "MEDIA_DIR": str(self.state.path / "media"),
            # All clients share one address here, and test runs are faster than users.
            **dict.fromkeys(map("RATELIMIT_{}".format, RAISED), "1000/minute"),
            # A web server that is forked after Objective-C was loaded dies on macOS without it.
            "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
        }
        ours = {"RUN_ID": self.supervisor.run_id, "PYTHONUNBUFFERED": "1"}
        given = {name: value for name, value in os.environ.items() if value.strip()}
        return {**local, **given, **ours}

    def wants_demo(self) -> bool:
        """Whether to load demo data; DEMO_DATA says so, and without it a database that we are about to make has some."""
        is_ours = "DATABASE_URL" not in self.environment
        return self.environment.get("DEMO_DATA", "1" if is_ours else "0") == "1"

    def start_servers(self) -> None:
        """Start the servers that the environment does not name."""
        if "DATABASE_URL" not in self.environment:
            cluster = postgres.of(self.state)
            cluster.make_cluster()
            servers.start_postgres(self.supervisor, cluster)
            cluster.make_database("rollcall")
            self.environment["DATABASE_URL"] = cluster.url("rollcall")
        if "REDIS_URL" not in self.environment:
            server = redis.of(self.state)
            servers.start_redis(self.supervisor, server)
            self.environment["REDIS_URL"] = server.url()

    def flask(
        self, name: str, *arguments: str, is_essential: bool = True, is_revived: bool = False
    ) -> Program:
        return Program(
            name, (*FLASK, *arguments), self.environment, is_essential=is_essential, is_revived=is_revived
        )

    def start_platform(self) -> None:
        web = self.supervisor.start(self.web())
        self.supervisor.start(self.flask("worker", "worker", is_revived=True))
        # Bulk mail may keep the other one busy for minutes.
        self.supervisor.start(self.flask("urgent", "worker", "--urgent", is_revived=True))
        self.supervisor.start(self.flask("runs", "worker", "--runs", is_revived=True))
        self.supervisor.start(self.flask("sweep", "sweep", is_revived=True))
        self.supervisor.await_ready(web, self.answers, READY_SECONDS)

    def web(self) -> Program:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return Program(
            name="web",
            command=(sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"{host}:{self.port}"),
            environment={**self.environment, "PROMETHEUS_MULTIPROC_DIR": str(self.state.path / "counts")},
            is_revived=True,
        )

    def answers(self) -> bool:
        """Whether it is our own web server that answers, and not one that an earlier run lost."""
        with (
            contextlib.suppress(URLError, OSError),
            urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as response,
        ):
            return self.supervisor.run_id in response.read().decode()
        return False

    def write_down(self) -> None:
        """For the commands that work on a running platform."""
        known = {name: self.environment[name] for name in ("DATABASE_URL", "REDIS_URL")}
        self.state.write(RUNNING, known | {"url": self.url})

    def announce(self, logins: str) -> None:
        """The banner: the addresses, then the accounts, their password, and how many courses are loaded."""
        say(
            f"\nRollcall is ready. Ctrl-C stops it.\n\n"
            f"    Rollcall   {self.url}/\n"
            f"    Developers {self.url}/developers\n"
            f"    Docs       {self.url}/docs\n"
            f"    ReDoc      {self.url}/redoc\n"
            f"    OpenAPI    {self.url}/openapi.json\n"
            f"    API        {self.url}/api/v1\n"
            f"    Mail       {self.environment['MAIL_FILE_DIR']}\n"
            f"    Logs       {self.state.path / 'logs'}"
        )
        if self.environment.get("APP_ENV") == "development":
            say(f"    Sandbox    {self.url}/sandbox")
        if logins:
            say("\n" + logins)

    def demo_logins(self) -> str:
        """Who can log in, with which password, and how many courses are loaded."""
        done = subprocess.run(
            [*FLASK, "demo", "logins"],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout if done.returncode == 0 else done.stderr

    def load_the_rest(self, missing: int) -> None:
        """The large set beside the running platform, without a line on the screen until it is there."""
        program = self.flask("demo", "demo", "load", "--size", "full", is_essential=False)
        if missing:
            say(
                f"{missing} more courses are being loaded, which takes about a minute. You can use everything in the\n"
                f"meantime; this message is repeated when they are loaded."
            )
            program = replace(program, when_done=self.announce_all)
        self.supervisor.start(replace(program, is_shown=False))

    def announce_all(self) -> None:
        """Repeat the banner, which the output of the children has pushed off the screen."""
        self.announce(self.demo_logins())
        say("All courses are loaded.")


def courses_missing(logins: str) -> int:
    """How many of the courses that `flask demo logins` counts are not there yet."""
    counted = re.search(r"courses: +(\d+) of (\d+)", logins)
    return int(counted[2]) - int(counted[1]) if counted else 0


def web_port(host: str) -> int:
    """The port that PORT names or a clear refusal; else the first free one from 8000."""
    if wanted := os.environ.get("PORT"):
        if not wanted.isdecimal():
            raise SystemExit(f"PORT must be a number, not {wanted!r}.")
        if reason := ports.why_taken(int(wanted), host):
            raise SystemExit(
                f"PORT={wanted} cannot be used on {host}: {reason}. Choose another, or leave PORT unset."
            )
        return int(wanted)
    for port in range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        if ports.why_taken(port, host) is None:
            return port
    raise SystemExit(f"No port between {FIRST_PORT} and {FIRST_PORT + PORTS_TRIED} is free on {host}.")


def run_held(state: State) -> int:
    state.write(RUNNING, None)
    try:
        return run_supervised(state)
    finally:
        state.write(RUNNING, None)


def run_supervised(state: State) -> int:
    host = os.environ.get("HOST") or "127.0.0.1"
    with Supervisor(state, secrets.token_hex(8)) as supervisor:
        supervisor.stop_on_signals()
        try:
            Platform(state, supervisor, host, web_port(host)).run()
        except StopAskedError:
            say("\nStopping ...")
            return 0
        except (ChildDiedError, postgres.WrongPasswordError) as error:
            say(f"\n{error}\nStopping ...")
            return 1
    return 0


def main() -> int:
    load_dotenv(ROOT / ".env")
    state = open_state()
    try:
        with state.held():
            return run_held(state)
    except AlreadyHeldError:
        known = state.read(RUNNING)
        say(f"Already running at {known['url']}." if known else "Already starting in another terminal.")
        return 0


if __name__ == "__main__":
    sys.exit(main())
