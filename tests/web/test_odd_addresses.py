"""Pages and files outside the API answer odd addresses with 4xx as well."""

import uuid

import pytest
from werkzeug.routing import IntegerConverter, UUIDConverter

ODD = "A\x00B"
NAMES = ("token", "user", "signature", "next", "id", "lang")


@pytest.fixture
def visitor(app):
    """A browser, to which an unhandled error is a response with 500."""
    before = app.testing
    app.testing = False
    yield app.test_client()
    app.testing = before


def test_a_null_byte_in_an_address_is_no_server_error(app, visitor):
    statuses = {}
    for address in addresses(app):
        with visitor.get(address) as response:
            statuses[address] = response.status_code

    assert len(statuses) > 40
    assert {address: status for address, status in statuses.items() if status >= 500} == {}


def addresses(app):
    """Every page and file, with a null byte for each text in its path, and in its query."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/") or "GET" not in rule.methods:
            continue
        converters = rule._converters
        _, path = rule.build({name: filled(converters[name]) for name in rule.arguments})
        yield path
        yield f"{path}?{'&'.join(f'{name}=%00' for name in NAMES)}"


def filled(converter):
    if isinstance(converter, IntegerConverter):
        return 1
    return uuid.uuid4() if isinstance(converter, UUIDConverter) else ODD
