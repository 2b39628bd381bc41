"""The OpenAPI document is complete and true."""

import dataclasses
import json
import re
import tomllib
from collections import Counter, defaultdict
from importlib import import_module

import pytest
from apispec import APISpec
from jsonschema_rs import meta, validator_for

from app.errors.base import catalogue
from app.web.access import access_of
from app.web.openapi.examples.parameters import DESCRIPTIONS
from app.web.openapi.examples.recording import ADDRESS
from app.web.openapi.examples.requests import REQUESTS
from config import Config
from tests.support.http import PREFIX
from tests.support.paths import ROOT

SHAPE = ROOT / "tests" / "schemas" / "openapi-3.1.json"
"""The OpenAPI Initiative's own description of a 3.1 document, without the schemas inside it."""

SPAN = re.compile(r"(?:\d+|an?|one) (?:second|minute|hour|day|week)s?\b")
SET_SPAN = re.compile(r"`([A-Z_]+)`[^`(]*\((\d+) [a-z]+ unless set\)")
PLACEHOLDER = re.compile(r"<(?:[a-z]+:)?")
METHODS = {"get", "post", "put", "patch", "delete"}

DOWNLOADS = {
    "GET /api/v1/certificates/{certificate_id}/pdf",
    "GET /api/v1/lessons/{lesson_id}/questions/export",
}
"""Operations whose success is a file."""


@pytest.fixture(scope="module")
def document(app):
    return app.test_client().get("/openapi.json").get_json()


@pytest.fixture(scope="module")
def operations(document):
    """`{"POST /courses": operation}`"""
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


@pytest.fixture(scope="module")
def bodies(app):
    """The argument declarations of every view that takes a JSON body."""
    return {
        f"{endpoint}": declared
        for endpoint, view in app.view_functions.items()
        for declared in getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
        if declared["in"] == "json"
    }


def walk(node):
    """Every object of the document."""
    if isinstance(node, dict):
        yield node
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for each in inner:
        yield from walk(each)


def test_the_document_is_valid_openapi(document):
    problems = [
        f"{'/'.join(map(str, problem.instance_path))}: {problem.message}"
        for problem in validator_for(json.loads(SHAPE.read_text())).iter_errors(document)
    ]

    assert document["openapi"].startswith("3.1.")
    assert problems == []


def test_every_schema_is_valid_json_schema_and_every_reference_resolves(document):
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    schemas = document["components"]["schemas"]
    inline = [node["schema"] for node in walk(document) if isinstance(node.get("schema"), dict)]
    references = {node["$ref"] for node in walk(document) if isinstance(node.get("$ref"), str)}

    assert [name for name, schema in schemas.items() if not meta.is_valid({**dialect, **schema})] == []
    assert [schema for schema in inline if not meta.is_valid({**dialect, **schema})] == []
    parts = document["components"]
    assert references <= {f"#/components/{kind}/{name}" for kind in parts for name in parts[kind]}


def test_every_route_is_in_the_document_and_the_other_way_round(app, operations):
    routes = {
        f"{method} {re.sub(PLACEHOLDER, '{', rule.rule).replace('>', '}')}"
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(PREFIX)
    }

    assert set(operations) == routes


def test_every_query_parameter_is_in_the_document(app, operations):
    by_id = {operation["operationId"]: operation for operation in operations.values()}
    missing = {}
    for view in app.view_functions.values():
        documentation = getattr(view, "_apidoc", {})
        for declared in documentation.get("arguments", {}).get("parameters", []):
            if declared["in"] == "query":
                operation = by_id[documentation["manual_doc"]["operationId"]]
                told = {each["name"] for each in operation["parameters"] if each["in"] == "query"}
                missing |= {view.__name__: set(declared["schema"].fields) - told}

    assert missing
    assert not any(missing.values())


def test_every_operation_has_a_short_summary(operations):
    wrong = {
        name: operation.get("summary")
        for name, operation in operations.items()
        if not 3 <= len(operation.get("summary", "")) <= 80
    }

    assert wrong == {}


