"""A unit of work that loses its connection is done again, unless it may have committed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.db import patience, session
from app.db.patience import patiently
from app.db.session import checkpoint, db, transaction
from tests.support.http import data_of
from tests.support.waiting import until

DIES = text("SELECT pg_terminate_backend(pg_backend_pid())")
DIES_WHILE_IT_COMMITS = (
    "CREATE TEMP TABLE doomed (number int)",
    """
    CREATE FUNCTION pg_temp.die() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_terminate_backend(pg_backend_pid()), pg_sleep(10); RETURN NULL; END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER die AFTER INSERT ON doomed DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pg_temp.die()
    """,
    "INSERT INTO doomed VALUES (1)",
)


@pytest.fixture(autouse=True)
def _patient(app, setting, monkeypatch):
    setting(database_patience_seconds=5)
    monkeypatch.setattr(patience, "_outage", patience._Outage())
    with app.app_context():
        yield


def of_tries(*acts):
    """Act by act, one for each try; how often it was tried is its last value."""
    tries = []

    def act():
        tries.append(1)
        return acts[min(len(tries), len(acts)) - 1]()

    return act, tries


def die():
    with transaction():
        db.session.execute(DIES)


def die_after_a_commit():
    with transaction():
        db.session.execute(text("SELECT 1"))
        checkpoint()
        db.session.execute(DIES)


def die_while_it_commits():
    with transaction():
        for statement in DIES_WHILE_IT_COMMITS:
            db.session.execute(text(statement))


def die_reading():
    db.session.scalar(DIES)


def live():
    with transaction():
        return db.session.scalar(text("SELECT 1"))


@pytest.mark.parametrize("loss", [die, die_reading], ids=["writing", "reading"])
def test_what_has_lost_its_connection_is_done_again(loss):
    act, tries = of_tries(loss, loss, live)

    assert patiently(act) == 1
    assert len(tries) == 3


@pytest.mark.parametrize("loss", [die_after_a_commit, die_while_it_commits])
def test_what_may_have_committed_is_not(loss):
    act, tries = of_tries(loss, live)

    with pytest.raises(OperationalError):
        patiently(act)

    assert len(tries) == 1
    assert live() == 1


def test_a_longer_outage_is_answered_at_once(setting, monkeypatch):
    monkeypatch.setattr(patience, "FIRST_PAUSE_SECONDS", 0.6)
    setting(database_patience_seconds=1)
    act, tries = of_tries(die)
    with pytest.raises(OperationalError):
        patiently(act)
    assert len(tries) == 3

    with pytest.raises(OperationalError):
        patiently(act)

    assert len(tries) == 4


def test_after_an_outage_the_next_one_is_waited_for(setting, monkeypatch):
    monkeypatch.setattr(patience, "FIRST_PAUSE_SECONDS", 0.6)
    setting(database_patience_seconds=1)
    with pytest.raises(OperationalError):
        patiently(die)
    patiently(live)

    act, tries = of_tries(die, live)

    assert patiently(act) == 1
    assert len(tries) == 2


def test_an_error_of_the_work_itself_is_raised_at_once():
    act, tries = of_tries(lambda: db.session.execute(text("SELECT pg_sleep(2)")), live)
    with transaction():
        pass

    def times_out():
        with transaction():
            session.set_statement_timeout(50)
            act()

    with pytest.raises(OperationalError):
        patiently(times_out)

    assert len(tries) == 1


def test_a_request_whose_connection_is_lost_is_answered(app, api, make, _janitor):
    """It waits for a row that another transaction has locked; its backend is ended there."""
    course, learner = make.course(), make.student()
    client = api.as_(learner)
    waiting = (
        "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with _janitor.connect() as beside, db.engine.connect() as holder, ThreadPoolExecutor(1) as other:
        holder.execute(text("SELECT FROM courses WHERE id = :id FOR UPDATE"), {"id": course.id})
        asked = other.submit(client.post, f"/courses/{course.id}/enroll")
        until(lambda: beside.scalar(text(waiting)))
        beside.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": beside.scalar(text(waiting))})
        holder.rollback()
        response = asked.result()

    assert data_of(response, 201)["course_id"] == str(course.id)
