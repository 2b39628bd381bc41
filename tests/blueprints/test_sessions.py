"""Logging out, and ending sessions one by one."""

from tests.support.accounts import session_of
from tests.support.http import assert_refused, data_of
from tests.support.rows import PASSWORD


def test_logging_out_ends_this_session_at_the_next_request(api, ada):
    here, elsewhere = session_of(api, ada)["tokens"], session_of(api, ada)["tokens"]

    response = api.with_token(here["access"]).post("/auth/logout")

    assert data_of(response) is None
    assert_refused(api.with_token(here["access"]).get("/auth/me"), 401, "unauthenticated")
    assert data_of(api.with_token(elsewhere["access"]).get("/auth/me"))


def test_logging_out_by_refresh_token_ends_that_session(api, ada):
    here, elsewhere = session_of(api, ada)["tokens"], session_of(api, ada)["tokens"]

    data_of(api.with_token(here["access"]).post("/auth/logout", json={"refresh": elsewhere["refresh"]}))

    assert_refused(api.with_token(elsewhere["access"]).get("/auth/me"), 401, "unauthenticated")
    assert data_of(api.with_token(here["access"]).get("/auth/me"))


def test_no_user_logs_out_another_user(api, make, ada):
    theirs = session_of(api, ada)["tokens"]

    response = api.as_(make.student()).post("/auth/logout", json={"refresh": theirs["refresh"]})

    assert_refused(response, 401, "token_invalid")
    assert data_of(api.with_token(theirs["access"]).get("/auth/me"))


def test_logging_out_everywhere_ends_all_of_ones_sessions(api, make, ada):
    here, elsewhere, other = (
        session_of(api, ada)["tokens"],
        session_of(api, ada)["tokens"],
        api.as_(make.student()),
    )

    data_of(api.with_token(here["access"]).post("/auth/logout-all"))

    for tokens in (here, elsewhere):
        assert_refused(api.with_token(tokens["access"]).get("/auth/me"), 401, "unauthenticated")
    assert data_of(other.get("/auth/me"))


def test_the_list_of_sessions_distinguishes_devices(api, ada):
    login = {"email": ada.email, "password": PASSWORD}
    api.post("/auth/login", json=login, headers={"User-Agent": "Phone"})
    here = data_of(api.post("/auth/login", json=login, headers={"User-Agent": "Laptop"}))["tokens"]["access"]

    listed = data_of(api.with_token(here).get("/auth/sessions"))

    seen = [(session["user_agent"], session["ip_address"], session["is_current"]) for session in listed]
    assert seen == [("Laptop", "127.0.0.1", True), ("Phone", "127.0.0.1", False)]


def test_one_session_is_ended_without_the_others(api, make, ada):
    here, elsewhere, stranger = api.as_(ada), api.as_(ada), api.as_(make.student())
    lost = next(row["id"] for row in data_of(elsewhere.get("/auth/sessions")) if row["is_current"])

    assert_refused(stranger.delete(f"/auth/sessions/{lost}"), 404, "not_found")
    assert here.delete(f"/auth/sessions/{lost}").status_code == 204
    assert_refused(elsewhere.get("/auth/me"), 401, "unauthenticated")
    assert_refused(here.delete(f"/auth/sessions/{lost}"), 404, "not_found")
    assert len(data_of(here.get("/auth/sessions"))) == 1
