"""What is to be forgotten is forgotten: late, in batches, beside others who hold its tables, and after failures."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, func, select, text, update

from app import create_app
from app.db.session import db, transaction
from app.jobs import periodic
from app.models import AssignmentItem, Session, User
from app.models.session import RefreshToken
from app.services.auth import sessions
from app.services.retention import retention
from bench.plans import reading
from tests.support.http import assert_refused, data_of
from tests.support.mail import token_in

ERASED = "[deleted]"

HOURLY = [chore.name for chore in periodic.CHORES if chore.name not in ("notices", "runs")]

READ_FIRST = {
    "names": "assignment_items",
    "refresh tokens": "refresh_tokens",
    "sessions": "sessions",
    "mail tokens": "mail_tokens",
    "attempts": "attempts",
    "known places": "known_places",
    "idempotency keys": "idempotency_keys",
    "email changes": "email_changes",
    "previews": "assignments",
    "pictures": "users",
    "tallies": "tallies",
    "search": "search_rebuilds",
    "quiz attempts": "quiz_attempts",
    "thumbnails": "courses",
    "files": "files",
    "question images": "files",
}
"""The table that each chore cannot do without."""


def chore(name):
    return next(each for each in periodic.CHORES if each.name == name)


@pytest.fixture
def do(app):
    """The batches of a chore until none is left, as the sweep does them; how many there were."""

    def run(name):
        with app.app_context():
            batches = 1
            while periodic._do(chore(name)):
                batches += 1
            return batches

    return run


@pytest.fixture
def age(app):
    """Let time pass for rows: `age(User.deleted_at, User.id == …, days=30)`."""

    def run(column, *which, **by):
        with app.app_context(), transaction():
            db.session.execute(update(column.class_).where(*which).values({column: column - timedelta(**by)}))

    return run


@pytest.fixture
def hurried(config):
    """The same application, whose requests may ask statements of a tenth of a second."""
    app = create_app(dataclasses.replace(config, statement_timeout_ms=100, db_pool_size=2))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def held(config):
    """`with held("sessions"): …`: another transaction locks that table for half a second, and all others wait."""
    engine = create_engine(config.database_url)

    @contextmanager
    def hold(table, seconds=0.5):
        with engine.connect() as connection:
            connection.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
            timer = threading.Timer(seconds, connection.rollback)
            timer.start()
            try:
                yield
            finally:
                timer.join()

    yield hold
    engine.dispose()


@pytest.fixture
def ada(make):
    return make.student(email="ada@example.org", username="ada")


@pytest.fixture
def inputs(api, app, make, ada):
    """What the lines of a bulk run call the people it is about; Ada is among them, and deleted since."""
    office = api.as_(make.admin())
    emails = {"emails": ["ADA@example.org", make.student(email="grace@example.org").email, "no@example.org"]}
    path = f"/courses/{make.course().id}/assign-multiple"
    run = data_of(office.post(path, json={**emails, "usernames": ["ada"]}))["assignment_id"]
    assert office.delete(f"/users/{ada.id}").status_code == 204
    return lambda: [line["input"] for line in data_of(office.get(f"/assignments/{run}/items"))]


def forgotten(ada):
    return [str(ada.id), "grace@example.org", "no@example.org", str(ada.id)]


def test_bulk_runs_call_a_deleted_person_by_id(do, ada, inputs):
    do("names")
    do("names")

    assert inputs() == forgotten(ada)


@pytest.fixture
def sent(api, make):
    """Have an instructor name people for a course; the answer reads what the ledger calls them."""
    owner = make.instructor()
    teacher, course = api.as_(owner), make.course(instructor=owner)

    def run(**people):
        run = data_of(teacher.post(f"/courses/{course.id}/assign-multiple", json=people))["assignment_id"]
        return lambda: [line["input"] for line in data_of(teacher.get(f"/assignments/{run}/items"))]

    return run


@pytest.mark.parametrize("hidden", [{"is_active": False}, {"email_verified": False}])
def test_no_line_names_a_deleted_user_who_was_hidden_from_its_instructor(api, do, make, sent, stored, hidden):
    person = make.student(email="ada@example.org", username="ada", external_id="EMP-1", **hidden)
    names = {"emails": ["ADA@example.org", "other@example.org"], "usernames": ["ada\u00a0"]}
    called = sent(**names, external_ids=["EMP-1", "EMP-10"])
    assert api.as_(make.admin()).delete(f"/users/{person.id}").status_code == 204

    do("names")

    assert called() == [ERASED, "other@example.org", ERASED, ERASED, "EMP-10"]


def test_addresses_that_a_deleted_person_had_before_are_forgotten_too(api, do, make, sent, mailbox):
    office = api.as_(make.admin())
    person = make.student(email="first@example.org", password="Analytical-Engine-1843")
    addresses = [f"{each}@example.org" for each in ("first", "second", "third", "wish")]
    called = sent(emails=addresses)
    wish = {"password": "Analytical-Engine-1843", "new_email": "second@example.org"}
    data_of(api.as_(person).post("/auth/change-email", json=wish))
    data_of(api.post("/auth/confirm-email", json={"token": token_in(mailbox("second@example.org")[0])}))
    data_of(office.patch(f"/users/{person.id}", json={"email": "third@example.org"}))
    data_of(api.as_(person).post("/auth/change-email", json={**wish, "new_email": "wish@example.org"}))
    data_of(office.post(f"/users/{person.id}/deactivate"))

    assert office.delete(f"/users/{person.id}").status_code == 204
    do("names")

    assert called() == [str(person.id), ERASED, ERASED, "wish@example.org"]


def test_names_that_were_corrected_before_the_deletion_are_forgotten_too(api, do, make, sent):
    """The address was unconfirmed: an instructor was shown no user, under any of the names."""
    office = api.as_(make.admin())
    old = {"email": "ada@example.org", "username": "ada.king", "external_id": "EMP-1"}
    person = make.student(email_verified=False, **old)
    called = sent(emails=[old["email"]], usernames=[old["username"]], external_ids=[old["external_id"]])
    new = {"email": "ada@example.com", "username": "ada.lovelace", "external_id": "EMP-2"}
    data_of(office.patch(f"/users/{person.id}", json=new))

    assert office.delete(f"/users/{person.id}").status_code == 204
    do("names")

    assert called() == [ERASED] * 3


def test_of_former_names_the_last_hundred_are_known(app, make, stored):
    person = make.student()
    with app.app_context(), transaction():
        for number in range(120):
            renamed = update(User).where(User.id == person.id).values(username=f"name-{number}")
            db.session.execute(renamed)

    (hashes,) = stored(select(User.former_name_hashes).where(User.id == person.id))

    assert hashes == [hashlib.sha256(f"name-{number}".encode()).hexdigest() for number in range(19, 119)]


def test_a_user_who_signs_up_with_the_address_again_keeps_it(api, do, make, sent):
    office = api.as_(make.admin())
    first = make.student(email="ada@example.org", is_active=False)
    before = sent(emails=["ada@example.org"])
    assert office.delete(f"/users/{first.id}").status_code == 204
    again = make.student(email="ada@example.org", email_verified=False)
    between = sent(emails=["ada@example.org"])

    do("names")
    called = before() + between()
    assert office.delete(f"/users/{again.id}").status_code == 204
    do("names")

    assert called == [ERASED, "ada@example.org"]
    assert before() + between() == [ERASED, ERASED]


def test_what_is_sent_long_after_the_deletion_is_kept_as_it_was_sent(api, do, make, sent, age):
    person = make.student(email="ada@example.org", is_active=False)
    assert api.as_(make.admin()).delete(f"/users/{person.id}").status_code == 204
    age(User.deleted_at, User.id == person.id, minutes=2)

    called = sent(emails=["ada@example.org"])
    do("names")

    assert called() == ["ada@example.org"]


def test_former_names_are_known_by_their_hashes_until_no_user_is_searched_for(ada, do, inputs, age, stored):
    names = stored(select(User.former_name_hashes).where(User.id == ada.id))
    age(User.deleted_at, User.id == ada.id, hours=2)

    do("names")

    hashes = {hashlib.sha256(name).hexdigest() for name in (b"ada", b"ada@example.org")}
    assert [set(each) for each in names] == [hashes]
    assert stored(select(User.former_name_hashes).where(User.id == ada.id)) == [None]


def test_bulk_runs_erase_a_user_who_was_deleted_long_ago(do, ada, inputs, age):
    age(User.deleted_at, User.id == ada.id, days=400)

    do("names")

    assert inputs() == forgotten(ada)


def test_many_bulk_runs_are_looked_at_some_at_a_time(do, ada, inputs, make, api, monkeypatch):
    monkeypatch.setattr(retention, "RUNS_AT_ONCE", 2)
    admin = api.as_(make.admin())
    for _ in range(4):
        data_of(
            admin.post(f"/courses/{make.course().id}/assign-multiple", json={"emails": ["no@example.org"]})
        )

    do("names")

    assert inputs() == forgotten(ada)


def test_a_line_that_was_being_written_during_the_deletion_is_found_later(app, do, ada, inputs):
    do("names")
    with app.app_context(), transaction():
        db.session.execute(
            update(AssignmentItem).where(AssignmentItem.row == 1).values(input="ADA@example.org")
        )

    do("names")

    assert inputs() == forgotten(ada)


def test_no_user_is_searched_for_for_ever(do, ada, inputs, age, statements):
    age(User.deleted_at, User.id == ada.id, hours=2)
    do("names")

    with statements() as seen:
        do("names")

    assert not any("assignment_items" in each for each in seen)


def test_a_pass_that_fails_sounds_and_leaves_no_user_out(do, ada, inputs, age, held, setting, caplog):
    age(User.deleted_at, User.id == ada.id, hours=2)
    setting(chore_timeout_ms=100)
    with held("assignment_items"):
        do("names")
    (alarm,) = [each for each in caplog.records if each.name == "app.alarms"]

    setting(chore_timeout_ms=60_000)
    do("names")

    assert alarm.about == {"event": "chore_failed", "chore": "names"}
    assert alarm.levelname == "ERROR"
    assert inputs() == forgotten(ada)


@pytest.mark.usefixtures("inputs")
@pytest.mark.parametrize("name", HOURLY)
def test_no_chore_is_cut_by_the_limit_of_requests(hurried, held, name):
    with held(READ_FIRST[name]), hurried.app_context():
        chore(name).run()


@pytest.mark.parametrize("command", [["stats", "verify"], ["courses", "reindex"]])
def test_no_command_is_cut_by_the_limit_of_requests(app, hurried, held, make, command):
    make.course()

    with held("courses"):
        result = hurried.test_cli_runner().invoke(args=command)

    assert (result.exception, result.exit_code) == (None, 0)


def test_recounting_in_a_request_has_more_time_than_other_requests(api, hurried, held, make):
    sent = {"Authorization": f"Bearer {api.as_(make.admin()).token}"}

    with held("reviews"):
        recounted = hurried.test_client().post("/api/v1/dashboard/verify", headers=sent)
    with held("courses"):
        listed = hurried.test_client().get("/api/v1/courses", headers=sent)

    assert (recounted.status_code, listed.status_code) == (200, 503)


def test_the_catalogue_is_indexed_some_courses_at_a_time(app, make, monkeypatch, statements):
    monkeypatch.setattr("app.services.search.courses_search.INDEXED_AT_ONCE", 2)
    for _ in range(5):
        make.course()

    with statements() as seen:
        result = app.test_cli_runner().invoke(args=["courses", "reindex"])

    assert result.output == "5 courses can be searched.\n"
    assert sum("UPDATE courses" in each for each in seen) == 4, "2, 2, 1 and none"


@pytest.fixture
def tokens(app, make):
    """A session that is refreshed three times, a day apart, its person, and the tokens that it went through."""

    def refreshed(days):
        user = make.student()
        with app.app_context(), transaction():
            given = [sessions.open_session(user).refresh]
        for _ in range(3):
            with app.app_context(), transaction():
                past = timedelta(days=days)
                for column in (RefreshToken.issued_at, RefreshToken.expires_at, RefreshToken.spent_at):
                    db.session.execute(update(RefreshToken).values({column: column - past}))
            with app.app_context(), transaction():
                given.append(sessions.refresh(given[-1]).refresh)
        return user, given

    return refreshed


def test_a_living_session_does_not_gather_tokens_for_ever(app, api, tokens, do):
    _, given = tokens(days=5)

    do("refresh tokens")

    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(RefreshToken)) == 2, (
            "of today and 5 days ago"
        )
    assert data_of(api.post("/auth/refresh", json={"refresh": given[-1]}))


def test_a_token_that_could_still_be_used_is_known_when_it_comes_back(api, tokens, do, setting):
    setting(refresh_grace_seconds=0)
    _, given = tokens(days=2)
    setting(refresh_token_days=1)

    do("refresh tokens")

    assert_refused(api.post("/auth/refresh", json={"refresh": given[0]}), 401, "token_invalid")
    assert_refused(api.post("/auth/refresh", json={"refresh": given[-1]}), 401, "token_invalid")


def test_sessions_that_are_over_go_in_batches(app, make, do, age, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    person = make.student()
    with app.app_context(), transaction():
        for _ in range(5):
            sessions.open_session(person)
    with app.app_context(), transaction():
        sessions.log_out_everywhere(person)
    age(Session.ended_at, days=8)
    with app.app_context(), transaction():
        sessions.open_session(person)

    batches = do("sessions")

    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Session)) == 1
    assert batches == 3


def test_a_chore_with_more_to_do_lets_the_others_have_their_turn(app, monkeypatch):
    done, left, stop = [], [3], threading.Event()

    def long():
        done.append("long")
        left[0] -= 1
        return left[0] > 0

    def short():
        done.append("short")
        if done.count("short") == 3:
            stop.set()

    chores = (periodic.Chore("long", lambda: 3_600, long), periodic.Chore("short", lambda: 0, short))
    monkeypatch.setattr(periodic, "CHORES", chores)

    with app.app_context():
        periodic.run_forever(stop)

    assert done == ["long", "short"] * 3


@pytest.mark.parametrize(
    ("name", "columns", "values"),
    [
        ("sessions", "user_id, expires_at", ":person, now() + n * interval '1 day'"),
        ("attempts", "subject, times, forgotten_at", "int4send(n), '{}', now() + n * interval '1 day'"),
    ],
)
def test_what_is_over_is_found_by_an_index(app, config, make, name, columns, values):
    series = f"SELECT {values} FROM generate_series(-10, 5000) AS n".replace(
        ":person", f"'{make.student().id}'"
    )
    engine = create_engine(config.database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"INSERT INTO {name} ({columns}) {series}"))
        connection.execute(text(f"VACUUM ANALYZE {name}"))
        with app.app_context(), reading(db.engine) as scans:
            chore(name).run()
    engine.dispose()

    assert scans
    assert max(scan.rows for scan in scans) < 20
