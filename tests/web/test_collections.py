"""The collections for Postman and Hoppscotch are those of the API as it is, and are made as their tools need them."""

import copy
import json
from collections import Counter

import pytest

from app.web.collections import arazzo, folders, variables
from app.web.collections.files import LOCAL, Collections
from app.web.collections.parts import CollectionRequest, Folder
from app.web.collections.serving import NAMES
from app.web.openapi.examples.refusals import refusals
from tests.support.paths import ROOT
from tools.record_journeys import Journeys

FOLDER = ROOT / "collections"
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document(app):
    return app.test_client().get("/openapi.json").get_json()


@pytest.fixture(scope="module")
def built(document):
    return folders.build(document)


@pytest.fixture(scope="module")
def requests(built):
    """Every request with its path of folders, in the order of a whole run."""
    return [(path, request) for folder in built for path, request in folder.requests()]


@pytest.fixture(scope="module")
def written(document):
    return {name: make(LOCAL) for name, make in Collections(document).files().items()}


def operations_in(document):
    return {
        f"{method.upper()} {path}"
        for path, item in document["paths"].items()
        for method in item
        if method in METHODS
    }


def items_of(node):
    for item in node["item"]:
        if "item" in item:
            yield from items_of(item)
        else:
            yield item


def requests_of(collection):
    yield from collection["requests"]
    for folder in collection["folders"]:
        yield from requests_of(folder)


def collections_of(collection):
    yield collection
    for folder in collection["folders"]:
        yield from collections_of(folder)


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_those_of_the_api(written, name):
    assert (FOLDER / name).read_bytes() == written[name], "run: make collections ARGS=write"


def test_making_them_again_changes_nothing(document, written):
    again = {name: make(LOCAL) for name, make in Collections(copy.deepcopy(document)).files().items()}

    assert again == written


def test_a_changed_route_changes_the_files(document, written):
    changed = copy.deepcopy(document)
    changed["paths"]["/api/v1/courses"]["get"]["summary"] = "List something else."

    made = {name: make(LOCAL) for name, make in Collections(changed).files().items()}

    assert made["postman.json"] != written["postman.json"]
    assert made["hoppscotch.json"] != written["hoppscotch.json"]


def test_a_removed_route_that_a_journey_uses_is_named(document):
    changed = copy.deepcopy(document)
    del changed["paths"]["/api/v1/lessons/{lesson_id}/complete"]

    with pytest.raises(LookupError, match="complete_lesson"):
        folders.build(changed)


def test_every_operation_has_one_request_of_its_noun(document, requests):
    ours = [
        request for path, request in requests if path[0] in {"Nouns", "Last: end sessions"}
        if request.name != "Log in once more"
    ]  # fmt: skip

    assert len(ours) == len(operations_in(document))
    assert max(Counter((request.method, request.name) for request in ours).values()) == 1


def test_no_two_requests_of_a_folder_have_one_name(requests):
    assert [
        name
        for name, count in Counter((path, request.name) for path, request in requests).items()
        if count > 1
    ] == []


def test_every_request_is_described_tested_and_has_saved_answers(requests):
    of_the_api = [request for _, request in requests if len(request.examples) > 1]

    assert len(of_the_api) > 240
    assert [request.name for _, request in requests if not request.about or len(request.checks) < 2] == []
    assert [request.name for request in of_the_api if "Reason codes" not in request.about] == []
    assert [request.name for request in of_the_api if not any(e.status < 300 for e in request.examples)] == []
    assert [
        request.name for request in of_the_api if not any(e.status >= 400 for e in request.examples)
    ] == []
    assert all(request.checks[0].expression == "status" for _, request in requests)


def is_like(example, request):
    """Whether a saved answer has the status that is expected, and the reason code."""
    code = next((each.expected for each in request.checks if each.expression == "answer.error.code"), None)
    return example.status == request.status and code in {None, code_of(example)}


def code_of(example):
    return json.loads(example.content)["error"]["code"] if example.status >= 400 else None


def test_every_request_has_a_saved_answer_like_the_one_that_it_gets(requests):
    without = [
        (*path, request.name)
        for path, request in requests
        if not any(is_like(example, request) for example in request.examples)
    ]

    assert without == [], "run: make examples"


