"""`make examples`: record the response to the example of every operation on a fresh demo, for the OpenAPI document.

Ids, times and tokens differ from run to run. They are replaced by others of their kind, so that recording again changes
only what has changed.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import flask_migrate
from flask import Flask
from werkzeug.test import Client, TestResponse

from app import create_app
from app.adapters import queue
from app.enums import Lane
from app.jobs import workers
from app.web.collections import folders, variables
from app.web.collections.recorded import STEPS
from app.web.openapi.examples.ids import EMAIL_TOKEN, id_of
from app.web.openapi.examples.plugin import ANSWERS
from app.web.openapi.examples.recording import ADDRESS, FORMATS, caller_of
from app.web.openapi.examples.refusals import REFUSALS
from environment import config_from
from tools import record_refusals
from tools.examples import Operation, log_in, operations_of, send
from tools.record_journeys import Journeys
from tools.throwaway import running_servers

RECORDED_AT = datetime(2026, 1, 15, 9, tzinfo=UTC)
"""The time of the recording in the examples."""

FIXED_DATES_FROM = 2030
"""The year of the demo's due date, which stays as well."""

LONGEST_LIST = 2
PDF = "%PDF-1.7 and the bytes that follow"
"""In place of a file that is not text."""

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
MONTH = re.compile(r"20\d\d-\d\d")
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
MAIL_TOKEN = re.compile(r"(?<![\w-])(?!3q2-7w)[\w-]{43}(?![\w-])")
CURSOR = re.compile(r"after=[^&]+")
NUMBER = re.compile(r"RC-[0-9A-F]{32}")
LINK = re.compile(r"expires=\d+&signature=[\w-]+")
PLAN = re.compile(r'"plan_etag": "(\d+)-[0-9a-f]{32}"')
PICTURE = re.compile(r"(pictures|thumbnails)/\w+/[0-9a-f]+")
FIXED = str(id_of(""))[:15]


def main() -> None:
    with running_demo() as app:
        client = app.test_client()
        document = client.get("/openapi.json").get_json()
        logins = Logins(client)
        answers = {
            operation.name: recorded
            for operation in operations_of(document)
            if (recorded := record(client, operation, logins))
        }
        refused = {
            operation.name: steady(recorded)
            for operation in operations_of(document)
            if (recorded := record_refusals.of(client, operation))
        }
    for path, found in ((ANSWERS, answers), (REFUSALS, refused), (STEPS, record_journeys())):
        text = json.dumps(dict(sorted(found.items())), indent=1, ensure_ascii=False)
        path.write_text(f"{text}\n", encoding="utf-8")
        print(f"{len(found)} operations or journeys recorded in {path}.")


def record_journeys() -> dict[str, Any]:
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


@contextmanager
def running_demo() -> Iterator[Flask]:
    """An application on servers of its own, with the small demo."""
    with tempfile.TemporaryDirectory() as folder, running_servers("examples", lambda _: None) as servers:
        servers.postgres.make_database("rollcall")
        os.environ |= {
            "APP_ENV": "development",
            "DATABASE_URL": servers.postgres.url("rollcall"),
            "REDIS_URL": servers.redis.url(),
            "RATELIMIT_ENABLED": "off",
            "MAIL_TRANSPORT": "file",
            "MAIL_FILE_DIR": folder,
            "MEDIA_DIR": folder,
            "LOG_LEVEL": "ERROR",
        }
        app = create_app(config_from(os.environ))
        with app.app_context():
            flask_migrate.upgrade()
        loaded = app.test_cli_runner().invoke(args=["demo", "load"])
        if loaded.exit_code != 0:
            raise SystemExit(loaded.output)
        yield app


@dataclass(frozen=True)
class Logins:
    """The tokens of the demo's users, who log in once."""

    client: Client
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)

    def of(self, name: str, *, is_new: bool) -> dict[str, str]:
        if is_new or name not in self.tokens:
            self.tokens[name] = log_in(self.client, name)
        return self.tokens[name]


