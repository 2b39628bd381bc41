"""`make examples`: record the response to the example of every operation on a fresh demo, for the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import Client, TestResponse

from app.web.collections.recorded import STEPS
from app.web.openapi.examples.plugin import ANSWERS
from app.web.openapi.examples.recording import FORMATS, caller_of
from app.web.openapi.examples.refusals import REFUSALS
from tools import record_journeys, record_refusals
from tools.examples import Operation, log_in, operations_of, send
from tools.steady import steady
from tools.throwaway_demo import running_demo

LONGEST_LIST = 2
PDF = "%PDF-1.7 and the bytes that follow"
"""In place of a file that is not text."""


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
    for path, found in ((ANSWERS, answers), (REFUSALS, refused), (STEPS, record_journeys.on_a_demo())):
        text = json.dumps(dict(sorted(found.items())), indent=1, ensure_ascii=False)
        path.write_text(f"{text}\n", encoding="utf-8")
        print(f"{len(found)} operations or journeys recorded in {path}.")


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


if __name__ == "__main__":
    main()
