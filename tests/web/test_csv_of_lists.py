"""Lists as CSV: all of their rows, however slowly a client reads them, and nothing held meanwhile."""

from __future__ import annotations

import csv
import io
from math import ceil

import pytest
from sqlalchemy import create_engine, text

from app.db.session import db
from tests.support.http import PREFIX, data_of


@pytest.fixture
def held(app, config):
    """What the application holds of the database: connections, and transactions that wait for their next statement."""
    other = create_engine(config.database_url)
    idle = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
    )

    def read():
        with app.app_context(), other.connect() as connection:
            return db.engine.pool.checkedout(), connection.scalar(idle)

    yield read
    other.dispose()


@pytest.fixture
def sheets(api, make):
    """Paths of two sheets with five rows each, and a client that may read them."""
    admin, course = api.as_(make.admin()), make.course()
    people = {"user_ids": [str(make.student().id) for _ in range(5)]}
    run = data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=people))
    paths = {
        "roster": f"/courses/{course.id}/enrollments",
        "ledger": f"/assignments/{run['assignment_id']}/items",
    }
    return admin, paths


@pytest.mark.parametrize("ordering", ["enrolled_at", "name"])
@pytest.mark.parametrize("rows_at_once", [2, 5, 1_000])
def test_a_sheet_is_counted_or_gathered_once_and_read_in_chunks(
    sheets, statements, monkeypatch, ordering, rows_at_once
):
    monkeypatch.setattr("app.web.pagination.ROWS_PER_CHUNK", rows_at_once)
    admin, paths = sheets
    query = f"status=ACTIVE&overdue=false&ordering={ordering}"

    with statements() as seen:
        sheet = admin.get(f"{paths['roster']}?format=csv&{query}").text

    of_roster = [each for each in seen if "FROM enrollments" in each]
    listed = [row["id"] for row in data_of(admin.get(f"{paths['roster']}?{query}"))]
    assert [row["id"] for row in csv.DictReader(io.StringIO(sheet.removeprefix("\ufeff")))] == listed
    is_gathered = ordering == "name"
    assert len(of_roster) == is_gathered + ceil(5 / rows_at_once)


@pytest.mark.parametrize("ordering", ["enrolled_at", "name"])
def test_who_leaves_while_a_sheet_is_read_is_not_among_those_who_are_there(
    app, sheets, monkeypatch, ordering
):
    monkeypatch.setattr("app.web.pagination.ROWS_PER_CHUNK", 2)
    admin, paths = sheets
    sent = {"Authorization": f"Bearer {admin.token}"}
    *_, last = data_of(admin.get(f"{paths['roster']}?ordering={ordering}"))

    with app.test_client().get(
        f"{PREFIX}{paths['roster']}?format=csv&status=ACTIVE&ordering={ordering}", headers=sent
    ) as response:
        chunks = response.iter_encoded()
        sheet = next(chunks).decode()
        data_of(admin.delete(f"/enrollments/{last['id']}"))
        sheet += b"".join(chunks).decode()

    rows = list(csv.DictReader(io.StringIO(sheet.removeprefix("\ufeff"))))
    assert [row["status"] for row in rows] == ["ACTIVE"] * 4


def test_an_empty_sheet_has_its_columns(sheets):
    admin, paths = sheets

    sheet = admin.get(f"{paths['roster']}?format=csv&status=COMPLETED&ordering=name").text

    assert len(sheet.splitlines()) == 1


@pytest.mark.parametrize("sheet", ["roster", "ledger"])
def test_nothing_of_the_database_is_held_while_a_client_reads_slowly(app, sheets, held, monkeypatch, sheet):
    monkeypatch.setattr("app.web.pagination.ROWS_PER_CHUNK", 2)
    admin, paths = sheets
    sent = {"Authorization": f"Bearer {admin.token}"}
    before = held()

    with app.test_client().get(f"{PREFIX}{paths[sheet]}?format=csv", headers=sent) as response:
        meanwhile = [(held(), chunk.decode()) for chunk in response.iter_encoded()]

    assert before == (0, 0)
    assert [what for what, _ in meanwhile] == [(0, 0)] * 3
    rows = list(csv.DictReader(io.StringIO("".join(chunk for _, chunk in meanwhile).removeprefix("\ufeff"))))
    assert len({tuple(row.values()) for row in rows}) == 5


@pytest.mark.parametrize("sheet", ["roster", "ledger"])
def test_the_format_may_be_in_any_case(sheets, sheet):
    admin, paths = sheets

    assert admin.get(f"{paths[sheet]}?format=CSV").content_type == "text/csv; charset=utf-8"