def test_no_two_operations_have_one_id_or_one_summary(operations):
    ids = Counter(operation["operationId"] for operation in operations.values())
    summaries = Counter((operation["summary"], *operation["tags"]) for operation in operations.values())

    assert [name for name, times in (ids + summaries).items() if times > 1] == []


def test_every_operation_says_who_may_call(document, operations):
    """What needs a token says nothing of its own: importers then take the token of the whole document."""
    marks = {
        "every user who is logged in": None,
        "everyone. With an access token the answer is that user's": [{}, {"bearerAuth": []}],
        "everyone. An access token is ignored": [],
    }
    wrong = {}
    for name, operation in operations.items():
        (said,) = re.findall(r"\*\*Who may call:\*\* (.+)\.$", operation["description"], re.MULTILINE)
        roles = sorted(word.removesuffix("s").upper() for word in said.split(" and "))
        known = operation["x-roles"] == roles if "x-roles" in operation else said in marks
        if not known or operation.get("security") != marks.get(said):
            wrong[name] = said

    assert document["security"] == [{"bearerAuth": []}]
    assert wrong == {}


def test_no_token_is_asked_for_where_none_is_looked_at_and_only_there(app, operations):
    by_id = {operation["operationId"]: operation for operation in operations.values()}
    wrong = [
        endpoint
        for endpoint, view in app.view_functions.items()
        if (access := access_of(view))
        and (by_id[view.__name__].get("security") == []) != (access.is_public and not access.reads_token)
    ]

    assert wrong == []


def test_no_refusal_of_a_token_is_documented_where_none_is_looked_at(operations):
    """Credentials of the body may be refused: a password, a refresh token."""
    documented = {
        operation["operationId"]: set(
            operation["responses"]["401"]["content"]["application/json"]["examples"]
        )
        for operation in operations.values()
        if operation.get("security") == [] and "401" in operation["responses"]
    }

    assert documented == {"log_in": {"invalid_credentials"}, "refresh_tokens": {"token_invalid"}}


def test_the_examples_of_refusals_are_as_the_api_answers(app, operations):
    content = operations[f"POST {PREFIX}/auth/login"]["responses"]["400"]["content"]["application/json"]
    answered = app.test_client().post(f"{PREFIX}/auth/login", data="{x", content_type="application/json")
    documented, real = content["examples"]["invalid_request"]["value"], answered.get_json()

    assert real["message"].startswith("The body is not valid JSON: line 1, column 2: Expecting property name")
    assert documented["message"].startswith("The body is not valid JSON: line 1, column 2: ")
    assert (
        documented["error"]["type"]
        == real["error"]["type"]
        == "http://rollcall.test/problems/invalid_request"
    )


def test_every_address_of_an_example_is_of_this_platform(document):
    assert ADDRESS not in json.dumps(document)


def test_every_tag_is_described(document, operations):
    described = {tag["name"] for tag in document["tags"] if tag.get("description")}

    assert {tag for operation in operations.values() for tag in operation["tags"]} == described


def test_every_success_is_described_by_the_envelope(document, operations):
    wrong = []
    for name, operation in operations.items():
        for status, response in operation["responses"].items():
            if status[0] != "2" or status == "204" or name in DOWNLOADS:
                continue
            schema = response["content"]["application/json"]["schema"]
            members = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"]
            if not {"success", "message", "data"} <= set(members):
                wrong.append(name)

    assert wrong == []


def test_every_json_body_has_an_example_that_loads(app, bodies, operations):
    by_id = {operation["operationId"]: operation for operation in operations.values()}
    broken = {}
    for endpoint, declared in bodies.items():
        name = app.view_functions[endpoint].__name__
        example = by_id[name]["requestBody"]["content"]["application/json"]["example"]
        trouble = declared["schema"].validate(dict(example))
        if trouble or (not example and name != "log_out"):
            broken[name] = trouble or "empty"

    assert broken == {}


def test_every_example_of_a_body_fits_the_documented_schema(document, operations):
    misfits = {}
    for name, operation in operations.items():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "example" in content:
            schema = {**content["schema"], "components": document["components"]}
            problems = [problem.message for problem in validator_for(schema).iter_errors(content["example"])]
            misfits |= {name: problems} if problems else {}

    assert misfits == {}


