"""The link of every mail leads to a page that does what the mail says, with a plain form and without a script."""

import html
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from app.models import User
from app.services.messaging import kinds
from app.web.mail_pages import MOST_BYTES, PAGES
from setting_parsers import Rate
from tests.support.http import data_of

PASSWORD = "Analytical-Engine-1843"
NEW_PASSWORD = "Difference-Engine-1822"
ADA = "ada@example.org"


@pytest.fixture
def browser(app):
    return app.test_client()


@pytest.fixture
def ada(make):
    return make.student(email=ADA, username="ada", password=PASSWORD)


@pytest.fixture
def link(mailbox):
    """The link of the only mail to this address, below our own."""

    def run(address=ADA):
        (mail,) = mailbox(address)
        text = mail.get_body(("plain",)).get_content()
        return re.search(r"http://rollcall\.test(/\S+)", text)[1]

    return run


def fields_of(page):
    """What a browser would send of the form as it is."""
    (form,) = re.findall(r"<form.*?</form>", page.text, re.DOTALL)
    assert 'method="post"' in form
    assert "action=" not in form
    named = re.findall(r'<input[^>]*name="([^"]+)"[^>]*>', form)
    values = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    return {name: html.unescape(values.get(name, "")) for name in named}


def submit(browser, link, **typed):
    """Open the link, fill in the form, and press its button."""
    fields = fields_of(browser.get(link))
    assert set(typed) == set(fields) - {"token"}
    return browser.post(link.partition("?")[0], data={**fields, **typed})


def both(password):
    return {"new_password": password, "new_password_confirm": password}


def log_in(api, password, email=ADA):
    return api.post("/auth/login", json={"email": email, "password": password})


def test_there_is_a_page_for_every_kind_of_link():
    assert {link.page for link in kinds.LINKS.values()} == set(PAGES)


def test_a_new_account_is_confirmed_and_can_log_in(api, browser, link):
    api.post("/auth/register", json={
        "email": ADA, "password": PASSWORD, "password_confirm": PASSWORD, "full_name": "Ada Lovelace",
    })  # fmt: skip
    assert log_in(api, PASSWORD).status_code == 403

    done = submit(browser, link())

    assert done.status_code == 200
    assert "Email address confirmed." in done.text
    data_of(log_in(api, PASSWORD))


def test_opening_the_link_changes_nothing(api, browser, link, stored):
    api.post("/auth/register", json={
        "email": ADA, "password": PASSWORD, "password_confirm": PASSWORD, "full_name": "Ada Lovelace",
    })  # fmt: skip
    opened = link()

    for _ in range(3):
        assert browser.get(opened).status_code == 200
        assert browser.head(opened).status_code == 200

    assert stored(select(User.email_verified)) == [False]
    assert submit(browser, opened).status_code == 200


def test_a_forgotten_password_is_replaced(api, ada, browser, link):
    api.post("/auth/forgot-password", json={"email": ADA})

    done = submit(browser, link(), **both(NEW_PASSWORD))

    assert "Password set." in done.text
    assert log_in(api, PASSWORD).status_code == 401
    data_of(log_in(api, NEW_PASSWORD))


def test_an_invitation_sets_the_first_password(api, make, browser, link):
    api.as_(make.admin()).post("/users", json={"email": ADA, "full_name": "Ada Lovelace", "role": "STUDENT"})
    invitation = link()

    done = submit(browser, invitation, **both(NEW_PASSWORD))

    assert invitation.startswith("/mail/set-password?token=")
    assert done.status_code == 200
    data_of(log_in(api, NEW_PASSWORD))


def test_a_new_address_is_confirmed(api, ada, browser, link):
    api.as_(ada).post("/auth/change-email", json={"new_email": "new@example.org", "password": PASSWORD})

    done = submit(browser, link("new@example.org"))

    assert "Email address changed." in done.text
    data_of(log_in(api, PASSWORD, email="new@example.org"))


def test_a_link_works_once(api, ada, browser, link):
    api.post("/auth/forgot-password", json={"email": ADA})
    opened = link()
    submit(browser, opened, **both(NEW_PASSWORD))

    again = submit(browser, opened, **both("Another-Engine-1822"))

    assert again.status_code == 400
    assert "token_invalid" in again.text
    data_of(log_in(api, NEW_PASSWORD))


def test_two_buttons_pressed_at_once_set_one_password(app, api, ada, link):
    api.post("/auth/forgot-password", json={"email": ADA})
    opened = link()
    passwords = [f"Engine-number-{number}-Xyz" for number in range(6)]

    with ThreadPoolExecutor(6) as threads:
        done = list(threads.map(lambda each: submit(app.test_client(), opened, **both(each)), passwords))

    assert sorted(page.status_code for page in done) == [200, *[400] * 5]
    (set_,) = [each for each, page in zip(passwords, done, strict=True) if page.status_code == 200]
    data_of(log_in(api, set_))


def test_a_refused_password_is_explained_and_may_be_tried_again(api, ada, browser, link):
    api.post("/auth/forgot-password", json={"email": ADA})
    opened = link()

    weak = submit(browser, opened, **both("short"))
    differing = submit(browser, opened, new_password=NEW_PASSWORD, new_password_confirm="Other-Engine-1822")

    assert (weak.status_code, differing.status_code) == (422, 422)
    assert "The two passwords differ." in differing.text
    assert "short" not in weak.text
    assert submit(browser, opened, **both(NEW_PASSWORD)).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_a_link_without_its_token_says_so_and_has_no_form(browser, name):
    page = browser.get(f"/mail/{name}")

    assert page.status_code == 200
    assert "This address has no token." in page.text
    assert "<form" not in page.text


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("token", ["nonsense", "\x00", "é" * 50, '"><script>alert(1)</script>', "x" * 3000])
def test_any_token_is_shown_harmless_and_refused(browser, name, token):
    fields = both(NEW_PASSWORD) if "password" in name else {}

    shown = browser.get(f"/mail/{name}", query_string={"token": token})
    sent = browser.post(f"/mail/{name}", data={"token": token, **fields})

    assert shown.status_code == 200
    assert 400 <= sent.status_code < 500
    assert "<script>" not in shown.text + sent.text


def test_a_form_that_is_too_large_is_refused(browser):
    sent = browser.post("/mail/verify-email", data={"token": "x" * (MOST_BYTES + 1)})

    assert sent.status_code == 413
    assert "too_large" in sent.text


def test_an_unknown_page_does_not_exist(browser):
    assert browser.get("/mail/win-a-prize?token=x").status_code == 404
    assert browser.post("/mail/win-a-prize", data={"token": "x"}).status_code == 404


def test_tokens_are_tried_under_the_limit_of_the_api(browser, setting):
    setting(ratelimit_enabled=True, ratelimit_mail_address=Rate(3, 3600))

    tried = [browser.post("/mail/verify-email", data={"token": "x" * 43}) for _ in range(5)]

    assert [page.status_code for page in tried] == [400, 400, 400, 429, 429]
    assert int(tried[-1].headers["Retry-After"]) > 0


def test_the_pages_are_not_cached_and_load_only_our_files(browser):
    page = browser.get("/mail/verify-email?token=x")

    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text
