"""The pages of everyone and of accounts fit from right to left, too."""

from __future__ import annotations

import pytest

from tests.support.browsing import NARROW, open_, overflow

PATHS = ("/courses/fire-safety-at-work", "/me", "/me/sessions", "/certificates")


def test_the_pages_fit_from_right_to_left(visit):
    page = visit(role="student", locale="ar", width=NARROW)

    for path in PATHS:
        open_(page, path)
        assert overflow(page) == 0, path


@pytest.mark.parametrize(("locale", "words"), [("ar", "الخطوة التالية"), ("de", "Als Nächstes")])
def test_why_a_course_is_not_done_is_said_in_the_language_of_the_reader(visit, locale, words):
    page = visit(role="student", locale=locale)
    open_(page, "/my-courses")
    page.locator(".why-ask").first.click()
    answer = page.locator(".why-pop:popover-open")
    answer.get_by_text(words).wait_for()

    assert "lesson" not in answer.inner_text()
    assert answer.locator("[lang=en]").count() == 0


def test_a_price_keeps_its_order_from_right_to_left(visit):
    """Amount first, at the right, and the letters of the currency as they are written."""
    page = visit(locale="ar")
    open_(page, "/courses?ordering=-enrollment_count")
    prices = page.locator(".price").filter(has_text="US$")
    prices.first.wait_for()
    left = """(element, sign) => {
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        const range = document.createRange(), node = walker.nextNode(), at = node.data.indexOf(sign);
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        return range.getBoundingClientRect().left;
    }"""
    letter, dollar = prices.first.evaluate(left, "U"), prices.first.evaluate(left, "$")
    amount = prices.first.evaluate("(element) => /[0-9٠-٩]/.exec(element.textContent)[0]")

    assert letter < dollar < prices.first.evaluate(left, amount)
