"""The address of the API itself."""

import pytest

from tests.support.http import assert_refused, data_of


@pytest.mark.parametrize("path", ["", "/"])
def test_it_leads_to_what_describes_the_api(app, api, path):
    answer = api.get(path)

    links = data_of(answer)["links"]
    assert set(links) == {"docs", "redoc", "openapi", "postman", "hoppscotch", "problems"}
    assert answer.headers["Cache-Control"] == "no-cache"
    for link in links.values():
        assert link.startswith("http://rollcall.test/")
        assert app.test_client().get(link.removeprefix("http://rollcall.test")).status_code == 200


def test_it_is_counted_like_a_read_of_the_catalogue(api, setting):
    setting(ratelimit_enabled=True)

    assert api.get("").headers["RateLimit-Limit"] == api.get("/courses").headers["RateLimit-Limit"]


def test_it_is_read_only(api):
    assert_refused(api.post("/"), 405, "method_not_allowed")
