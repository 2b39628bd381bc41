"""A browser and a site with the demo's records for each process of pytest; a fresh context for each test.

A test fails on any console error, exception, failed request, or violation of the Content Security Policy that it does not
expect. Its name says what it is about; what went wrong is in the message.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.support import browsing, demo_site
from tools import chromium

HERE = Path(__file__).parent


SLOWEST = 20_000
"""Milliseconds that a page may take for anything, on a machine that is busy with other tests."""


def pytest_collection_modifyitems(items):
    """The first test of a process loads the demo within its own time."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def chrome():
    """A running browser. It is the machine's own; nothing is downloaded."""
    browsing.need_chromium(chromium.why_missing(), is_ci=bool(os.environ.get("CI")))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.found(), args=list(chromium.FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def _demo_site(chrome, config, worker_name, tmp_path_factory):
    """After the browser, so that nothing is loaded for tests that are skipped."""
    with demo_site.served(config, worker_name, tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def site(_demo_site):
    """The platform with its demo at `site.url`; what the test changes is undone after it."""
    yield _demo_site
    _demo_site.restore()


@pytest.fixture
def visit(chrome, site):
    """A page in a fresh context: `visit(width=390, theme="dark", role="student")`; other options are Playwright's."""
    opened = []

    def run(
        *,
        width=browsing.WIDE,
        height=800,
        theme="light",
        role=None,
        locale="en-GB",
        zone="Europe/London",
        **options,
    ):
        context = chrome.new_context(
            base_url=site.url,
            viewport={"width": width, "height": height},
            color_scheme=theme,
            locale=locale,
            timezone_id=zone,
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(SLOWEST)
        watch = browsing.Watch(context)
        opened.append((context, watch))
        page = context.new_page()
        page.watch = watch
        if role:
            browsing.sign_in(page, site, role)
        return page

    yield run
    for context, _ in opened:
        context.close()
    assert [wrong for _, watch in opened for wrong in watch.unexpected()] == []


@pytest.fixture
def page(visit):
    """A page of 1280 pixels, for a visitor who has not signed in."""
    return visit()
