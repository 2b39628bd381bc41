"""Send the steps of the journeys as a collection does, and record the answers that their operations do not have.

The scripts of the steps are JavaScript; the few expressions that journeys use to set variables are evaluated here.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import Client, TestResponse

from app.adapters import queue
from app.enums import Lane
from app.jobs import workers
from app.web.collections import folders, variables
from app.web.collections.parts import VARIABLE, Body, CollectionRequest, Folder
from app.web.collections.recorded import has_own_answer
from app.web.openapi.examples.recording import ADDRESS
from tools.examples import FILM, PIXEL
from tools.record_refusals import REQUEST_ID
from tools.steady import steady
from tools.throwaway_demo import running_demo

RUN = "example"
"""What the journeys name their objects after, in place of the time."""

_TEMPLATE = re.compile(r"`(.*)`")
_GIVEN = re.compile(r"\$\{given\('(\w+)'\)\}")
_REPEATED = re.compile(r"'(.)'\.repeat\((\d+)\)")
_HEADER = re.compile(r"header\('([\w-]+)'\)")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_AFTER = re.compile(r"(.*)\.split\('(.*)'\)\[1\]")
_MEMBER = re.compile(rf"answer(?:{_STEP.pattern})+")

_FILES = {"image/png": PIXEL, "video/mp4": FILM}


@dataclass
class Journeys:
    """A run of the journeys.

    :param work: does what has been left to a worker, such as sending mails
    """

    client: Client
    work: Callable[[], None]
    variables: dict[str, str] = field(default_factory=dict)

    def send(self, folders: Iterable[Folder]) -> dict[str, dict[str, Any]]:
        """Send every request; the answers to record, by the last folder and the name of the step."""
        recorded: dict[str, dict[str, Any]] = {}
        for folder in folders:
            for path, request in folder.requests():
                response = self.send_one(request)
                if response.status_code != request.status:
                    raise SystemExit(
                        f"{'/'.join(path)}/{request.name}: {response.status_code} {response.text}"
                    )
                if response.status_code < 300:
                    self._save(request.saves, response)
                if has_own_answer(request):
                    recorded.setdefault(path[-1], {})[request.name] = _content(response)
        return recorded

    def send_one(self, request: CollectionRequest) -> TestResponse:
        for name, expression in request.before.items():
            self.variables[name] = self._evaluated(expression)
        if request.path.startswith("/sandbox/"):
            self.work()
        headers = {each.name: self._filled(each.value) for each in request.headers if each.is_sent}
        headers["X-Request-ID"] = REQUEST_ID
        if request.token:
            headers["Authorization"] = f"Bearer {self._filled(request.token)}"
        return self.client.open(
            self._filled(request.path),
            method=request.method,
            query_string={each.name: self._filled(each.value) for each in request.query if each.is_sent}
            or None,
            headers=headers,
            **self._body(request.body),
        )

    def _body(self, body: Body | None) -> dict[str, Any]:
        if body is None:
            return {}
        if body.is_form:
            parts: dict[str, Any] = {**body.fields}
            if body.file_name:
                content = body.content.encode() if body.is_text else _FILES[body.media_type]
                parts["file"] = (io.BytesIO(content), body.file_name, body.media_type)
            return {"data": parts, "content_type": "multipart/form-data"}
        return {"data": self._filled(body.content), "content_type": body.media_type}

    def _save(self, saves: Any, response: TestResponse) -> None:
        for name, expression in saves.items():
            if of_header := _HEADER.fullmatch(expression):
                self.variables[name] = response.headers[of_header[1]]
                continue
            rest = _AFTER.fullmatch(expression)
            path = rest[1] if rest else expression
            if not _MEMBER.fullmatch(path):
                raise ValueError(_unknown(expression))
            found = response.get_json()
            for member, number in _STEP.findall(path):
                found = found[member] if member else found[int(number)]
            self.variables[name] = str(found).split(rest[2])[1] if rest else str(found)

    def _evaluated(self, expression: str) -> str:
        if expression == "Date.now().toString(36)":
            return RUN
        if repeated := _REPEATED.fullmatch(expression):
            return repeated[1] * int(repeated[2])
        if template := _TEMPLATE.fullmatch(expression):
            return _GIVEN.sub(lambda found: self.variables[found[1]], template[1])
        raise ValueError(_unknown(expression))

    def _filled(self, text: str) -> str:
        return VARIABLE.sub(lambda found: self.variables[found[1]], text)


def on_a_demo() -> dict[str, Any]:
    """The answers to steps of the journeys, on a demo of their own: recording the operations has used the other up."""
    with running_demo() as app:
        client = app.test_client()

        def work() -> None:
            with app.app_context():
                workers.build_worker([queue.NAMES[Lane.URGENT]]).work(burst=True, logging_level="ERROR")

        logins, journeys, *_ = folders.build(client.get("/openapi.json").get_json())
        recorded = Journeys(client, work, variables.given(ADDRESS, is_production=False)).send(
            (logins, journeys)
        )
    return {name: steady(steps) for name, steps in recorded.items()}


def _content(response: TestResponse) -> dict[str, Any]:
    content = response.get_json(silent=True)
    named = {} if content or not response.data else {"media_type": response.mimetype}
    return {"status": response.status_code, "content": content, **named}


def _unknown(expression: str) -> str:
    return f"A journey has an expression that only a collection evaluates: {expression}"
