"""The bad-input corpus on every parameter of every endpoint, and the reading of whatever was taken in."""

import pytest

from app.blueprints import ALL
from app.web import reception
from tests.corpus import generated
from tests.corpus.harness import Platform, trouble_with
from tests.support.http import PREFIX

TAGS = [blueprint.name for blueprint in ALL]


@pytest.fixture(scope="module")
def operations(app):
    return generated.operations_of(app.test_client().get("/openapi.json").get_json())


@pytest.fixture
def platform(app, _janitor):
    return Platform(app, _janitor)


def caller_of(operation):
    is_stranger = (
        operation.tag == "auth" and operation.method == "POST" and operation.document.get("security") == []
    )
    return None if is_stranger else operation.caller


def longest_body(platform, operation):
    """How many bytes the operation reads of a body, from the caller that `send` sends it as."""
    caller = caller_of(operation)
    return platform.app.extensions[reception.EXTENSION].body_limit_for(
        operation.method,
        PREFIX + generated.path_of(operation.name, platform.scene),
        f"Bearer {platform.tokens[caller]}" if caller else "",
    )


def refused(platform, operation):
    return list(generated.refused(operation, platform.scene, longest_body(platform, operation)))


def send(platform, operation, request):
    sent = dict(request.sends)
    if isinstance(sent.get("data"), dict):
        sent["data"] = generated.opened(sent["data"])
    return platform.send(
        operation.method, request.path, caller=caller_of(operation), query=request.query, **sent
    )


def trouble_of(witness, operation, request, response):
    if response.status_code >= 500:
        return f"{response.status_code}: {response.text[:200]}"
    if request.expects and (trouble := trouble_with(response, request.expects)):
        return trouble
    if request.blames and not names(response, request.blames):
        return f"it is about something else: {response.text[:200]}"
    try:
        witness.check(operation.method, PREFIX + request.path, response)
    except (AssertionError, KeyError) as undocumented:
        return str(undocumented)[:200]
    return None


def names(response, blamed):
    """Whether a refusal names the member, or the one that holds it."""
    return any(
        f"{blamed}.".startswith(f"{named}.") or f"{named}.".startswith(f"{blamed}.")
        for named in response.get_json()["error"]["details"]
    )


def test_every_part_of_the_interface_has_its_turn(operations):
    assert {operation.tag for operation in operations} == set(TAGS)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("tag", TAGS)
def test_what_must_not_be_sent_is_refused_everywhere(platform, _witness, operations, tag, record_property):
    wrong, sent = {}, 0
    for operation in (each for each in operations if each.tag == tag):
        requests = refused(platform, operation)  # good ones need tokens, which are rows
        assert len(requests) > 3
        before = platform.digest()
        for request in requests:
            sent += 1
            response = send(platform, operation, request)
            if trouble := trouble_of(_witness, operation, request, response):
                wrong[f"{operation.name}: {request.about}"] = trouble
        if platform.digest() != before:
            wrong[f"{operation.name}: changes"] = "something that was refused changed the database"

    record_property(f"refused: {tag}", sent)
    assert wrong == {}


def test_bodies_are_wrong_in_every_way_also_within_the_length_that_is_read(platform, operations):
    taking = [each for each in operations if each.body]

    unread = {}
    for operation in taking:
        read = {
            int(float(request.about.split()[0]))
            for request in refused(platform, operation)
            if request.expects != generated.TOO_LONG
        }
        if missing := generated.BROKEN - read:
            unread[operation.name] = missing

    assert len(taking) > 30
    assert unread == {}


@pytest.mark.parametrize("tag", TAGS)
def test_what_is_left_blank_is_as_if_it_were_not_sent(app, _janitor, operations, tag):
    wrong = {}
    for operation in (each for each in operations if each.tag == tag and each.parameters("query")):
        platform = Platform(app, _janitor)
        good = outline(operation, send(platform, operation, generated.plain(operation, platform.scene)))
        for place in range(len(list(generated.blank(operation, platform.scene)))):
            platform.stage_afresh()
            request = list(generated.blank(operation, platform.scene))[place]
            answered = outline(operation, send(platform, operation, request))
            if answered != good:
                wrong[f"{operation.name}: {request.about}"] = answered

    assert wrong == {}


def outline(operation, response):
    """The whole answer; of a refusal or an action, which name what is new each time, only how it went."""
    if operation.method == "GET" and response.status_code == 200:
        return response.status_code, response.text
    return response.status_code, (response.get_json(silent=True) or {}).get("message")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("tag", TAGS)
def test_what_is_odd_and_taken_can_be_read_everywhere(
    app, _witness, _janitor, operations, tag, record_property
):
    """After each operation the GETs of its own noun are read, and after the last one all: its rows are there still."""
    lists = [each for each in operations if each.method == "GET"]
    near = [each for each in lists if each.tag == tag]
    ours = [each for each in operations if each.tag == tag]
    wrong, sent = {}, 0
    for operation in ours:
        platform, taken = Platform(app, _janitor), 0
        for request in generated.allowed(operation, platform.scene):
            sent += 1
            response = send(platform, operation, request)
            taken += response.status_code < 400 and operation.method != "GET"
            if trouble := trouble_of(_witness, operation, request, response):
                wrong[f"{operation.name}: {request.about}"] = trouble
        for reading in lists if operation is ours[-1] else near if taken else ():
            for trouble in read_back(platform, _witness, reading):
                wrong[f"{reading.name} after {operation.name}"] = trouble

    record_property(f"taken: {tag}", sent)
    assert wrong == {}


def read_back(platform, witness, reading):
    """What is wrong with reading it all, as the caller who may see most."""
    path = generated.path_of(reading.name, platform.scene)
    for caller in ("admin", "owner", "student"):
        response = platform.send(
            "GET", path, caller=caller, query="page_size=100" if is_list(reading) else ""
        )
        request = generated.Request("", (), path)
        if trouble := trouble_of(witness, reading, request, response):
            yield f"{caller}: {trouble}"
        if response.status_code == 200 and (response.get_json(silent=True) or {}).get("data"):
            return


def is_list(reading):
    return any(each["name"] == "page_size" for each in reading.parameters("query"))
