"""How requests reach us: over HTTPS, under our name, through proxies that are counted."""

import dataclasses

import pytest

from app import create_app
from tests.support.http import assert_refused

HOME = "https://rollcall.example.org"


@pytest.fixture
def in_production(setting):
    setting(app_env="production", force_https="auto", public_url=HOME)


@pytest.fixture(scope="module")
def behind_a_proxy(config):
    """An application that believes one proxy."""
    return create_app(dataclasses.replace(config, trusted_proxies=1, force_https="on", public_url=HOME))


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/api/v1/courses", "/api/v1/courses"),
        ("/api/v1/courses?page=2&search=a%26b", "/api/v1/courses?page=2&search=a%26b"),
        ("/problems", "/problems"),
        ("/a%0d%0aSet-Cookie:x=1", "/a%0D%0ASet-Cookie%3Ax%3D1"),
    ],
)
def test_plain_http_is_sent_to_our_own_address(app, in_production, path, target):
    response = app.test_client().get(path, headers={"Host": "evil.example.org"})

    assert response.status_code == 308
    assert response.headers["Location"] == HOME + target
    assert "Set-Cookie" not in response.headers


def test_a_redirect_keeps_method_and_body(app, in_production):
    response = app.test_client().post("/api/v1/auth/login", json={"email": "a@example.org", "password": "x"})

    assert response.status_code == 308


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_are_answered_over_plain_http_and_under_any_name(app, in_production, setting, path):
    setting(trusted_hosts=("rollcall.example.org",))

    assert app.test_client().get(path, headers={"Host": "10.1.2.3:8000"}).status_code == 200


def test_browsers_are_asked_to_stay_with_https(app, in_production):
    secure = app.test_client().get("/problems", base_url=HOME)
    plain = app.test_client().get("/healthz")

    assert secure.status_code == 200
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in plain.headers


@pytest.mark.parametrize("changed", [{"force_https": "off"}, {"app_env": "development"}])
def test_plain_http_is_served_where_it_is_wanted(app, in_production, setting, changed):
    setting(**changed)

    response = app.test_client().get("/problems")

    assert response.status_code == 200
    assert "Strict-Transport-Security" not in response.headers


def test_a_header_that_no_proxy_of_ours_wrote_is_not_believed(app, in_production):
    response = app.test_client().get("/problems", headers={"X-Forwarded-Proto": "https"})

    assert response.status_code == 308


def test_a_proxy_that_is_counted_is_believed(behind_a_proxy):
    response = behind_a_proxy.test_client().get("/problems", headers={"X-Forwarded-Proto": "https"})

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("forwarded", "seen"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("10.0.0.1, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1, 203.0.113.7", "203.0.113.7"),
        ("rubbish, 203.0.113.7", "203.0.113.7"),
        (None, "127.0.0.1"),
    ],
)
def test_a_client_cannot_choose_its_address(behind_a_proxy, forwarded, seen):
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    told = []

    def remember(environ, start_response):
        told.append(environ["REMOTE_ADDR"])
        return inner(environ, start_response)

    proxy = behind_a_proxy.wsgi_app
    inner, proxy.app = proxy.app, remember
    try:
        behind_a_proxy.test_client().get("/healthz", headers=headers)
    finally:
        proxy.app = inner

    assert told == [seen]


def test_a_name_that_is_not_ours_is_not_served(api, setting):
    setting(trusted_hosts=("rollcall.example.org", ".example.net"))

    answers = {
        host: api.get("/courses", headers={"Host": host}).status_code
        for host in ("rollcall.example.org", "a.example.net:8000", "example.net")
    }
    refused = api.app.test_client().get("/api/v1/courses", headers={"Host": "evil.example.org"})

    assert set(answers.values()) == {200}
    assert_refused(refused, 404, "not_found")