LOGIN = {"password": "Analytical-Engine-1843"}
ACCOUNT = {"email": "ada@example.org"}
SIGN_UP = {**ACCOUNT, **LOGIN, "password_confirm": LOGIN["password"]}
LESSON = {"title": "Try it", "type": "TEXT"}


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("POST /auth/login", LOGIN),
        ("POST /auth/login", {**LOGIN, **ACCOUNT, "username": "ada"}),
        ("POST /auth/register", SIGN_UP),
        ("POST /users", ACCOUNT),
        ("PUT /auth/me", {"bio": "Taught myself."}),
        ("POST /lessons", LESSON),
        ("PUT /lessons/{lesson_id}/progress", {}),
        ("POST /courses/{course_id}/assign", {"reason": "Yearly"}),
        ("POST /courses/{course_id}/assign", {**ACCOUNT, "username": "ada"}),
        ("POST /courses/{course_id}/assign-multiple", {"reason": "Yearly"}),
        ("POST /courses/{course_id}/assign-multiple", {"emails": []}),
        ("POST /courses/{course_id}/unassign-multiple", {}),
    ],
)
def test_what_a_body_needs_together_is_in_the_document(document, operations, operation, body):
    method, path = operation.split()
    documented = operations[f"{method} {PREFIX}{path}"]["requestBody"]["content"]["application/json"][
        "schema"
    ]

    is_valid = validator_for({**documented, "components": document["components"]}).is_valid

    assert not is_valid(body)


def test_a_filter_has_one_type(operations):
    """A query has no null, and clients make a list of choices of an enum. Several words may be one, or a list."""
    odd = [
        (name, each["name"])
        for name, operation in operations.items()
        for each in operation["parameters"]
        if each["in"] == "query"
        for schema in each["schema"].get("anyOf", [each["schema"]])
        if not isinstance(schema["type"], str)
        or None in schema.get("enum", [])
        or schema.get("default", ...) is None
    ]

    assert odd == []


def test_every_parameter_has_a_description_and_an_example_where_importers_look(document, operations):
    """At the operation, not at the path, and at the parameter, not at its schema; as one word, not as a list."""
    wrong = [
        (name, each["name"])
        for name, operation in operations.items()
        for each in operation["parameters"]
        if not isinstance(each.get("example"), str | int)
        or not each.get("description")
        or "example" in each["schema"]
    ]

    assert wrong == []
    assert [path for path, item in document["paths"].items() if "parameters" in item] == []


def test_a_course_is_named_in_the_same_way_in_every_path(operations):
    described = {
        each["description"]
        for name, operation in operations.items()
        for each in operation["parameters"]
        if each["in"] == "path" and f"/courses/{{{each['name']}}}" in name
    }

    assert described == {"The course by its id, slug or code."}


def test_every_description_by_name_is_used(operations):
    """A field that describes itself takes precedence."""
    shown = defaultdict(set)
    for operation in operations.values():
        for each in operation["parameters"]:
            shown[each["name"]].add(each["description"])

    unused = [
        name
        for name, about in DESCRIPTIONS.items()
        if not any(text.startswith(about) for text in shown[name])
    ]

    assert unused == []


def test_every_example_of_a_parameter_fits_its_schema(operations):
    """A blank one is the same as none."""
    misfits = [
        (name, each["name"], each["example"])
        for name, operation in operations.items()
        for each in operation["parameters"]
        if each["example"] != "" and not validator_for(each["schema"]).is_valid(each["example"])
    ]

    assert misfits == []


def test_every_example_is_of_a_parameter_that_is_there(operations):
    by_id = {operation["operationId"]: operation for operation in operations.values()}
    unknown = {
        name: set(request.query) - {each["name"] for each in by_id[name]["parameters"]}
        for name, request in REQUESTS.items()
    }

    assert {name: names for name, names in unknown.items() if names} == {}


def test_every_form_has_an_example(operations):
    forms = [
        operation["requestBody"]["content"]["multipart/form-data"]
        for operation in operations.values()
        if "multipart/form-data" in operation.get("requestBody", {}).get("content", {})
    ]

    assert forms
    assert all(form["example"]["file"] for form in forms)


