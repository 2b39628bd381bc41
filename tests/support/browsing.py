"""What the browser tests do with a page, and what they measure of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import contextmanager
from functools import lru_cache

import pytest
from selectolax.lexbor import LexborHTMLParser

from demo.people import ADMIN, INSTRUCTORS, STUDENTS
from tests.support.paths import ROOT

AXE = ROOT / "tests" / "browser" / "vendor" / "axe-core" / "axe.min.js"
WATCHING = ROOT / "tests" / "browser" / "watching.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PEOPLE = {"admin": ADMIN.name, "instructor": INSTRUCTORS[2].name, "student": STUDENTS[0].name}
"""By role. The instructor is the owner of CCC-2014J."""

WIDE, NARROW = 1280, 390
"""Pixels."""

THEMES = ("light", "dark")
MOST_STOPS = 300
REFERENCES = (
    *("for", "form", "list", "headers", "popovertarget", "commandfor"),
    *("aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "aria-details"),
)
"""Attributes that name other elements by their ids."""


_ROLE_AND_NAME = re.compile(r"""- '?(\w+(?: "(?:[^"\\]|\\.)*")?)""")


class Watch:
    """What goes wrong in a browser context: console errors, exceptions, failed requests, violations of the policy."""

    def __init__(self, context):
        self._seen, self._expected = [], []
        context.add_init_script(path=WATCHING)
        context.on("console", self._note_console)
        context.on("weberror", lambda error: self._seen.append(f"exception: {error.error}"))
        context.on("requestfailed", self._note_request)

    def _note_console(self, message):
        if message.type in {"error", "warning"}:
            self._seen.append(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _note_request(self, request):
        # The client itself ends requests whose answer is no longer wanted, and leaving a page does.
        if request.failure != "net::ERR_ABORTED":
            self._seen.append(f"request: {request.method} {request.url} {request.failure}")

    def expect(self, pattern):
        """From now on this may go wrong, and has to: `watch.expect("status of 404")`."""
        self._expected.append(re.compile(pattern))

    def unexpected(self):
        """What went wrong and was not expected, and what was expected and did not."""
        wrong = [seen for seen in self._seen if not any(each.search(seen) for each in self._expected)]
        missed = [each for each in self._expected if not any(each.search(seen) for seen in self._seen)]
        return wrong + [f"expected, and did not happen: {each.pattern}" for each in missed]


def need_chromium(missing, *, is_ci):
    """Skip the test where there is no browser; in CI, fail instead: nothing is left out there."""
    if missing and is_ci:
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)


def sign_in(page, site, role):
    """Sign in as the demo's person of this role, or by name, without the form: the next page opens signed in."""
    refresh = site.tokens(PEOPLE.get(role, role))["refresh"]
    page.goto("/healthz")
    page.evaluate("(token) => localStorage.setItem('refresh', token)", refresh)


def open_(page, path, heading=None):
    """Open a page and wait until it stands: its heading is there, and no request is on the way."""
    response = page.goto(path)
    page.get_by_role("heading", level=1, name=heading).wait_for()
    page.wait_for_load_state("networkidle")
    return response


def hold(page, pattern, **options):
    """Hold back the requests with this address from now on; the answer is the list to which each is added.

    Let one go by `held[0].continue_()` or another act of Playwright's routes.
    """
    held = []

    def keep(route):
        held.append(route)

    page.route(pattern, keep, **options)
    return held


