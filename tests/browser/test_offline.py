"""The client without a network: the service worker keeps one version of it, and no answer of the API."""

from __future__ import annotations

import pytest

from tests.support.browsing import open_

REGISTER = """async () => {
    const { register } = await import(document.querySelector("script[type=module]").src.replace("app.js", "lib/offline.js"));
    await register();
}"""
KEPT = """async () => {
    const found = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
    return found.flat().map(({ url }) => new URL(url).pathname);
}"""


@pytest.fixture
def installed(visit):
    """The catalogue, with the service worker that a site with TLS registers by itself."""
    page = visit()
    open_(page, "/courses")
    page.evaluate(REGISTER)
    page.wait_for_function(f"({KEPT})().then((kept) => kept.some((path) => path.endsWith('/pages/catalogue.js')))")
    page.context.set_offline(True)
    for failure in ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED"):
        page.watch.expect(failure)
    return page


def test_without_a_network_the_frame_and_what_failed_are_there(installed):
    installed.reload()

    installed.get_by_role("heading", level=1, name="This did not load").wait_for()
    assert installed.get_by_text("The server could not be reached.").is_visible()
    assert installed.get_by_role("navigation", name="Main").get_by_role("link", name="Courses").is_visible()

    installed.goto("/certificates/RC-1")
    installed.get_by_role("heading", level=1, name="This did not load").wait_for()

    installed.context.set_offline(False)
    installed.goto("/courses")
    installed.get_by_role("heading", level=1, name="Find a course").wait_for()


def test_nothing_of_the_api_is_kept(installed):
    kept = installed.evaluate(KEPT)

    assert "/" in kept
    assert {path.split("/")[1] for path in kept} == {"", "assets"}
    installed.reload()
    installed.get_by_role("heading", level=1, name="This did not load").wait_for()
