"""The client without a network: the service worker keeps one version of it, and no answer of the API."""

from __future__ import annotations

from tests.support.browsing import open_

REGISTER = """async () => {
    const { register } = await import(document.querySelector("script[type=module]").src.replace("app.js", "lib/offline.js"));
    await register();
}"""
KEPT = """async () => {
    const found = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
    return found.flat().map(({ url }) => new URL(url).pathname);
}"""


def test_without_a_network_the_client_opens_and_says_what_it_cannot_show(visit):
    page = visit()
    open_(page, "/courses")
    # A site with TLS registers it by itself.
    page.evaluate(REGISTER)
    page.wait_for_function(
        f"({KEPT})().then((kept) => kept.some((path) => path.endsWith('/pages/catalogue.js')))"
    )
    assert {path.split("/")[1] for path in page.evaluate(KEPT)} == {"", "assets"}

    page.context.set_offline(True)
    page.watch.expect("ERR_INTERNET_DISCONNECTED|ERR_FAILED")
    page.reload()
    wait_for_failure(page)
    assert page.get_by_text("The server could not be reached.").is_visible()
    assert page.get_by_role("navigation", name="Main").get_by_role("link", name="Courses").is_visible()

    page.goto("/certificates/RC-1")
    wait_for_failure(page)

    page.context.set_offline(False)
    open_(page, "/courses", "Find a course")


def wait_for_failure(page):
    """The heading says that the device is offline where the browser knows: an emulated one forgot it at a reload, before
    Chromium 156.
    """
    heading = "This did not load" if page.evaluate("navigator.onLine") else "You are offline."
    page.get_by_role("heading", level=1, name=heading).wait_for()


def test_the_worker_leaves_what_is_no_page_of_the_client_to_the_server(visit):
    page = visit()
    open_(page, "/courses")
    page.evaluate(REGISTER)
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")

    assert page.goto("/courses").from_service_worker
    assert not page.goto("/developers").from_service_worker
    assert not page.goto("/healthz").from_service_worker
