"""Another address for one's account: asked for with the password, confirmed by its mailbox, with a warning to the old one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from app.db.session import db, transaction
from app.models import EmailChange, MailToken
from app.services.retention import retention
from tests.support.accounts import NEW_PASSWORD, log_in, reset
from tests.support.http import assert_refused, data_of
from tests.support.mail import token_in
from tests.support.races import at_once, outcomes
from tests.support.rows import PASSWORD

OLD, NEW = "ada@example.org", "ada.lovelace@example.com"
RACES = 6


@pytest.fixture
def ada(make):
    return make.student(email=OLD, first_name="Ada", password=PASSWORD)


@pytest.fixture
def client(api, ada):
    return api.as_(ada)


def ask(client, address=NEW, password=PASSWORD):
    return client.post("/auth/change-email", json={"new_email": address, "password": password})


def confirm(api, token):
    return api.post("/auth/confirm-email", json={"token": token})


def address_of(client):
    return data_of(client.get("/auth/me"))["email"]


def test_the_address_changes_when_the_new_mailbox_confirms_it(api, client, mailbox):
    data_of(ask(client))
    assert address_of(client) == OLD

    [mail] = mailbox(NEW)
    data_of(confirm(api, token_in(mail)))

    assert address_of(client) == NEW
    assert data_of(log_in(api, address=NEW))["user"]["email_verified"] is True
    assert_refused(log_in(api, address=OLD), 401, "invalid_credentials")


def test_the_new_mailbox_learns_no_name_and_the_old_one_learns_the_new_address(api, client, mailbox):
    data_of(ask(client))
    [mail] = mailbox(NEW)
    assert mailbox(OLD) == []

    data_of(confirm(api, token_in(mail)))

    [warning] = mailbox(OLD)
    assert "Ada" not in mail.as_string()
    assert (warning["Subject"], warning["To"].addresses[0].addr_spec) == (
        "Your email address was changed",
        OLD,
    )
    assert f"is now {NEW};" in warning.get_body(("plain",)).get_content()
    assert mailbox(NEW) == [mail]


def test_sessions_stay(api, ada, client, mailbox):
    elsewhere = api.as_(ada)
    data_of(ask(client))

    data_of(confirm(api, token_in(mailbox(NEW)[0])))

    assert address_of(elsewhere) == NEW


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"new_email": NEW, "password": "Wrong-password-1"}, "password"),
        ({"new_email": "no address", "password": PASSWORD}, "new_email"),
        ({"new_email": OLD.upper(), "password": PASSWORD}, "new_email"),
        ({"new_email": NEW}, "password"),
        ({"password": PASSWORD}, "new_email"),
    ],
)
def test_what_is_wrong_with_the_wish_is_named(client, body, field):
    details = assert_refused(client.post("/auth/change-email", json=body), 422, "invalid_request")

    assert list(details) == [field]


def test_guessing_the_password_ends_like_failed_logins(client, setting):
    setting(ratelimit_enabled=True)

    answers = [ask(client, password=f"Wrong-password-{number}").status_code for number in range(6)]

    assert answers == [422] * 5 + [429]


def test_a_recipient_is_written_to_a_few_times_only(client, make, api, setting):
    setting(ratelimit_enabled=True)
    other = api.as_(make.student(password=PASSWORD))

    answers = [ask(who).status_code for who in (client, other, client, other)]

    assert answers == [200, 200, 200, 429]


def test_that_an_address_is_taken_is_not_disclosed_to_who_asks(client, make, mailbox):
    make.student(email="grace@example.org")

    free, taken = ask(client, NEW), ask(client, "GRACE@example.org")

    assert (free.status_code, free.json) == (taken.status_code, taken.json)
    assert mailbox("grace@example.org") == []


def test_an_address_that_was_taken_meanwhile_is_refused_and_may_be_free_again(api, client, make, mailbox):
    data_of(ask(client))
    token = token_in(mailbox(NEW)[0])
    thief, admin = make.student(email=NEW.upper()), api.as_(make.admin())

    assert_refused(confirm(api, token), 409, "email_taken")
    assert address_of(client) == OLD
    assert admin.delete(f"/users/{thief.id}").status_code == 204

    data_of(confirm(api, token))
    assert address_of(client) == NEW


def test_the_last_wish_counts(api, client, mailbox):
    data_of(ask(client, "first@example.org"))
    [first] = mailbox("first@example.org")
    data_of(ask(client))

    assert_refused(confirm(api, token_in(first)), 400, "token_invalid")
    data_of(confirm(api, token_in(mailbox(NEW)[0])))

    assert address_of(client) == NEW


def test_a_wish_that_was_replaced_before_its_mail_is_sent_is_not_sent(client, mailbox):
    data_of(ask(client, "first@example.org"))
    data_of(ask(client))

    assert mailbox("first@example.org") == []
    assert len(mailbox(NEW)) == 1


def test_setting_a_password_calls_it_off(api, client, mailbox):
    data_of(ask(client))
    token = token_in(mailbox(NEW)[0])
    data_of(api.post("/auth/forgot-password", json={"email": OLD}))

    data_of(reset(api, token_in(mailbox(OLD)[0])))

    assert_refused(confirm(api, token), 400, "token_invalid")


def test_after_the_change_no_mail_to_the_old_address_opens_anything(api, client, mailbox):
    data_of(api.post("/auth/forgot-password", json={"email": OLD}))
    older = token_in(mailbox(OLD)[0])
    data_of(ask(client))

    data_of(confirm(api, token_in(mailbox(NEW)[0])))

    assert_refused(reset(api, older), 400, "token_invalid")


def test_the_token_is_good_once_for_a_day_and_for_nothing_else(app, api, client, mailbox):
    data_of(ask(client))
    token = token_in(mailbox(NEW)[0])
    with app.app_context():
        stored = db.session.scalars(select(MailToken)).one()
    assert stored.expires_at - stored.created_at == timedelta(hours=24)

    assert_refused(api.post("/auth/verify-email", json={"token": token}), 400, "token_invalid")
    assert_refused(reset(api, token), 400, "token_invalid")
    data_of(confirm(api, token))
    assert_refused(confirm(api, token), 400, "token_invalid")


def test_an_expired_token_changes_nothing(app, api, client, mailbox):
    data_of(ask(client))
    token = token_in(mailbox(NEW)[0])
    with app.app_context(), transaction():
        db.session.execute(update(MailToken).values(expires_at=func.now() - timedelta(seconds=1)))

    assert_refused(confirm(api, token), 400, "token_invalid")


def test_the_deactivated_change_nothing(api, ada, client, make, mailbox):
    data_of(ask(client))
    token = token_in(mailbox(NEW)[0])
    data_of(api.as_(make.admin()).post(f"/users/{ada.id}/deactivate"))

    assert_refused(confirm(api, token), 400, "token_invalid")


def test_an_unconfirmed_address_is_not_notified(api, make, mailbox, setting):
    setting(require_email_verification=False)
    client = api.as_(make.student(email=OLD, email_verified=False, password=PASSWORD))
    data_of(ask(client))

    data_of(confirm(api, token_in(mailbox(NEW)[0])))

    assert mailbox(OLD) == []
    assert data_of(client.get("/auth/me"))["email_verified"] is True


def test_both_addresses_are_forgotten_with_the_person_and_after_a_month(app, api, ada, client, make):
    other = api.as_(make.student(password=PASSWORD))
    data_of(ask(client))
    data_of(ask(other, "other@example.com"))
    assert api.as_(make.admin()).delete(f"/users/{ada.id}").status_code == 204

    with app.app_context(), transaction():
        [left] = db.session.scalars(select(EmailChange.new_email))
        db.session.execute(update(EmailChange).values(created_at=func.now() - timedelta(days=31)))
        retention.purge_email_changes()

    with app.app_context():
        assert (left, db.session.scalars(select(EmailChange)).all()) == ("other@example.com", [])


@pytest.fixture
def forget_after(app):
    """The sweep, so many days after all that was asked for and confirmed until now."""

    def run(days):
        with app.app_context(), transaction():
            for column in (EmailChange.created_at, EmailChange.confirmed_at):
                db.session.execute(update(EmailChange).values({column: column - timedelta(days=days)}))
            retention.purge_email_changes()

    return run


def test_a_link_that_lives_for_months_works_for_months(api, client, mailbox, setting, forget_after):
    setting(verification_token_hours=90 * 24)
    data_of(ask(client))
    token = token_in(mailbox(NEW)[0])

    forget_after(days=31)

    data_of(confirm(api, token))
    assert address_of(client) == NEW


def test_the_old_address_is_notified_of_a_change_that_was_confirmed_late(
    api, client, mailbox, setting, forget_after
):
    setting(verification_token_hours=90 * 24)
    data_of(ask(client))
    token = token_in(mailbox(NEW)[0])
    forget_after(days=31)
    data_of(confirm(api, token))

    forget_after(days=0)

    assert len(mailbox(OLD)) == 1


def test_a_confirmed_wish_is_forgotten_after_a_month(stored, api, client, mailbox, forget_after):
    data_of(ask(client))
    data_of(confirm(api, token_in(mailbox(NEW)[0])))

    forget_after(days=31)

    assert stored(select(EmailChange)) == []


@pytest.mark.parametrize("attempt", range(RACES))
def test_of_two_confirmations_at_once_one_counts(api, client, mailbox, attempt):
    data_of(ask(client))
    token = token_in(mailbox(NEW)[0])

    answers = at_once(lambda: confirm(api, token), lambda: confirm(api, token))

    assert outcomes(answers) == {"200": 1, "400 token_invalid": 1}
    assert len(mailbox(OLD)) == 1


@pytest.mark.parametrize("attempt", range(RACES))
def test_of_two_people_who_confirm_one_address_at_once_one_gets_it(api, client, make, mailbox, attempt):
    other = api.as_(make.student(password=PASSWORD))
    data_of(ask(client))
    data_of(ask(other))
    first, second = map(token_in, mailbox(NEW))

    answers = at_once(lambda: confirm(api, first), lambda: confirm(api, second))

    assert outcomes(answers) == {"200": 1, "409 email_taken": 1}
    assert [address_of(client), address_of(other)].count(NEW) == 1


@pytest.mark.parametrize("attempt", range(RACES))
def test_a_wish_and_a_new_password_at_once_leave_no_wish_behind(api, client, mailbox, attempt):
    data_of(api.post("/auth/forgot-password", json={"email": OLD}))
    token = token_in(mailbox(OLD)[0])

    asked, done = at_once(lambda: ask(client), lambda: reset(api, token))

    assert done.status_code == 200
    assert asked.status_code in {200, 401, 422}
    for mail in mailbox(NEW):
        assert_refused(confirm(api, token_in(mail)), 400, "token_invalid")
    assert data_of(api.post("/auth/login", json={"email": OLD, "password": NEW_PASSWORD}))
