"""A real SMTP server that records mails and can fail as servers do, and the worker that sends to it."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import pytest
from aiosmtpd.smtp import SMTP
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import update

from app.adapters import queue
from app.adapters.known_jobs import KnownJob
from app.adapters.mailer import Mail
from app.db.session import db, transaction
from app.enums import Lane
from app.jobs.workers import EVERY_QUEUE, RefusesUnknownJobs, TakesTurns
from app.models import Notice

MAIL = Mail(
    to_name="Ada Lovelace",
    to_address="ada@example.org",
    subject="You have completed Fire safety",
    template="notice",
    message_id="<one@rollcall.example>",
    values={
        "title": "You have completed Fire safety",
        "body": "Well done!",
        "link": "http://localhost/courses/fire",
    },
)

REFUSALS = {"temporary": "451 4.3.0 try again later", "permanent": "554 5.7.1 never"}


@dataclass
class Sink:
    """`mood`: ok, temporary (4xx), permanent (5xx), drop (the connection, before the reply), drop_after (having taken
    the mail), slow (longer than any timeout). `hostile` recipients are refused in every mood. At the command `closes_at`
    the server replies 421 and closes the connection; `refuses_text` is its reply to DATA in place of taking the text.
    """

    mood: str = "ok"
    taken: list = field(default_factory=list)
    hostile: set = field(default_factory=set)
    closes_at: str = ""
    refuses_text: str = ""
    connections: int = 0
    port: int = 0
    gate: threading.Event | None = None
    """The server waits for it before it takes a mail, except one to `opens_for`."""
    opens_for: str = ""
    held: int = 0
    pause: float = 0.0

    @property
    def message_ids(self):
        return [message["Message-ID"] for message in self.taken]

    async def greet(self, _server, session, _envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def begin(self, server, _session, envelope, address, options):
        if self.closes_at == "MAIL":
            return self.close(server)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    def close(self, server):
        """The reply, after which the connection is closed."""
        self.closes_at = ""
        server.loop.call_later(0.01, server.transport.close)
        return "421 4.7.0 too many mails on one connection"

    async def admit(self, server, _session, envelope, address, _options):
        if self.closes_at == "RCPT":
            return self.close(server)
        if address in self.hostile:
            return "550 5.1.1 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def take(self, server, _session, envelope):
        if self.gate is not None and envelope.rcpt_tos != [self.opens_for]:
            self.held += 1
            await asyncio.get_running_loop().run_in_executor(None, self.gate.wait, 100)
            self.held -= 1
        await asyncio.sleep(self.pause)
        if self.closes_at == "DATA":
            return self.close(server)
        if self.mood in REFUSALS:
            return REFUSALS[self.mood]
        if self.mood == "slow":
            await asyncio.sleep(30)
        if self.mood != "drop":
            self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        if self.mood.startswith("drop"):
            server.transport.abort()
        return "250 OK"


# The names that aiosmtpd looks for.
Sink.handle_EHLO, Sink.handle_MAIL = Sink.greet, Sink.begin
Sink.handle_RCPT, Sink.handle_DATA = Sink.admit, Sink.take


class _Server(SMTP):
    """Like many servers, it keeps the envelope of a mail whose DATA it has refused: a second MAIL is out of order."""

    async def listen(self, arg):
        if self.event_handler.refuses_text:
            await self.push(self.event_handler.refuses_text)
        else:
            await super().smtp_DATA(arg)


_Server.smtp_DATA = _Server.listen


@pytest.fixture
def sink():
    """A running SMTP server, which the application is not configured for."""
    sink = Sink()
    loop = asyncio.new_event_loop()
    serving = threading.Thread(target=loop.run_forever)
    serving.start()
    factory = partial(_Server, sink, hostname="sink.test", loop=loop)
    server = asyncio.run_coroutine_threadsafe(loop.create_server(factory, "127.0.0.1", 0), loop).result()
    sink.port = server.sockets[0].getsockname()[1]
    yield sink
    if sink.gate is not None:
        sink.gate.set()
    asyncio.run_coroutine_threadsafe(_close(server), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    serving.join()
    loop.close()


@pytest.fixture
def mailbox(smtp, work_off):
    """Send all queued mail, and give the mails to one address."""

    def open_(address):
        work_off()
        return [
            mail
            for mail in smtp.taken
            if [to.addr_spec.lower() for to in mail["To"].addresses] == [address.lower()]
        ]

    return open_


def token_in(mail):
    """The token in the link of a mail."""
    text = mail.get_body(("plain",)).get_content()
    return re.search(r"/mail/[a-z-]+\?token=([\w-]+)", text)[1]


async def _close(server):
    server.close()
    busy = asyncio.all_tasks() - {asyncio.current_task()}
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)


@pytest.fixture
def smtp(sink, setting):
    """The same server, which the application sends its mail to."""
    setting(mail_transport="smtp", mail_port=sink.port, mail_timeout_seconds=5.0, notice_lease_seconds=30.0)
    return sink


class WorkerHere(RefusesUnknownJobs, TakesTurns, SimpleWorker):
    """A worker that runs jobs in this process."""


@pytest.fixture
def work_off(app):
    """Run an RQ worker until the queue is empty."""
    return partial(run_jobs, app)


def run_jobs(app, *, most=None):
    """Run an RQ worker in this process until the queue is empty, or for so many jobs."""
    with app.app_context():
        connection = queue.worker_connection()
        worker = WorkerHere(
            list(EVERY_QUEUE),
            connection=connection,
            serializer=JSONSerializer,
            job_class=KnownJob,
        )
        worker.work(burst=True, logging_level="WARNING", max_jobs=most)
        connection.close()


@pytest.fixture
def age(app):
    """Move the times of every notice into the past by so many seconds."""

    def run(seconds):
        with app.app_context(), transaction():
            past = timedelta(seconds=seconds)
            db.session.execute(
                update(Notice).values(
                    due_at=Notice.due_at - past,
                    enqueued_at=Notice.enqueued_at - past,
                    leased_until=Notice.leased_until - past,
                )
            )

    return run


@pytest.fixture
def enqueued(app):
    """The notices in the jobs of the queue."""

    def read():
        with app.app_context():
            return [each for found in queue.jobs(Lane.BULK).get_jobs() for each in found.args[0]]

    return read
