"""Responses that are the same for every caller are compressed, and not sent again to a client that has them."""

from __future__ import annotations

import gzip
import json

import pytest
from flask.testing import FlaskClient

from tests.support.http import data_of

DOCUMENT = "/openapi.json"
SCRIPT = "/static/vendor/swagger-ui/swagger-ui-bundle.js"
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def browser(app):
    class Browser(FlaskClient):
        """Reads each answer to its end, so that files are closed."""

        def open(self, *args, **kwargs):
            return super().open(*args, buffered=True, **kwargs)

    return Browser(app, app.response_class)


@pytest.mark.parametrize("path", [DOCUMENT, SCRIPT, "/problems", "/static/pages.css"])
def test_what_is_the_same_for_every_caller_is_compressed(browser, path):
    plain = browser.get(path, headers={"Accept-Encoding": "identity"})

    packed = browser.get(path, headers=GZIP)

    assert (plain.status_code, packed.status_code) == (200, 200)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
    assert packed.mimetype == plain.mimetype
    assert "Accept-Encoding" in plain.vary
    assert "Accept-Encoding" in packed.vary


def test_the_document_is_a_tenth_on_the_wire(browser):
    plain, packed = browser.get(DOCUMENT), browser.get(DOCUMENT, headers=GZIP)

    assert len(packed.data) * 10 < len(plain.data)
    assert json.loads(gzip.decompress(packed.data)) == plain.get_json()


@pytest.mark.parametrize(
    "wanted", ["", "identity", "br", "gzip;q=0", "gzip;q=0, *", "identity, gzip;q=0.5", "*;q=0"]
)
def test_who_does_not_accept_gzip_gets_none(browser, wanted):
    answer = browser.get(DOCUMENT, headers={"Accept-Encoding": wanted})

    assert "Content-Encoding" not in answer.headers
    assert answer.get_json()["openapi"]


@pytest.mark.parametrize("path", [DOCUMENT, SCRIPT])
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_who_has_it_gets_it_once(browser, path, encoding):
    first = browser.get(path, headers={"Accept-Encoding": encoding})

    again = {
        other: browser.get(path, headers={"Accept-Encoding": other, "If-None-Match": first.headers["ETag"]})
        for other in ("gzip", "identity")
    }

    assert {other: (answer.status_code, answer.data) for other, answer in again.items()} == {
        "gzip": (304, b""),
        "identity": (304, b""),
    }
    assert all("Accept-Encoding" in answer.vary for answer in again.values())
    assert browser.get(path, headers={"If-None-Match": '"another"'}).status_code == 200


def test_head_says_what_get_would(browser):
    got, asked = browser.get(DOCUMENT, headers=GZIP), browser.head(DOCUMENT, headers=GZIP)

    assert asked.data == b""
    assert {name: asked.headers[name] for name in ("Content-Encoding", "Content-Length", "ETag")} == {
        name: got.headers[name] for name in ("Content-Encoding", "Content-Length", "ETag")
    }


def test_a_part_of_a_file_is_not_compressed(browser):
    whole = browser.get(SCRIPT)

    part = browser.get(SCRIPT, headers=GZIP | {"Range": "bytes=0-9999"})

    assert (part.status_code, part.data) == (206, whole.data[:10_000])
    assert "Content-Encoding" not in part.headers


def test_answers_of_the_api_are_not_compressed(api, make):
    """They hold what a stranger wrote beside what is for the reader alone."""
    for number in range(20):
        make.course(title=f"A course of many words, number {number}")

    answer = api.get("/courses", headers=GZIP)

    assert len(data_of(answer)) == 20
    assert "Content-Encoding" not in answer.headers
