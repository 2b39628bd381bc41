"""Partitions of the ledger and the outbox: made in place, transparent to the application, retired, and reverted.

`pytest --partitioned` runs any other tests on such tables.
"""

import dataclasses
import re
import threading
from uuid import uuid4

import pytest
from psycopg2.errors import RaiseException
from sqlalchemy import func, select

from app import create_app
from app.db.session import db, refusing
from app.enums import Channel, NoticeKind, NoticeState
from app.errors.learning import NoticeNotDelivered
from app.models import Notice
from tests.db.test_migrations import schema_of
from tests.support import partitions
from tests.support.assigning import counted, undo
from tests.support.factories import Factory
from tests.support.http import PREFIX, Client, OpenApiWitness, data_of
from tests.support.mail import run_jobs
from tests.support.partitions import PARTITIONED, call, count, partition, partitions_of
from tests.support.servers import connected, drop_database, make_database

# A run of no course that an account without a name made, its line, and a notice; by ids of a moment.
ROWS = """
    INSERT INTO users (id, email, username) VALUES (partitioning.first_id('2020-01-01'), 'a@example.org', 'a')
    ON CONFLICT DO NOTHING;
    INSERT INTO assignments (id, action, state, requested, created_by_id)
    SELECT partitioning.first_id('{moment}'), 'ASSIGN', 'APPLIED', 1, id FROM users;
    INSERT INTO assignment_items (assignment_id, row, input, outcome)
    SELECT partitioning.first_id('{moment}'), 1, 'a', 'not_found';
    INSERT INTO notices (id, kind, channel, state, user_id, cause_id, sent_at)
    SELECT partitioning.first_id('{moment}'), 'COURSE_CHANGED', 'IN_APP', '{state}', id, uuid7(),
        CASE '{state}' WHEN 'SENT' THEN now() END FROM users
"""


@pytest.fixture
def database():
    url = make_database("partitions")
    yield url
    drop_database(url)


def write(url, moment, state="SENT"):
    call(url, ROWS.format(moment=moment, state=state))


def test_a_bulk_run_and_its_mail_span_partitions(config, sink, database):
    url = database.replace("postgresql://", "postgresql+psycopg2://")
    mail = {"mail_transport": "smtp", "mail_port": sink.port}
    app = create_app(dataclasses.replace(config, database_url=url, db_pool_size=5, **mail))
    make, api = Factory(app), Client(app, OpenApiWitness(app))
    admin, people = api.as_(make.admin()), [make.student() for _ in range(3)]
    course, other = make.course(lessons=1), make.course()
    order = {"user_ids": [str(person.id) for person in people]}
    before = data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=order))
    partition(database)

    after = data_of(admin.post(f"/courses/{other.id}/assign-multiple", json=order))
    run_jobs(app)
    [lesson] = make.lessons_of(course)
    learner = api.as_(people[0])
    completed = data_of(learner.post(f"/lessons/{lesson.id}/complete"))
    run_jobs(app)
    shown = learner.get("/notifications?page_size=2").get_json()
    following = learner.get(shown["next"].partition(PREFIX)[2]).get_json()
    undone = [data_of(undo(admin, run)) for run in (before, after)]

    assert completed["status"] == "COMPLETED"
    assert len(sink.taken) == 2 * len(people) + 1
    kinds = [notice["kind"] for notice in shown["data"] + following["data"]]
    assert kinds == ["COMPLETION", "ASSIGNMENT", "ASSIGNMENT"]
    for run in (before, after):
        page = admin.get(f"/assignments/{run['id']}/items?page_size=2").get_json()
        rest = admin.get(page["next"].partition(PREFIX)[2]).get_json()
        assert [line["row"] for line in page["data"] + rest["data"]] == [1, 2, 3]
    assert [counted(run) for run in undone] == [
        {"undone": 2, "kept_completed": 1},
        {"undone": 3},
    ]
    assert count(database, "assignment_items_p0") == len(people)
    assert count(database, "notices_p0") == 2 * len(people)
    with app.app_context():
        sent = select(func.count()).where(Notice.channel == Channel.EMAIL, Notice.state == NoticeState.SENT)
        assert db.session.scalar(sent) == len(sink.taken)
        db.engine.dispose()


def test_reverting_gives_the_same_tables_with_all_rows(database):
    schema = schema_of(database)
    call(database, partitions.SCRIPT.read_text(encoding="utf-8"))
    write(database, "2024-05-05")
    partition(database)
    write(database, "2099-01-01")

    for table in PARTITIONED:
        call(database, f"CALL partitioning.revert('{table}')")

    assert schema_of(database) == schema
    assert [count(database, table) for table in PARTITIONED] == [2, 2]


def test_the_violation_of_a_partitions_own_index_is_recognised(config, database):
    url = database.replace("postgresql://", "postgresql+psycopg2://")
    app = create_app(dataclasses.replace(config, database_url=url, db_pool_size=1))
    user = Factory(app).student()
    partition(database)
    waiting = {"kind": NoticeKind.RESET_PASSWORD, "channel": Channel.EMAIL, "state": NoticeState.QUEUED}

    with app.app_context():
        with pytest.raises(NoticeNotDelivered), refusing({Notice.ONE_WAITING: NoticeNotDelivered()}):
            db.session.add_all(Notice(**waiting, user_id=user.id, cause_id=uuid4()) for _ in range(2))
        db.session.rollback()
        db.engine.dispose()


def test_what_the_default_partition_has_moves(database):
    partition(database)
    write(database, "2099-12-24")
    assert count(database, "notices_pdefault") == 1

    call(database, "CALL partitioning.ahead('notices', 80, 'year')")

    assert count(database, "notices_pdefault") == 0
    assert count(database, "notices_p20990101") == 1


def test_old_partitions_are_retired_but_not_with_mail_that_is_owed(database):
    call(database, partitions.SCRIPT.read_text(encoding="utf-8"))
    write(database, "2024-05-05", "QUEUED")
    partition(database)
    write(database, "2099-01-01")
    retire = "CALL partitioning.retire('{}', now())"

    with pytest.raises(RaiseException, match="still to be sent"):
        call(database, retire.format("notices"))
    call(database, "UPDATE notices SET state = 'SENT', sent_at = now()")
    for table in PARTITIONED:
        call(database, retire.format(table))

    assert [count(database, table) for table in PARTITIONED] == [1, 1]
    assert count(database, "notices_p0") == 1
    assert "notices_p0" not in partitions_of(database, "notices")


def test_a_lock_that_is_not_granted_is_given_up_and_tried_again(database):
    call(database, partitions.SCRIPT.read_text(encoding="utf-8"))
    with connected(database) as reader:
        reader.connection.autocommit = False
        reader.execute("LOCK TABLE notices IN ACCESS SHARE MODE")
        release = threading.Timer(0.5, reader.connection.rollback)
        release.start()
        with connected(database) as cursor:
            cursor.execute("SET partitioning.patience = '100ms'")
            cursor.execute("CALL partitioning.partition('notices')")
            said = " ".join(cursor.connection.notices)
        release.join()

    assert re.search(r"try [2-9]: SELECT partitioning.bound", said)
    assert partitions_of(database, "notices")[0] == "notices_p0"


def test_a_migration_that_fails_leaves_the_table_as_it_was(database):
    schema = schema_of(database)
    call(database, partitions.SCRIPT.read_text(encoding="utf-8"))
    write(database, "2099-01-01")

    with pytest.raises(RaiseException, match="notices_until"):
        call(database, "CALL partitioning.partition('notices')")

    assert schema_of(database) == schema