def layout_shift(page):
    """The layout shifts of the page so far, without those that follow an input: `[{value, nodes}]`."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
    return page.evaluate("() => testShifts")


def overflow(page):
    """By how many pixels the page is wider than the window."""
    return page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")


@contextmanager
def transfers(page):
    """Count the bytes that a block transfers, headers included: `with transfers(page) as sizes: …; sum(sizes)`."""
    session, sizes = page.context.new_cdp_session(page), []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    yield sizes
    session.detach()


@lru_cache(maxsize=1)
def _axe_source():
    return AXE.read_text(encoding="utf-8")


def axe(page, *, within=None, without=()):
    """What axe-core finds against WCAG 2.2 AA: `["image-alt (critical): <img src=…>"]`.

    :param within: a CSS selector; the whole document without it
    :param without: rules to leave out, each for a reason that the test gives
    """
    if not page.evaluate("'axe' in window"):
        session = page.context.new_cdp_session(page)
        # Through the debugger, which the policy of the page does not bind.
        session.send("Runtime.evaluate", {"expression": _axe_source()})
        session.detach()
    options = {
        "runOnly": RULES,
        "resultTypes": ["violations"],
        "rules": {rule: {"enabled": False} for rule in without},
    }
    found = page.evaluate(
        "([within, options]) => axe.run(within ?? document, options).then(({ violations }) => violations)",
        [within, options],
    )
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:160]} {node['failureSummary'][:300]}"
        for violation in found
        for node in violation["nodes"]
    ]


def focused(page):
    """The element with the focus, as assistive technology is given it: `button "Publish"`."""
    element = page.locator(":focus")
    snapshot = element.aria_snapshot() if element.count() else ""
    found = _ROLE_AND_NAME.match(snapshot)
    return found[1] if found else ""


def tab_stops(page, most=MOST_STOPS):
    """What Tab reaches from the start of the page until it leaves it, in order."""
    _focus_start(page)
    stops = []
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = focused(page)
        if not stop:
            return stops
        assert _is_visible(page), f"{stop} has the focus and cannot be seen"
        stops.append(stop)
    raise AssertionError(f"Tab has not left the page after {most} stops: {stops[-5:]}")


def _focus_start(page):
    """Move the focus to the page itself, so that Tab goes to its first stop."""
    page.evaluate(
        "([root]) => { root.tabIndex = -1; root.focus(); root.removeAttribute('tabindex') }",
        [page.evaluate_handle("() => document.documentElement")],
    )


def travel(page, target, most=MOST_STOPS):
    """Press Tab until an element has the focus whose role and name contain this text: `travel(page, 'link "Courses"')`."""
    passed = []
    for _ in range(most):
        page.keyboard.press("Tab")
        passed.append(focused(page))
        if target in passed[-1]:
            assert _is_visible(page), f"{passed[-1]} has the focus and cannot be seen"
            return
    raise AssertionError(f"Tab does not reach {target}: {passed}")


def _is_visible(page):
    """Whether the element with the focus is in the window, not covered by another, and marked by an outline: its own, or
    that of a part around it, such as a card whose title is the link.
    """
    return page.evaluate(
        """() => {
          const element = document.activeElement;
          const isOutlined = (part, pseudo) => {
            const { outlineStyle, outlineWidth, content } = getComputedStyle(part, pseudo);
            return outlineStyle !== "none" && parseFloat(outlineWidth) > 0 && (!pseudo || content !== "none");
          };
          const around = [element, element.parentElement, element.parentElement?.parentElement, element.closest("li, article, tr")];
          const isMarked = around.some((part) => part && isOutlined(part)) || isOutlined(element, "::after") || isOutlined(element, "::before");
          const { left, top, right, bottom } = element.getBoundingClientRect();
          const [x, y] = [(Math.max(left, 0) + Math.min(right, innerWidth)) / 2, (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2];
          const seen = document.elementFromPoint(x, y);
          const isSeen = seen !== null && (element.contains(seen) || seen.contains(element) || seen.closest("label")?.control === element);
          return isMarked && isSeen;
        }"""
    )


TOO_FINE = re.compile(r"\.\d{4}")
"""More digits of a second than HTML allows."""


def invalid(page):
    """What is wrong with the tree of the page: elements where HTML does not allow them, ids that are not unique,
    references to ids that are not there, and two rules that the Nu Html Checker found broken here.
    """
    written = page.content()
    parsed = LexborHTMLParser(written)
    wrong = (
        []
        if parsed.html == LexborHTMLParser(parsed.html).html == written
        else [_first_difference(written, parsed.html)]
    )
    ids = Counter(node.attributes["id"] for node in parsed.css("[id]"))
    wrong += [f"{count} elements have the id {name!r}" for name, count in ids.items() if count > 1]
    for attribute in REFERENCES:
        for node in parsed.css(f"[{attribute}]"):
            wrong += [
                f"{attribute}={name!r} refers to nothing"
                for name in (node.attributes[attribute] or "").split()
                if name not in ids
            ]
    moments = [node.attributes["datetime"] for node in parsed.css("time[datetime]")]
    wrong += [
        f"datetime={moment!r} has more than milliseconds" for moment in moments if TOO_FINE.search(moment)
    ]
    for select in parsed.css("select[required]:not([multiple])"):
        first = select.css_first("option")
        if first is None or first.attributes.get("value") != "":
            wrong.append(f"select {select.attributes.get('name')!r} is required and begins with a choice")
    return wrong


def _first_difference(written, parsed):
    at = next((i for i, (ours, theirs) in enumerate(zip(written, parsed, strict=False)) if ours != theirs), 0)
    return f"read again, the page differs at {json.dumps(written[max(0, at - 80) : at + 80])}"