def test_every_success_shows_a_real_answer_that_fits_its_schema(document, operations):
    """`make examples` records them. Formats are left to the linters of `make import-check`."""
    misfits = {}
    for name, operation in operations.items():
        for status, response in operation["responses"].items():
            for kind, media in response.get("content", {}).items() if status[0] == "2" else ():
                schema = {**media["schema"], "components": document["components"]}
                if "example" not in media:
                    misfits[name] = f"no example of {kind}"
                elif problems := list(validator_for(schema).iter_errors(media["example"])):
                    misfits[name] = [problem.message for problem in problems]

    assert misfits == {}, "run `make examples`"


def test_json_comes_first(operations):
    """Importers take what comes first."""
    contents = [
        list(response["content"])
        for name, operation in operations.items()
        for status, response in operation["responses"].items()
        if "content" in response and not (name in DOWNLOADS and status == "200")
    ]

    assert [kinds for kinds in contents if kinds[0] != "application/json"] == []


def test_every_member_of_an_answer_is_required(document, operations):
    """What a schema of an answer names is always sent; the witness of all tests looks for it."""
    schemas = document["components"]["schemas"]
    queue = [
        response["content"]["application/json"]["schema"]
        for name, operation in operations.items()
        for status, response in operation["responses"].items()
        if "content" in response and not (name in DOWNLOADS and status == "200")
    ]
    seen = set()
    while queue:
        names = {node["$ref"].rpartition("/")[2] for node in walk(queue.pop()) if "$ref" in node} - seen
        seen |= names
        queue += [schemas[name] for name in names]
    optional = {
        name: set(schemas[name]["properties"]) - set(schemas[name].get("required", ())) for name in seen
    }

    assert {name for name, members in optional.items() if members} == {"Dashboard"}
    assert {"as_of", "role"}.isdisjoint(optional["Dashboard"])


def test_a_filter_of_text_says_that_it_has_a_value(operations):
    """A blank one is read as not sent, so it filters nothing; only a search for nothing says what it does."""
    blank = [
        (name, each["name"])
        for name, operation in operations.items()
        for each in operation.get("parameters", [])
        if each["in"] == "query"
        and each["name"] not in ("search", "after")
        and each["schema"].get("type") == "string"
        and not {"enum", "format", "pattern", "minLength"} & each["schema"].keys()
    ]

    assert blank == []


def test_words_that_are_no_names_have_names_for_generators(document):
    odd = [node for node in walk(document) if {"A+", "A"} <= set(node.get("enum") or ())]

    assert odd
    assert {tuple(node["x-enum-varnames"]) for node in odd} == {("A_PLUS", "A", "B_PLUS", "B", "C", "F")}


