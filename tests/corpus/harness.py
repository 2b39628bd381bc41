"""The bad-input corpus: numbered requests, each with the code that it has to get.

All cases of a group meet one and the same platform. A refusal leaves it as it was; no answer is a 5xx.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from app.db.session import Model
from app.enums import CourseStatus
from tests.support.http import PREFIX
from tests.support.scene import Scene

COUNTED_ASIDE = {"attempts"}
"""Tables that refused requests are counted in, on purpose."""

LAST = 273


@dataclass(frozen=True)
class Case:
    """One request of the corpus. `sends` overrides what is sent; `path` is filled in from the scene."""

    number: int
    about: str
    expects: int | tuple[int, ...]
    method: str = "POST"
    path: str = "/courses"
    raw: bytes | str | None = None
    json: Any = None
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    caller: str | None = "owner"
    sends: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self):
        return f"{self.number} {self.about}"


class Platform:
    """One of everything, a signed-in user for each role, and a way to see whether anything has changed."""

    def __init__(self, app, engine):
        self.app = app
        self.engine = engine
        self.client = app.test_client()
        self.stage()

    def stage(self, *, status=CourseStatus.PUBLISHED):
        """A new scene, in which no user has done anything yet."""
        self.scene, self.is_used = Scene(self.app, status=status), False
        self.tokens = {
            name: self.scene.token_of(name).access
            for name in ("student", "other", "owner", "admin", "person")
        }

    def stage_afresh(self, *, status=CourseStatus.PUBLISHED):
        """The same, unless the last one is of this status and nothing was written in it: a scene takes a fifth of a second."""
        if self.is_used or self.scene.status != status:
            self.stage(status=status)

    def digest(self):
        tables = [each.name for each in Model.metadata.sorted_tables if each.name not in COUNTED_ASIDE]
        parts = (
            f"SELECT '{name}' AS t, md5(string_agg(r::text, '|' ORDER BY r::text)) AS d FROM {name} r"
            for name in tables
        )
        with self.engine.connect() as connection:
            return dict(connection.execute(text(" UNION ALL ".join(parts))).all())

    def fill(self, path):
        """`{course}` is the id of the scene's course, and so on."""
        for name, value in vars(self.scene).items():
            if "{" + name + "}" in path:
                path = path.replace("{" + name + "}", str(value.id))
        return path

    def send(self, method, path, *, caller="admin", headers=None, query="", **sent):
        """The path is under the prefix, its escapes and those of the query as written."""
        signed = {"Authorization": f"Bearer {self.tokens[caller]}"} if caller else {}
        response = self.client.open(
            PREFIX + path + (f"?{query}" if query else ""),
            method=method,
            headers={**signed, **(headers or {})},
            **sent,
        )
        self.is_used |= method not in {"GET", "HEAD"} and response.status_code < 400
        return response

    def answer(self, case):
        sent = dict(case.sends)
        if case.raw is not None:
            sent["data"] = self.fill(case.raw) if isinstance(case.raw, str) else case.raw
        elif case.json is not None:
            # Python's own writer: it escapes halves of pairs, and writes NaN.
            sent["data"] = self.fill(json.dumps(case.json))
        if "data" in sent and "content_type" not in sent:
            sent["content_type"] = "application/json"
        return self.send(
            case.method,
            self.fill(case.path),
            caller=case.caller,
            headers=case.headers,
            query=case.query,
            **sent,
        )


def trouble_with(response, expects):
    """What is wrong with an answer, or None."""
    allowed = expects if isinstance(expects, tuple) else (expects,)
    if response.status_code not in allowed:
        return f"{response.status_code}, not {expects}: {response.text[:200]}"
    if response.status_code < 400:
        return None
    body = response.get_json(silent=True)
    if not isinstance(body, dict) or set(body) != {"success", "message", "data", "error"}:
        return f"not in the error shape: {response.text[:200]}"
    if body["error"]["status"] != response.status_code or len(response.data) > 20_000:
        return f"an odd body of {len(response.data)} bytes: {response.text[:200]}"
    return None


def troubles_of(platform, cases):
    """Send them all; what was wrong, by case. A refusal that changed anything is wrong."""
    wrong = {}
    before = platform.digest()
    for case in cases:
        response = platform.answer(case)
        trouble = trouble_with(response, case.expects)
        if trouble:
            wrong[case.name] = trouble
        after = platform.digest()
        if after != before and response.status_code >= 400:
            changed = sorted(name for name, digest in after.items() if digest != before.get(name))
            wrong[f"{case.name} (changes)"] = f"{response.status_code} changed {changed}"
        before = after
    return wrong
