"""What a person sees in a browser: every page from our own files alone, under a strict policy."""

import hashlib
import html
import json
import re

import pytest

from app.web.collections.serving import NAMES
from app.web.openapi.examples.requests import PASSWORD
from tests.support.paths import ROOT

VENDOR = ROOT / "app" / "static" / "vendor"
PAGES = [
    *("/developers", "/docs", "/redoc", "/problems", "/problems/course_full"),
    *("/mail/verify-email?token=x", "/mail/set-password?token=x"),
]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_only_files_of_ours_that_exist(app, path):
    client = app.test_client()

    page = client.get(path)

    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert page.status_code == 200
    assert all(address.startswith("/") for address in loaded), loaded
    assert {client.get(address, follow_redirects=True, buffered=True).status_code for address in loaded} == {
        200
    }


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_inline_script_and_forbids_any(app, path):
    page = app.test_client().get(path)

    policy = page.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]* src=)|\son[a-z]+=|javascript:", page.text)
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"script-src|https?:|unsafe-eval|\*", policy)


def test_only_the_two_documents_may_write_styles(app):
    policies = {path: app.test_client().get(path).headers["Content-Security-Policy"] for path in PAGES}

    assert {path for path, policy in policies.items() if "'unsafe-inline'" in policy} == {"/docs", "/redoc"}


def test_the_docs_page_keeps_the_authorization(app):
    page = app.test_client().get("/docs").text

    told = json.loads(html.unescape(re.search(r'data-config="([^"]+)"', page).group(1)))
    assert told["persistAuthorization"] is True


def test_the_page_for_developers_leads_to_documents_collections_and_logins(app, setting):
    setting(app_env="development")

    page = app.test_client().get("/developers", headers={"Host": "localhost:8123"})

    links = set(re.findall(r'href="([^"]+)"', page.text))
    assert {"/docs", "/redoc", "/problems", "/openapi.json", "/api/v1"} <= links
    assert {f"/{name}" for name in NAMES} <= links
    assert all(login in page.text for login in ("admin@example.org", "instructor@", "student@", PASSWORD))
    assert "curl http://localhost:8123/api/v1/auth/login" in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")


def test_the_page_for_developers_names_no_login_in_production(app, setting):
    setting(app_env="production")

    page = app.test_client().get("/developers").text

    assert "example.org" not in page.replace("you@example.org", "")
    assert PASSWORD not in page


def test_the_collections_can_be_downloaded_from_the_docs(app):
    page = app.test_client().get("/docs").text

    assert 'href="/postman.json"' in page
    assert 'href="/hoppscotch.json"' in page


def test_the_icon_is_there(app):
    response = app.test_client().get("/favicon.ico", buffered=True)

    assert response.status_code == 200
    assert response.data.startswith(b"\x00\x00\x01\x00")


def test_an_unknown_reason_code_has_no_page(app):
    assert app.test_client().get("/problems/no_such_code").status_code == 404


@pytest.mark.parametrize(
    ("code", "statuses"),
    [("course_full", ["409"]), ("token_invalid", ["401", "400"]), ("invalid_request", ["422", "400"])],
)
def test_a_reason_code_names_each_status_that_it_comes_with(app, code, statuses):
    page = app.test_client().get(f"/problems/{code}").text
    (row,) = re.findall(
        rf"<td>([\d, ]+)</td>\s*<td>[^\n]*<code>{code}<", app.test_client().get("/problems").text
    )

    assert re.findall(r"HTTP (\d+)", page) == row.split(", ") == statuses


def test_what_is_in_backticks_is_code(app):
    page = app.test_client().get("/problems/identity_conflict").text

    assert "<code>?on_conflict=update</code>" in page
    assert "`" not in page


def test_the_vendored_files_are_those_of_the_checksums():
    lines = (VENDOR / "SHA256SUMS").read_text().splitlines()
    listed = {name: digest for digest, name in (line.split("  ") for line in lines)}

    found = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.glob("*/*")
    }

    assert found == listed
