"""The platform with its demo, served to a browser by threads of this process, on a database of its own.

In this process, so that a test can make rows, run jobs and read what was stored. What a test has changed is undone after
it: the database is copied again from a template.
"""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading

from redis import Redis
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from app.adapters import cache, queue
from app.db.session import db
from demo.people import PASSWORD
from tests.support import servers
from tests.support.factories import Factory
from tests.support.http import PREFIX
from tests.support.mail import run_jobs

LONGEST_STATEMENT = 60_000
"""Milliseconds, while the demo is loaded: its largest statements take long beside other tests."""

READS = {"GET", "HEAD", "OPTIONS"}
SESSIONS = {f"{PREFIX}/auth/{act}" for act in ("login", "refresh", "logout")}
"""Writes that no other test sees: each logs in by itself."""


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_arguments):
        """The application logs requests itself."""


class DemoSite:
    """One application, its address, and its database."""

    def __init__(self, config, name, port, folder):
        template = servers.make_database(f"demo_{name}")
        self._template = servers.name_of(template)
        self.url = f"http://127.0.0.1:{port}"
        self.config = dataclasses.replace(
            config,
            app_env="development",
            public_url=self.url,
            database_url=_for_sqlalchemy(template),
            mail_file_dir=str(folder / "mail"),
            media_dir=str(folder / "media"),
        )
        _load_demo(dataclasses.replace(self.config, statement_timeout_ms=LONGEST_STATEMENT))
        self._database = f"{template}_site"
        servers.copy_database(self._template, self._database)
        self.config = dataclasses.replace(self.config, database_url=_for_sqlalchemy(self._database))
        self.app = create_app(self.config)
        with self.app.app_context():
            # Hundreds of certificates, half a minute; those that are asked for are rendered then.
            queue.certificates().empty()
        self._answer, self.app.wsgi_app = self.app.wsgi_app, self._watch
        self._is_changed = False

    def _watch(self, environ, start_response):
        if environ["REQUEST_METHOD"] not in READS and environ["PATH_INFO"] not in SESSIONS:
            self._is_changed = True
        return self._answer(environ, start_response)

    @property
    def make(self):
        """Rows, committed, with valid defaults, beside those of the demo."""
        self._is_changed = True
        return Factory(self.app)

    def tokens(self, name):
        """A new session of one of the demo's people, by the part of the address before `@`."""
        login = {"email": f"{name}@example.org", "password": PASSWORD}
        return self._request("POST", "/auth/login", json=login)["tokens"]

    def call(self, name, method, path, **options):
        """Call the API as one of the demo's people; returns `data` of the response, which must be a success."""
        headers = {"Authorization": f"Bearer {self.tokens(name)['access']}"} | options.pop("headers", {})
        return self._request(method, path, headers=headers, **options)

    def _request(self, method, path, **options):
        response = self.app.test_client().open(f"{PREFIX}{path}", method=method, **options)
        assert response.status_code < 300, response.text
        return response.get_json()["data"] if response.data else None

    def run_jobs(self):
        """What workers would do by now, such as sending the mails that are due."""
        self._is_changed = True
        run_jobs(self.app)

    def restore(self):
        """Undo what the test has changed."""
        if not self._is_changed:
            return
        self._drop()
        servers.copy_database(self._template, self._database)
        self._is_changed = False

    def _drop(self):
        with self.app.app_context():
            db.engine.dispose()
        servers.drop_database(self._database)
        with Redis.from_url(self.config.redis_url) as redis:
            redis.flushdb()
        self.app.extensions[cache.RECENT].clear()

    def remove(self):
        self._drop()
        servers.execute(servers.running().database_server, f"DROP DATABASE {self._template} WITH (FORCE)")


def _for_sqlalchemy(url):
    return url.replace("postgresql://", "postgresql+psycopg2://")


def _load_demo(config):
    app = create_app(config)
    loaded = app.test_cli_runner().invoke(args=["demo", "load"])
    assert loaded.exit_code == 0, (loaded.output, loaded.exception)
    with app.app_context():
        db.engine.dispose()


@contextlib.contextmanager
def served(config, name, folder):
    """A running site."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        site = DemoSite(config, name, listening.getsockname()[1], folder)
        server = make_server(
            *listening.getsockname(),
            site.app,
            threaded=True,
            request_handler=_Handler,
            fd=listening.fileno(),
        )
        # Not waited for: a browser holds its connections open.
        server.daemon_threads, server.block_on_close = True, False
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        try:
            yield site
        finally:
            server.shutdown()
            serving.join()
            server.server_close()
            site.remove()
