"""Passwords are not guessed and mailboxes not flooded, with Redis or without; and no user is locked out of their account."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, text, update

from app.adapters import passwords
from app.db.session import db, transaction
from app.db.statements import Statement
from app.errors.requests import Throttled
from app.models import MailToken, Notice
from app.models.attempt import Attempts
from app.models.known_place import KnownPlace
from app.services.auth import attempts
from app.services.auth.attempts import Quota
from app.services.retention import retention
from setting_parsers import Rate
from tests.support.http import assert_refused, data_of
from tests.support.mail import token_in
from tests.support.races import at_once, outcomes

PASSWORD = "Analytical-Engine-1843"
WINDOW = timedelta(minutes=5)


@pytest.fixture(params=["with redis", "without redis"])
def limited(request, app, setting):
    """Throttled as it is by default, except for the mails that one address asks for and for how many come at once."""
    plenty = Rate(10_000, 60)
    setting(ratelimit_enabled=True, ratelimit_mail_address=plenty, ratelimit_hashing=plenty)
    breaker = app.extensions["rollcall-redis"].get_retry().breaker
    breaker._open_until = float("inf") if request.param == "without redis" else 0.0
    yield
    breaker._open_until = 0.0


@pytest.fixture
def hashings(monkeypatch):
    """Every password that was compared with a hash."""
    seen = []
    verify = PasswordHasher.verify

    def counting_verify(hasher, stored, password):
        seen.append(password)
        return verify(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting_verify)
    return seen


@pytest.fixture
def guesses(app, monkeypatch):
    """Every password that was compared with the hash of an account."""
    seen = []
    verify = PasswordHasher.verify
    with app.app_context():
        nobodys = passwords._dummy_hash()

    def counting_verify(hasher, stored, password):
        if stored != nobodys:
            seen.append(password)
        return verify(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting_verify)
    return seen


@pytest.fixture
def log_in(api):
    """`log_in("ada", "wrong", "192.0.2.1")`"""

    def attempt(login, password, address="127.0.0.1"):
        return api.post(
            "/auth/login",
            json={"email": login, "password": password},
            environ_overrides={"REMOTE_ADDR": address},
        )

    return attempt


@pytest.fixture
def pass_time(app):
    """Make everything that was attempted so much older."""

    def move(by):
        with app.app_context(), transaction():
            db.session.execute(
                text(
                    "UPDATE attempts SET forgotten_at = forgotten_at - :by,"
                    " times = ARRAY(SELECT at - :by FROM unnest(times) AS at)"
                ),
                {"by": by},
            )

    return move


def mails(app):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Notice))


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize("login", ["ada@example.org", "ada", "nobody@example.org", "nobody"])
def test_one_name_is_tried_five_times_from_wherever(make, log_in, guesses, login):
    make.student(email="ada@example.org", username="ada", password=PASSWORD)

    answers = [log_in(login, "wrong", f"192.0.2.{number}") for number in range(1, 21)]

    assert outcomes(answers) == {"401 invalid_credentials": 5, "429 throttled": 15}
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 300
    assert_refused(log_in(login, PASSWORD, "192.0.2.99"), 429, "throttled")
    assert len(guesses) == (0 if "nobody" in login else 5)


@pytest.mark.usefixtures("limited")
def test_beyond_the_budget_of_a_name_each_address_costs_five_hashes_at_most(make, log_in, hashings):
    make.student(email="ada@example.org", password=PASSWORD)
    for number in range(1, 6):
        log_in("ada@example.org", "wrong", f"192.0.2.{number}")
    hashings.clear()

    answers = [log_in("ada@example.org", "wrong", "192.0.2.99") for _ in range(20)]

    assert outcomes(answers) == {"429 throttled": 20}
    assert len(hashings) == 5


@pytest.mark.usefixtures("limited")
def test_capital_letters_are_no_other_name(make, log_in):
    make.student(email="ada@example.org", password=PASSWORD)

    answers = [log_in(name, "wrong") for name in ["ada@example.org", "Ada@Example.ORG"] * 3]

    assert outcomes(answers) == {"401 invalid_credentials": 5, "429 throttled": 1}


@pytest.mark.usefixtures("limited")
def test_a_spelling_that_finds_the_account_counts_as_its_name(make, log_in):
    """Where the database takes a dotted capital for an i, it is an i to the counting too."""
    make.student(username="ivan.ivic", password=PASSWORD)
    for number in range(1, 6):
        log_in("ivan.ivic", "wrong", f"192.0.2.{number}")

    answers = [log_in(name, PASSWORD, "192.0.2.9") for name in ("İvan.ivic", "ivan.İvic", "İVAN.İVIC")]

    assert {answer.status_code for answer in answers} <= {401, 429}


SCHOOL = "192.0.2.50"


@pytest.fixture
def small(setting):
    """Ten failures from one address in five minutes, and no more than twenty in an hour."""
    setting(ratelimit_login_address=Rate(10, 300), ratelimit_login_address_slow=Rate(20, 3_600))


@pytest.mark.usefixtures("limited")
def test_one_address_fails_fifty_times_with_whatever_names(log_in):
    answers = [log_in(f"person{number}@example.org", "wrong") for number in range(55)]

    assert outcomes(answers) == {"401 invalid_credentials": 50, "429 throttled": 5}


@pytest.mark.usefixtures("limited", "small")
def test_a_network_of_ipv6_is_one_address(log_in):
    answers = [
        log_in(f"person{number}@example.org", "wrong", f"2001:db8::{number}") for number in range(1, 13)
    ]

    assert outcomes(answers) == {"401 invalid_credentials": 10, "429 throttled": 2}


@pytest.mark.usefixtures("limited", "small")
def test_the_wait_of_an_address_grows_with_its_failures(log_in, pass_time):
    waits = []
    for turn in range(3):
        answers = [log_in(f"person{turn}-{number}", "wrong") for number in range(11)]
        waits.append(int(answers[-1].headers["Retry-After"]))
        pass_time(WINDOW)

    assert waits[0] <= 300
    assert waits[2] > 2_700


@pytest.mark.usefixtures("limited", "small")
@pytest.mark.parametrize("place", [SCHOOL, "2001:db8::7"])
def test_wrong_passwords_from_a_school_lock_out_no_user_who_has_logged_in_there(make, log_in, place):
    make.student(email="ada@example.org", password=PASSWORD)
    make.student(email="new@example.org", password=PASSWORD)
    data_of(log_in("ada@example.org", PASSWORD, place))
    neighbor = place.replace("::7", "::8")

    answers = [log_in(f"person{number}@example.org", "wrong", neighbor) for number in range(12)]

    assert outcomes(answers) == {"401 invalid_credentials": 10, "429 throttled": 2}
    assert data_of(log_in("ada@example.org", PASSWORD, neighbor))
    assert_refused(log_in("new@example.org", PASSWORD, neighbor), 429, "throttled")
    assert data_of(log_in("new@example.org", PASSWORD, "192.0.2.51"))


@pytest.mark.usefixtures("limited", "small")
def test_an_account_that_is_known_somewhere_is_guessed_at_there_as_seldom_as_anywhere(make, log_in, guesses):
    make.student(email="ada@example.org", password=PASSWORD)
    data_of(log_in("ada@example.org", PASSWORD, SCHOOL))
    for number in range(12):
        log_in(f"person{number}@example.org", "wrong", SCHOOL)
    guesses.clear()

    answers = [log_in("ada@example.org", "wrong", SCHOOL) for _ in range(12)]

    assert outcomes(answers) == {"429 throttled": 12}
    assert len(guesses) == 5


@pytest.mark.usefixtures("limited", "small")
def test_beyond_the_budget_of_an_address_every_name_costs_the_same(make, log_in, hashings):
    make.student(email="known@example.org", password=PASSWORD)
    make.student(email="new@example.org", password=PASSWORD)
    data_of(log_in("known@example.org", PASSWORD, SCHOOL))
    for number in range(10):
        log_in(f"person{number}@example.org", "wrong", SCHOOL)
    costs = {}

    for name in ("known@example.org", "new@example.org", "nobody@example.org"):
        hashings.clear()
        answer = log_in(name, "wrong", SCHOOL)
        costs[name] = (answer.status_code, answer.get_json()["error"]["code"], len(hashings))

    assert set(costs.values()) == {(429, "throttled", 1)}


@pytest.mark.usefixtures("limited", "small")
@pytest.mark.parametrize("_round", range(3))
def test_the_owner_gets_in_while_others_use_up_the_address(make, log_in, _round):
    make.student(email="ada@example.org", password=PASSWORD)
    data_of(log_in("ada@example.org", PASSWORD, SCHOOL))
    owner = partial(log_in, "ada@example.org", PASSWORD, SCHOOL)
    others = [lambda number=number: log_in(f"person{number}", "wrong", SCHOOL) for number in range(14)]

    answers = at_once(*others[:7], owner, *others[7:], owner)

    assert outcomes(answers)["200"] == 2
    assert outcomes(answers)["401 invalid_credentials"] <= 10


@pytest.mark.usefixtures("limited", "small")
def test_a_place_is_known_for_ninety_days(app, make, log_in):
    make.student(email="ada@example.org", password=PASSWORD)
    data_of(log_in("ada@example.org", PASSWORD, SCHOOL))
    for number in range(10):
        log_in(f"person{number}@example.org", "wrong", SCHOOL)

    seen = []
    for days in (89, 89, 91):
        age_places(app, timedelta(days=days))
        seen.append(log_in("ada@example.org", PASSWORD, SCHOOL).status_code)

    assert seen == [200, 200, 429], "each login counts from then on"
    with app.app_context(), transaction():
        retention.purge_known_places()
    assert places(app) == 0


def age_places(app, by):
    with app.app_context(), transaction():
        db.session.execute(update(KnownPlace).values(seen_at=KnownPlace.seen_at - by))


def places(app):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(KnownPlace))


def test_a_place_is_kept_once_and_no_address_is_readable(app, make, log_in, setting):
    make.student(email="ada@example.org", password=PASSWORD)

    for place in (SCHOOL, SCHOOL, "192.0.2.51"):
        data_of(log_in("ada@example.org", PASSWORD, place))

    assert places(app) == 2
    with app.app_context():
        kept = db.session.scalars(select(KnownPlace.place)).all()
    assert all(len(each) == 32 and SCHOOL.encode() not in each for each in kept)
    # Without the key the few addresses that there are could be tried.
    setting(secret_key="another secret that is long enough to sign with")
    data_of(log_in("ada@example.org", PASSWORD, SCHOOL))
    assert places(app) == 3


def test_who_is_deleted_was_nowhere(api, app, make, log_in):
    student = make.student(email="ada@example.org", password=PASSWORD)
    data_of(log_in("ada@example.org", PASSWORD, SCHOOL))

    assert api.as_(make.admin()).delete(f"/users/{student.id}").status_code == 204

    assert places(app) == 0


@pytest.mark.usefixtures("limited")
def test_attempts_at_the_same_moment_are_counted_one_by_one(make, log_in, hashings):
    make.student(email="ada@example.org", password=PASSWORD)

    answers = at_once(*[lambda: log_in("ada@example.org", "wrong")] * 16)

    assert outcomes(answers) == {"401 invalid_credentials": 5, "429 throttled": 11}
    assert len(hashings) == 5


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize("attempt", range(4))
def test_what_a_name_is_refused_at_the_same_moment_is_not_counted_on_all(app, log_in, attempt):
    tries = [lambda number=number: log_in("ada", "wrong", f"192.0.2.{number}") for number in range(16)]

    at_once(*tries)

    with app.app_context():
        counted = select(Attempts.times).where(Attempts.subject == Quota.on(Rate(1, 1), "login").subject)
        assert len(db.session.scalars(counted).one()) == 5


@pytest.fixture
def standing_clock(monkeypatch):
    """Every attempt has the same time, as two of them may have that race."""
    moment = "CAST('2026-03-01 09:00Z' AS timestamptz)"
    monkeypatch.setattr(attempts, "_COUNTING", attempts._COUNTING.replace("statement_timestamp()", moment))
    monkeypatch.setattr(attempts, "_TAKE", Statement(attempts._take, attempts._Counted))


@pytest.mark.usefixtures("limited", "standing_clock")
def test_attempts_in_the_same_microsecond_are_limited_like_others(app):
    quota = Quota.on(Rate(5, 300), "door")
    with app.app_context(), transaction():
        for _ in range(5):
            attempts.take([quota])

        with pytest.raises(Throttled):
            attempts.take([quota])


@pytest.mark.usefixtures("limited", "standing_clock")
def test_one_of_two_attempts_in_the_same_microsecond_is_taken_back(app):
    quota = Quota.on(Rate(5, 300), "door")
    with app.app_context(), transaction():
        attempts.take([quota])
        attempts.give_back([quota], attempts.take([quota]))

        assert len(db.session.scalars(select(Attempts.times)).one()) == 1


@pytest.mark.usefixtures("limited")
def test_a_user_who_knows_the_password_logs_in_as_often_as_they_like(make, log_in):
    make.student(email="ada@example.org", password=PASSWORD)

    answers = [log_in("ada@example.org", PASSWORD) for _ in range(20)]

    assert outcomes(answers) == {"200": 20}


@pytest.mark.usefixtures("limited")
def test_an_owner_gets_in_where_they_have_been_before_whatever_others_try(make, log_in):
    make.student(email="ada@example.org", password=PASSWORD)
    data_of(log_in("ada@example.org", PASSWORD, "192.0.2.200"))
    for number in range(1, 20):
        log_in("ada@example.org", "wrong", f"192.0.2.{number}")

    assert_refused(log_in("ada@example.org", PASSWORD, "192.0.2.99"), 429, "throttled")
    assert data_of(log_in("ada@example.org", PASSWORD, "192.0.2.200"))


@pytest.mark.usefixtures("limited")
def test_all_together_fail_a_thousand_times_and_those_who_have_been_here_before_still_get_in(
    make, log_in, setting
):
    setting(ratelimit_login_everybody=Rate(4, 300))
    make.student(email="ada@example.org", password=PASSWORD)
    data_of(log_in("ada@example.org", PASSWORD, "192.0.2.200"))

    answers = [log_in(f"person{number}", "wrong", f"192.0.2.{number}") for number in range(1, 7)]

    assert outcomes(answers) == {"401 invalid_credentials": 4, "429 throttled": 2}
    assert data_of(log_in("ada@example.org", PASSWORD, "192.0.2.200"))


@pytest.mark.usefixtures("limited", "small")
def test_what_one_address_is_refused_is_not_counted_on_all(make, log_in, setting):
    setting(ratelimit_login_everybody=Rate(12, 300))
    make.student(email="ada@example.org", password=PASSWORD)

    for number in range(40):
        log_in(f"person{number}", "wrong", "192.0.2.1")

    assert data_of(log_in("ada@example.org", PASSWORD, "192.0.2.2"))


@pytest.mark.usefixtures("limited")
def test_where_the_owner_has_been_guesses_are_limited_too(make, log_in, hashings):
    make.student(email="ada@example.org", password=PASSWORD)
    data_of(log_in("ada@example.org", PASSWORD, "192.0.2.200"))
    hashings.clear()

    answers = [log_in("ada@example.org", "wrong", "192.0.2.200") for _ in range(20)]

    assert outcomes(answers) == {"401 invalid_credentials": 5, "429 throttled": 15}
    assert len(hashings) == 5


@pytest.mark.usefixtures("limited")
def test_half_an_hour_of_trying_costs_at_most_sixty_guesses(make, log_in, guesses, pass_time):
    make.student(email="ada@example.org", username="ada", password=PASSWORD)

    for minute in range(30):
        for number in range(1, 7):
            log_in(("ada", "ada@example.org")[number % 2], "wrong", f"192.0.{minute}.{number}")
        pass_time(timedelta(minutes=1))

    assert 0 < len(guesses) <= 60


@pytest.mark.usefixtures("limited")
def test_after_five_minutes_one_may_try_again(make, log_in, pass_time):
    make.student(email="ada@example.org", password=PASSWORD)
    for _ in range(6):
        log_in("ada@example.org", "wrong")

    pass_time(WINDOW)

    assert data_of(log_in("ada@example.org", PASSWORD))


@pytest.mark.usefixtures("limited")
def test_a_found_session_does_not_give_away_the_password(api, make, hashings):
    thief = api.as_(make.student(password=PASSWORD))
    change = {
        "old_password": "wrong",
        "new_password": "Difference-Engine-1822",
        "new_password_confirm": "Difference-Engine-1822",
    }

    answers = [thief.post("/auth/change-password", json=change) for _ in range(8)]

    assert outcomes(answers) == {"422 invalid_request": 5, "429 throttled": 3}
    assert len(hashings) == 5


HOURS = {"forgot-password": 1, "resend-verification": 6}


def ask_for_mail(api, path, name="ada@example.org"):
    return api.post(f"/auth/{path}", json={"email": name})


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize("path", HOURS)
@pytest.mark.parametrize("is_known", [True, False])
def test_one_mailbox_gets_three_mails_of_a_kind_and_no_more(api, app, make, pass_time, path, is_known):
    if is_known:
        make.student(email="ada@example.org", email_verified=False)

    answers = [ask_for_mail(api, path, name) for name in ["ada@example.org", "ADA@Example.org"] * 10]

    assert outcomes(answers) == {"200": 3, "429 throttled": 17}
    assert mails(app) <= 3
    assert HOURS[path] * 3_600 - 60 < int(answers[-1].headers["Retry-After"]) <= HOURS[path] * 3_600
    pass_time(timedelta(hours=HOURS[path]))
    assert data_of(ask_for_mail(api, path)) is None


def test_whom_strangers_refuse_a_mail_has_one_with_a_good_link(api, app, make, mailbox, pass_time, setting):
    setting(ratelimit_enabled=True)
    make.student(email="ada@example.org", password=PASSWORD)
    for minutes in (0, 29, 29):
        pass_time_of_links(app, timedelta(minutes=minutes))
        pass_time(timedelta(minutes=minutes))
        data_of(ask_for_mail(api, "forgot-password"))
        mailbox("ada@example.org")

    refused = ask_for_mail(api, "forgot-password")

    assert refused.status_code == 429
    *_, last = mailbox("ada@example.org")
    wait = timedelta(seconds=int(refused.headers["Retry-After"]))
    assert wait < timedelta(minutes=3)
    pass_time_of_links(app, wait)
    body = {"new_password": "Difference-Engine-1822", "new_password_confirm": "Difference-Engine-1822"}
    data_of(api.post("/auth/reset-password", json={"token": token_in(last), **body}))


@pytest.mark.usefixtures("limited")
def test_mails_of_another_kind_use_up_nothing(api, make):
    make.student(email="ada@example.org", password=PASSWORD)
    for _ in range(5):
        ask_for_mail(api, "resend-verification")

    assert data_of(ask_for_mail(api, "forgot-password")) is None


@pytest.mark.usefixtures("limited")
def test_a_link_of_a_shorter_life_may_be_asked_for_sooner(api, setting):
    setting(reset_token_minutes=10)

    answers = [ask_for_mail(api, "forgot-password") for _ in range(4)]

    assert outcomes(answers) == {"200": 3, "429 throttled": 1}
    assert 540 < int(answers[-1].headers["Retry-After"]) <= 600


def pass_time_of_links(app, by):
    with app.app_context(), transaction():
        db.session.execute(update(MailToken).values(expires_at=MailToken.expires_at - by))


@pytest.mark.usefixtures("limited")
def test_what_no_longer_counts_is_forgotten(app, log_in, pass_time):
    log_in("nobody", "wrong")
    pass_time(timedelta(hours=1, seconds=1))
    log_in("nobody else", "wrong", "192.0.2.1")

    with app.app_context(), transaction():
        retention.purge_attempts()

    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM attempts")) == 5, (
            "name, name there, address, address over a longer time, everybody"
        )


def test_a_login_holds_no_connection_while_it_hashes(app, make, log_in, monkeypatch):
    make.student(email="ada@example.org", password=PASSWORD)
    held = []
    matches = passwords.matches

    def watching_matches(password, stored):
        held.append(db.engine.pool.checkedout())
        return matches(password, stored)

    monkeypatch.setattr(passwords, "matches", watching_matches)

    data_of(log_in("ada@example.org", PASSWORD))

    assert held == [0]


@pytest.mark.usefixtures("limited")
def test_counting_costs_two_statements_more(make, log_in, statements, setting):
    make.student(email="ada@example.org", password=PASSWORD)
    log_in("ada@example.org", PASSWORD)

    with statements() as counted:
        log_in("ada@example.org", PASSWORD)
    setting(ratelimit_enabled=False)
    with statements() as free:
        log_in("ada@example.org", PASSWORD)

    assert (len(counted), len(free)) == (5, 3)
