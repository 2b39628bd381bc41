"""A test client for the API that checks every response against the OpenAPI document."""

from __future__ import annotations

from app.db.session import transaction
from app.services.auth import sessions

PREFIX = "/api/v1"
MEANINGFUL_HEADERS = {"ETag", "Link", "Location", "Retry-After", "Idempotency-Replayed"}
"""Headers that a client acts on."""


class OpenApiWitness:
    """Checks every response of the test run against the document: an undocumented status or code fails the test."""

    def __init__(self, app):
        self.app = app
        response = app.test_client().get("/openapi.json")
        self.document = response.get_json()

    def check(self, method, path, response):
        adapter = self.app.url_map.bind("rollcall.test")
        clean = path.partition("?")[0]
        if not clean.startswith(PREFIX) or not adapter.test(clean, method=method):
            return
        rule, _ = adapter.match(clean, method=method, return_rule=True)
        template = rule.rule
        for converter in ("uuid:", "string:"):
            template = template.replace(f"<{converter}", "{")
        template = template.replace("<", "{").replace(">", "}")
        operation = self.document["paths"][template][method.lower()]
        documented = operation["responses"]
        assert str(response.status_code) in documented, (
            f"{method} {template} answered an undocumented {response.status_code}: {response.text[:300]}"
        )
        described = documented[str(response.status_code)].get("headers", {})
        unknown = sorted(MEANINGFUL_HEADERS & set(response.headers.keys()) - set(described))
        assert unknown == [], f"{method} {template} answered undocumented headers {unknown}"
        if response.status_code >= 400:
            code = response.get_json()["error"]["code"]
            examples = documented[str(response.status_code)]["content"]["application/json"]["examples"]
            assert code in examples, f"{method} {template} answered an undocumented code {code}"
        if response.is_json:
            schema = documented[str(response.status_code)]["content"]["application/json"]["schema"]
            unknown = sorted(self._unknown(schema, response.get_json(), ""))
            assert unknown == [], f"{method} {template} answered undocumented members {unknown}"
            missing = sorted(self._missing(schema, response.get_json(), ""))
            assert missing == [], f"{method} {template} answered without required members {missing}"

    def _unknown(self, schema, value, path):
        """Where a value holds members that its schema does not name."""
        if isinstance(value, list):
            items = self._member(schema, "items")
            for each in value if items else ():
                yield from self._unknown(items[0], each, f"{path}[]")
        if not isinstance(value, dict):
            return
        named = {name: each for some in self._member(schema, "properties") for name, each in some.items()}
        others = self._member(schema, "additionalProperties")
        for name, member in value.items():
            if name in named:
                yield from self._unknown(named[name], member, f"{path}.{name}")
            elif not any(others):
                yield f"{path}.{name}"
            elif isinstance(others[0], dict):
                yield from self._unknown(others[0], member, f"{path}.*")

    def _missing(self, schema, value, path):
        """Where a value lacks members that its schema says are always there."""
        if isinstance(value, list):
            items = self._member(schema, "items")
            for each in value if items else ():
                yield from self._missing(items[0], each, f"{path}[]")
        if not isinstance(value, dict):
            return
        for required in self._member(schema, "required"):
            yield from (f"{path}.{name}" for name in required if name not in value)
        named = {name: each for some in self._member(schema, "properties") for name, each in some.items()}
        for name in named.keys() & value.keys():
            yield from self._missing(named[name], value[name], f"{path}.{name}")

    def _member(self, schema, keyword):
        """The values of a keyword in a schema, its references and its alternatives."""
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        found = [schema[keyword]] if keyword in schema else []
        for alternatives in ("allOf", "anyOf", "oneOf"):
            for each in schema.get(alternatives, ()):
                found += self._member(each, keyword)
        return found


class Client:
    """`client.get("/courses")` under `/api/v1`; `as_(user)` signs in with a new session."""

    def __init__(self, app, witness, token=None):
        self.app = app
        self.witness = witness
        self.token = token

    def as_(self, user):
        with self.app.app_context(), transaction():
            pair = sessions.open_session(user)
        return Client(self.app, self.witness, pair.access)

    def with_token(self, token):
        return Client(self.app, self.witness, token)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, **options):
        return self.request("POST", path, **options)

    def put(self, path, **options):
        return self.request("PUT", path, **options)

    def patch(self, path, **options):
        return self.request("PATCH", path, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def request(self, method, path, *, headers=None, **options):
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        full = path if path.startswith("http") else PREFIX + path
        response = self.app.test_client().open(
            full, method=method, headers={**sent, **(headers or {})}, **options
        )
        self.witness.check(method, full, response)
        return response


def assert_refused(response, status, code):
    """Check that the response is this refusal in the error shape, and return its details."""
    body = response.get_json()
    assert (response.status_code, body["error"]["code"]) == (status, code), response.text
    assert body["success"] is False
    assert body["data"] is None
    assert set(body["error"]) == {"code", "type", "status", "details", "request_id"}
    assert body["error"]["status"] == status
    return body["error"]["details"]


def data_of(response, status=200):
    """The `data` of a successful response."""
    assert response.status_code == status, response.text
    body = response.get_json()
    assert body["success"] is True
    return body["data"]