def record(client: Client, operation: Operation, logins: Logins) -> dict[str, Any]:
    """The response by media type; nothing where there is none to show."""
    # By then the session has ended.
    tokens = logins.of(caller_of(operation.name, operation.roles), is_new=operation.name == "log_out")
    body = {"refresh": tokens["refresh"]} if operation.name == "refresh_tokens" else None
    response = send(client, operation, tokens["access"], json=body)
    if not 200 <= response.status_code < 300:
        raise SystemExit(f"{operation.name} answered {response.status_code}: {response.text}")
    if response.status_code == 204:
        return {}
    if response.mimetype != "application/json":
        return as_files(client, operation, tokens)
    return {"application/json": steady(shortened(response.get_json())), **as_sheet(client, operation, tokens)}


def as_files(client: Client, operation: Operation, tokens: Mapping[str, str]) -> dict[str, str]:
    """A download, in each of its forms."""
    kinds = operation.described["responses"]["200"]["content"]
    headers = {"Authorization": f"Bearer {tokens['access']}"}
    files = {}
    for kind in kinds:
        query = f"?format={FORMATS[kind]}" if kind in FORMATS else ""
        answer = client.get(operation.url(with_optional=False) + query, headers=headers)
        files[kind] = PDF if kind == "application/pdf" else steady(answer.text)
    return files


def as_sheet(client: Client, operation: Operation, tokens: Mapping[str, str]) -> dict[str, str]:
    if "text/csv" not in operation.described["responses"].get("200", {}).get("content", {}):
        return {}
    url = f"{operation.url(with_optional=False)}?format=csv"
    response: TestResponse = client.get(url, headers={"Authorization": f"Bearer {tokens['access']}"})
    header_and_rows = response.text.splitlines(keepends=True)[: 1 + LONGEST_LIST]
    return {"text/csv": steady("".join(header_and_rows))}


def shortened(value: Any) -> Any:
    """With at most two entries in every list."""
    if isinstance(value, list):
        return [shortened(each) for each in value[:LONGEST_LIST]]
    if isinstance(value, dict):
        return {name: shortened(member) for name, member in value.items()}
    return value


def steady(value: Any) -> Any:
    """The same on every run: what is new each time is numbered in the order in which it is met."""
    text = json.dumps(value, ensure_ascii=False)
    now = datetime.now(UTC)
    shift = RECORDED_AT - now
    text = MOMENT.sub(lambda found: moved(found[0], now), text)
    text = re.sub(rf'"({MONTH.pattern})"', lambda found: f'"{moved_month(found[1], shift)}"', text)
    text = ID.sub(numbered(f"{FIXED}000-8000-0000000000{{:02}}", keep=FIXED), text)
    text = NUMBER.sub(numbered("RC-{:032}", keep="RC-000000"), text)
    text = PICTURE.sub(r"\1/a1/recorded", text)
    text = LINK.sub("expires=1796076000&signature=recorded", text)
    text = PLAN.sub(lambda found: f'"plan_etag": "{found[1]}-{1:032}"', text)
    text = TOKEN.sub("eyJhbGciOiJIUzI1NiJ9.…", text)
    text = MAIL_TOKEN.sub(EMAIL_TOKEN, text)
    return json.loads(CURSOR.sub("after=cursor", text))


def moved(moment: str, now: datetime) -> str:
    """Fixed times of the demo stay; others keep their distance from the recording in whole days.

    The end of a day is as many days ahead for a recording in the morning as for one in the evening.
    """
    when = datetime.fromisoformat(moment)
    if not RECORDED_AT.year - 1 <= when.year < FIXED_DATES_FROM:
        return moment
    is_near = abs(when - now) < timedelta(days=1)
    ahead = timedelta() if is_near else timedelta(days=(when.date() - now.date()).days)
    return (RECORDED_AT + ahead).isoformat().replace("+00:00", "Z")


def moved_month(month: str, shift: timedelta) -> str:
    if int(month[:4]) < RECORDED_AT.year - 1:
        return month
    return f"{datetime.fromisoformat(f'{month}-15').replace(tzinfo=UTC) + shift:%Y-%m}"


def numbered(form: str, *, keep: str) -> Callable[[re.Match[str]], str]:
    seen: dict[str, str] = {}

    def replace(found: re.Match[str]) -> str:
        if found[0].startswith(keep):
            return found[0]
        return seen.setdefault(found[0], form.format(len(seen) + 1))

    return replace


if __name__ == "__main__":
    main()