def test_a_saved_refusal_is_the_answer_to_the_request_that_it_is_saved_with(app, api, requests, make):
    """All but those that depend on what was sent before."""
    client = app.test_client()
    logins = {"admin": make.admin(), "student": make.student(), "newcomer": make.student()}
    tokens = {f"{name}_token": api.as_(user).token for name, user in logins.items()}
    sending = Journeys(client, lambda: None, tokens)
    wrong, sent = [], set()

    for path, request in requests:
        for example in request.examples:
            if path[0] != "Nouns" or example.status < 400 or example.name == "Sent again":
                continue
            response = sending.send_one(example.request)
            code = (response.get_json() or {}).get("error", {}).get("code")
            sent.add(example.name)
            if (response.status_code, code) != (example.status, code_of(example)):
                wrong.append((request.name, example.name, response.status_code, code))

    assert len(sent) == 6
    assert wrong == []


def test_the_documentation_has_the_size_of_the_collections(requests):
    """As `make collections` counts: in Hoppscotch, a request whose file cannot be kept has one test."""
    every = [request for _, request in requests]
    again = [request for path, request in requests if path[0] in {"Log in", "Journeys", "Roles"}]
    read = (ROOT / "docs" / "collections.md").read_text(encoding="utf-8")

    assert f"| everything, once | {size_of(every)} |" in read
    assert f"a second time | {size_of(again)} |" in read


def size_of(requests):
    with_newman = sum(len(each.checks) for each in requests)
    with_hoppscotch = sum(1 if each.body and not each.body.is_text else len(each.checks) for each in requests)
    return f"{len(requests)} | {with_newman:,} with Newman, {with_hoppscotch:,} with Hoppscotch"


def test_both_tools_send_the_same_file_of_questions(requests):
    sent = {
        request.body.file_name: request.body.content
        for _, request in requests
        if request.body and request.body.file_name.endswith((".xml", ".gift"))
    }

    assert len(sent) == 2
    assert sent == {name: (FOLDER / name).read_text(encoding="utf-8") for name in sent}


def test_what_is_refused_on_purpose_is_described_so(requests):
    refused = [request for _, request in requests if request.status >= 300]

    assert len(refused) > 30
    assert [request.name for request in refused if "on purpose" not in request.about] == []


def test_every_folder_is_described(built):
    def folders_in(items):
        for item in items:
            if isinstance(item, Folder):
                yield item
                yield from folders_in(item.items)

    every = list(folders_in(built))

    assert len(every) > 30
    assert [folder.name for folder in every if not folder.about] == []


def test_every_operation_has_a_recorded_refusal(document):
    names = {
        operation["operationId"]
        for item in document["paths"].values()
        for method, operation in item.items()
        if method in METHODS
    }

    assert set(refusals()) == names, "run: make examples"


def unset_variables(requests):
    known = set(variables.given(LOCAL, is_production=False))
    for path, request in requests:
        known |= set(request.before)
        yield from ((*path, request.name, name) for name in request.variables() if name not in known)
        known |= set(request.saves)


def test_every_variable_is_set_before_it_is_used(requests):
    assert list(unset_variables(requests)) == []


def test_a_variable_that_nothing_sets_is_found():
    asking = CollectionRequest("Show", "GET", "/courses/{{course_id}}", token="{{admin_token}}")

    found = [name for *_, name in unset_variables([(("Folder",), asking)])]

    assert found == ["course_id", "admin_token"]


def test_each_journey_logs_in_only_as_its_own_user_and_needs_nothing_of_another(built):
    logins, journeys = built[0], built[1]
    for journey in journeys.items:
        assert list(unset_variables([*logins.requests(), *journey.requests()])) == [], journey.name


def test_what_ends_a_session_comes_last(requests):
    ending = {"Log out", "Log out everywhere", "End one of your sessions"}

    first = min(number for number, (_, request) in enumerate(requests) if request.name in ending)
    assert {path[0] for path, _ in requests[first:]} == {"Last: end sessions"}


def test_postman_has_what_its_tools_need(written):
    collection = json.loads(written["postman.json"])
    items = list(items_of(collection))

    assert collection["info"]["schema"].endswith("/v2.1.0/collection.json")
    assert all(item["request"]["url"]["host"] == ["{{base_url}}"] for item in items)
    assert all(item["request"]["url"]["path"] for item in items)
    assert all({event["listen"] for event in item["event"]} == {"prerequest", "test"} for item in items)
    assert "async" not in json.dumps([item["event"] for item in items])
    parts = [part for item in items for part in item["request"].get("body", {}).get("formdata", ())]
    sent = [part["src"] for part in parts if part["type"] == "file"]
    assert sent
    assert all((FOLDER / name).is_file() for name in sent)


