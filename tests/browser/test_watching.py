"""What the browser tests hold a page against does find what is planted there."""

import pytest

from tests.support.browsing import axe, focused, invalid, layout_shift, open_, overflow, tab_stops, travel

WRONG = {
    "console error": "console.error('planted')",
    "console warning": "console.warn('planted')",
    "exception: planted": "setTimeout(() => { throw new Error('planted') })",
    "request: GET": "new Image().src = 'https://elsewhere.invalid/a.png'",
    "connect-src": "fetch('https://elsewhere.invalid/').catch(() => {})",
    "style-src-attr": "document.body.setAttribute('style', 'color: red')",
    "require-trusted-types-for": "try { document.body.innerHTML = '<b>planted</b>' } catch {}",
    "img-src": "new Image().src = 'http://elsewhere.invalid/a.png'",
    "status of 404": "fetch('/api/v1/nothing')",
}


@pytest.fixture
def plant(page):
    """Run a line of JavaScript in the first page."""
    open_(page, "/")

    def run(script):
        page.evaluate(f"() => {{ {script} }}")
        page.wait_for_timeout(300)
        return page

    return run


@pytest.mark.parametrize("found", WRONG)
def test_what_goes_wrong_fails_the_test(plant, found):
    page = plant(WRONG[found])

    unexpected = page.watch.unexpected()

    assert any(found in each for each in unexpected), unexpected
    page.watch.expect("")


def test_what_was_expected_has_to_happen(page):
    page.watch.expect("status of 404")
    assert page.watch.unexpected() == ["expected, and did not happen: status of 404"]

    open_(page, "/nowhere")
    assert page.watch.unexpected() == []


def test_the_checker_of_accessibility_finds_a_picture_without_a_text(plant):
    page = plant("document.querySelector('main').append(new Image())")

    assert [found for found in axe(page) if found.startswith("image-alt")]


@pytest.mark.parametrize(
    ("script", "found"),
    [
        (
            "const p = document.createElement('p'); p.append(document.createElement('div'))",
            "the page differs",
        ),
        (
            "const p = document.createElement('p'); p.id = document.body.id = 'twice'",
            "2 elements have the id 'twice'",
        ),
        ("const p = document.createElement('label'); p.htmlFor = 'gone'", "for='gone' refers to nothing"),
    ],
)
def test_a_tree_that_html_does_not_allow_is_found(plant, script, found):
    page = plant(f"{script}; document.querySelector('main').append(p)")

    assert found in invalid(page)[0]


def test_what_moves_is_found(plant):
    page = plant(
        "const p = document.createElement('p'); p.textContent = 'late'; p.style.fontSize = '80px';"
        "document.querySelector('main').prepend(p)"
    )

    assert layout_shift(page)[0]["value"] > 0


def test_what_is_too_wide_is_found(plant):
    page = plant(
        "const p = document.createElement('p'); p.style.width = '2000px'; p.textContent = 'wide'; document.body.append(p)"
    )

    assert overflow(page) > 600


def test_a_journey_by_keyboard_names_its_stops_and_finds_a_focus_that_cannot_be_seen(plant):
    page = plant(
        "const [one, two] = [1, 2].map(() => document.createElement('button'));"
        "one.textContent = 'One'; two.textContent = 'Two';"
        "document.querySelector('main').replaceChildren(one, two)"
    )

    assert [stop for stop in tab_stops(page) if "button" in stop][-2:] == ['button "One"', 'button "Two"']
    travel(page, 'button "Two"')
    assert focused(page) == 'button "Two"'
    page.evaluate("() => { document.activeElement.style.outline = 'none' }")
    with pytest.raises(AssertionError, match="cannot be seen"):
        tab_stops(page)


def test_what_a_test_has_changed_is_undone(site):
    was = site.call("admin", "GET", "/auth/me")["first_name"]
    site.call("admin", "PATCH", "/auth/me", json={"first_name": "Changed"})
    category = site.make.category()
    assert site.call("admin", "GET", "/auth/me")["first_name"] == "Changed"

    site.restore()

    assert site.call("admin", "GET", "/auth/me")["first_name"] == was
    assert str(category.id) not in {each["id"] for each in site.call("admin", "GET", "/categories")}
