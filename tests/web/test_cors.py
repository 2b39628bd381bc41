"""Pages of other origins: exactly those that are named may call."""

import pytest

from app.web.cors import EXPOSED_HEADERS
from tests.support.http import PREFIX

FOREIGN = [
    "null",
    "https://evil.example.org",
    "https://hoppscotch.io.evil.example.org",
    "https://evil-hoppscotch.io",
    "http://hoppscotch.io",
    "http://localhost.evil.example.org",
    "http://evil.example.org/http://localhost",
    "http://localhost:80:80",
    "http://localhost:123456",
    "http://127.0.0.1.evil.example.org",
    "http://127.0.0.10:3000",
    "http://192.168.0.1:3000",
    "https://app.example.org.evil.example.org",
    "https://APP.example.org",
    "http://app.example.org",
    "https://app.example.org:8443",
    "https://app.example.org/",
    "local",
    "*",
    "",
]
LOCAL = ["http://localhost:3000", "http://localhost", "http://127.0.0.1:5173", "https://hoppscotch.io"]
PREFLIGHT = {
    "Access-Control-Request-Method": "PATCH",
    "Access-Control-Request-Headers": "authorization,content-type,if-match",
}


def ask(api, path, origin):
    """What a browser sends before the request of another origin's page."""
    return api.app.test_client().options(PREFIX + path, headers={"Origin": origin, **PREFLIGHT})


def allowed(response):
    return response.headers.get("Access-Control-Allow-Origin")


@pytest.mark.parametrize("origin", LOCAL)
def test_in_development_pages_of_this_machine_may_call(api, origin):
    response = api.get("/courses", headers={"Origin": origin})

    assert allowed(response) == origin


@pytest.mark.parametrize("origin", LOCAL)
def test_in_production_they_may_not(api, setting, origin):
    setting(app_env="production", force_https="off")

    assert allowed(api.get("/courses", headers={"Origin": origin})) is None


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_origin_may_not_call(api, setting, origin):
    setting(cors_origins=("local", "https://app.example.org"))

    plain = api.get("/courses", headers={"Origin": origin})
    preflight = ask(api, "/courses", origin)

    assert (allowed(plain), allowed(preflight)) == (None, None)
    assert "Access-Control-Allow-Methods" not in preflight.headers
    assert "Origin" in plain.vary


def test_an_origin_that_is_named_may_call_in_production(api, setting):
    setting(app_env="production", force_https="off", cors_origins=("https://app.example.org",))

    response = api.get("/courses", headers={"Origin": "https://app.example.org"})

    assert allowed(response) == "https://app.example.org"


def test_a_page_may_read_what_clients_need_and_never_sends_cookies(api):
    response = api.get("/courses", headers={"Origin": "http://localhost:3000"})

    assert response.headers["Access-Control-Expose-Headers"] == ", ".join(EXPOSED_HEADERS)
    assert {"ETag", "Link", "Location", "Retry-After", "X-Request-ID"} <= set(EXPOSED_HEADERS)
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert "Set-Cookie" not in response.headers


def test_a_page_may_read_the_name_of_a_file(api, make):
    origin = {"Origin": "http://localhost:3000"}

    sheet = api.as_(make.admin()).get(f"/courses/{make.course().id}/enrollments?format=csv", headers=origin)

    assert sheet.headers["Content-Disposition"].endswith('filename="roster.csv"')
    assert "Content-Disposition" in sheet.headers["Access-Control-Expose-Headers"].split(", ")


def test_a_refusal_can_be_read_too(api):
    response = api.get("/auth/me", headers={"Origin": "http://localhost:3000"})

    assert (response.status_code, allowed(response)) == (401, "http://localhost:3000")


def test_a_preflight_allows_what_the_api_takes(api):
    response = ask(api, "/auth/me", "http://localhost:3000")

    assert response.status_code == 204
    assert {"PATCH", "PUT", "DELETE", "POST"} <= set(
        response.headers["Access-Control-Allow-Methods"].split(", ")
    )
    assert {"Authorization", "Content-Type", "If-Match", "Idempotency-Key", "Prefer"} <= set(
        response.headers["Access-Control-Allow-Headers"].split(", ")
    )
    assert int(response.headers["Access-Control-Max-Age"]) > 0


def test_a_preflight_asks_neither_for_a_token_nor_the_database(api, statements):
    with statements() as seen:
        answers = [
            ask(api, path, "http://localhost:3000")
            for path in ("/users", "/courses", "/auth/logout-all", "/dashboard/stats")
        ]

    assert {answer.status_code for answer in answers} == {204}
    assert seen == []