@pytest.mark.parametrize(
    ("asked_at", "told"),
    [
        ("http://rollcall.test", "http://rollcall.test"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:8123", "http://localhost:8123"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://localhost", "https://localhost"),
        ("http://evil.example", "http://rollcall.test"),
        ("http://localhost.evil.example", "http://rollcall.test"),
        ("http://127.0.0.1.evil.example:8000", "http://rollcall.test"),
    ],
)
def test_the_document_names_this_machine_as_the_client_did_and_else_the_public_address(app, asked_at, told):
    document = app.test_client().get("/openapi.json", base_url=asked_at).get_json()

    assert document["servers"] == [{"url": told}]


def test_the_document_is_serialised_once_whatever_the_port(app, document, monkeypatch):
    """Clients choose the port of the Host header, and the document is large."""
    serialised = []
    to_dict = APISpec.to_dict
    monkeypatch.setattr(APISpec, "to_dict", lambda spec: serialised.append(spec) or to_dict(spec))
    client = app.test_client()

    answers = [client.get("/openapi.json", base_url=f"http://localhost:{port}") for port in range(8000, 8020)]

    assert serialised == []
    assert [each.get_json()["servers"][0]["url"] for each in answers] == [
        f"http://localhost:{port}" for port in range(8000, 8020)
    ]
    assert {**answers[0].get_json(), "servers": ()} == {**document, "servers": ()}


def test_the_tag_of_the_document_is_of_its_address(app):
    client = app.test_client()
    first, second = (
        client.get("/openapi.json", base_url=f"http://localhost:{port}").headers["ETag"]
        for port in (8000, 8001)
    )

    again, other = (
        client.get("/openapi.json", base_url="http://localhost:8000", headers={"If-None-Match": tag})
        for tag in (first, second)
    )

    assert (again.status_code, other.status_code) == (304, 200)


def test_a_day_or_a_time_says_that_it_may_be_either(document, operations):
    """With `date-time` alone a client's validator refuses the day."""
    due_at = document["components"]["schemas"]["Assign"]["properties"]["due_at"]
    (due_before,) = (
        each for each in operations[f"GET {PREFIX}/enrollments"]["parameters"] if each["name"] == "due_before"
    )

    assert [each.get("format") for each in due_at["anyOf"]] == ["date", "date-time", None]
    assert [each.get("format") for each in due_before["schema"]["anyOf"]] == ["date", "date-time"]


def test_every_example_of_an_error_is_of_the_catalogue(operations):
    known = catalogue()
    wrong = []
    for name, operation in operations.items():
        for status, response in operation["responses"].items():
            examples = response.get("content", {}).get("application/json", {}).get("examples", {})
            for code, example in examples.items():
                error = example["value"]["error"]
                if code != error["code"] or code not in known or str(error["status"]) != status:
                    wrong.append((name, status, code))

    assert wrong == []


def test_every_operation_documents_its_refusals(operations):
    silent = [
        name
        for name, operation in operations.items()
        if not {"422", "429", *(["401"] if operation.get("security") != [] else [])}
        <= set(operation["responses"])
    ]

    assert silent == []


def test_every_response_shows_how_many_requests_are_left(operations):
    silent = [
        (name, status)
        for name, operation in operations.items()
        for status, response in operation["responses"].items()
        if (status[0] == "2" or status == "429") and "RateLimit-Remaining" not in response.get("headers", {})
    ]

    assert silent == []
    assert all("Retry-After" in each["responses"]["429"]["headers"] for each in operations.values())


def test_no_schema_has_a_number_for_a_name(document):
    assert [name for name in document["components"]["schemas"] if re.search(r"\d$", name)] == []


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_a_reason_code_has_a_page(app, code):
    kind = catalogue()[code]

    page = app.test_client().get(f"/problems/{code}")

    assert page.status_code == 200
    assert code in page.text
    assert vars(kind).get("__doc__"), f"{kind.__name__} does not say what it means"
    assert re.fullmatch(r"[A-Z].*\.", kind.title)
    assert re.fullmatch(r"[a-z_]+", code)


def test_a_list_that_is_also_a_sheet_says_so(operations):
    sheets = {
        name: operation["responses"]["200"]["content"]
        for name, operation in operations.items()
        if name not in DOWNLOADS
        and any(parameter["name"] == "format" for parameter in operation.get("parameters", []))
    }

    assert sheets
    assert all(set(content) == {"application/json", "text/csv"} for content in sheets.values())


def test_the_document_and_the_project_are_of_one_version(document):
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    module, _, name = declared["tool"]["setuptools"]["dynamic"]["version"]["attr"].rpartition(".")

    assert declared["project"]["dynamic"] == ["version"]
    assert document["info"]["version"] == getattr(import_module(module), name)


def test_every_time_that_a_setting_decides_is_documented_as_its_default(operations):
    defaults = {each.name.upper(): each.metadata["default"] for each in dataclasses.fields(Config)}
    told = {
        name: " ".join(operation["description"].split())
        for name, operation in operations.items()
        if name.partition(" ")[2].startswith(f"{PREFIX}/auth/") and "description" in operation
    }

    named = [match for text in told.values() for match in SET_SPAN.findall(text)]

    assert len(named) == 5
    assert [(name, number) for name, number in named if defaults[name] != number] == []
    assert {name for name, text in told.items() if SPAN.search(SET_SPAN.sub("", text))} == set()