def test_the_ids_of_postman_are_unique(written):
    collection = json.loads(written["postman.json"])

    def ids(node):
        for item in node["item"]:
            yield item["id"]
            yield from (each["id"] for each in item.get("response", ()))
            yield from ids(item) if "item" in item else ()

    found = Counter(ids(collection))
    assert [each for each, count in found.items() if count > 1] == []


def test_hoppscotch_has_what_its_tools_need(written):
    collection = json.loads(written["hoppscotch.json"])
    environment = json.loads(written["hoppscotch-environment.json"])

    for each in collections_of(collection):
        assert {"v", "name", "folders", "requests", "headers", "auth", "variables"} == set(each)
        assert (each["v"], each["variables"]) == (10, [])
    for each in requests_of(collection):
        assert {"params", "headers", "auth", "body", "preRequestScript", "testScript"} <= set(each)
        assert {"requestVariables", "responses"} <= set(each)
        assert each["v"] == "15"
        assert {"authType", "authActive"} <= set(each["auth"])
        assert {"contentType", "body"} == set(each["body"])
        assert "pw.test(" in each["testScript"]
        assert "hopp." not in each["testScript"] + each["preRequestScript"]
        assert "{{" not in each["endpoint"] + json.dumps([each["params"], each["headers"], each["body"]])
    assert (environment["v"], environment["id"]) == (2, "rollcall")
    assert all({"currentValue", "initialValue"} <= set(each) for each in environment["variables"])


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_served_to_be_saved(app, name):
    response = app.test_client().get(f"/{name}")

    assert response.status_code == 200
    assert response.mimetype == "application/json"
    assert response.headers["Content-Disposition"] == f'attachment; filename="rollcall-{name}"'
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    again = app.test_client().get(f"/{name}", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"hoppscotch.json", "arazzo.json"}])
@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("localhost:8765", "http://localhost:8765"),
        ("127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("evil.example", "http://rollcall.test"),
    ],
)
def test_the_address_is_the_one_that_the_client_used_on_this_machine(app, name, host, address):
    content = json.loads(app.test_client().get(f"/{name}", headers={"Host": host}).text)

    given = content.get("values") or content.get("variables") or content.get("variable")
    assert [each.get("value", each.get("currentValue")) for each in given if each["key"] == "base_url"] == [
        address
    ]


@pytest.mark.parametrize("name", ["postman.json", "hoppscotch.json"])
def test_the_address_is_that_of_the_saved_answers_too(app, name):
    content = app.test_client().get(f"/{name}", headers={"Host": "localhost:8765"}).text

    assert "http://localhost:8765/problems/" in content
    assert LOCAL not in content


def test_the_workflow_names_operations_that_exist(document, written):
    workflow = json.loads(written["arazzo.json"])
    (bulk,) = workflow["workflows"]
    changed = copy.deepcopy(document)
    del changed["paths"]["/api/v1/courses/{course_id}/unassign-multiple"]

    assert workflow["sourceDescriptions"][0]["url"] == f"{LOCAL}/openapi.json"
    assert [step["stepId"] for step in bulk["steps"]] == [
        "log_in", "preview", "look", "assign", "read_refused", "take_out",
    ]  # fmt: skip
    with pytest.raises(LookupError, match="unassign_people"):
        arazzo.document(changed, LOCAL)


def test_production_gives_away_no_demo_login(document):
    files = Collections(document, is_production=True).files()

    environment = json.loads(files["postman-environment.json"](LOCAL))

    values = {each["key"]: each["value"] for each in environment["values"]}
    assert {values[name] for name in (*variables.LOGINS, "password")} == {""}
    assert b"Rollcall-demo-1" not in files["hoppscotch-environment.json"](LOCAL)


def test_the_command_writes_every_file(app, tmp_path):
    done = app.test_cli_runner().invoke(args=["collections", "write", "--folder", str(tmp_path)])

    assert done.exit_code == 0, done.output
    assert {path.name for path in tmp_path.iterdir()} == set(NAMES)
