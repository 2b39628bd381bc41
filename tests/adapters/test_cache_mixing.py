"""Thousands of concurrent reads by all users, who change meanwhile: none is shown another's figures, or outdated ones."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.http import PREFIX, data_of

THREADS = 8

PATHS = {
    "stats": "/dashboard/stats",
    "admin": "/dashboard/admin",
    "instructor": "/dashboard/instructor",
    "student": "/dashboard/student",
    "own": "/dashboard",
    "course": "/courses/{course}",
    "analytics": "/courses/{course}/analytics",
    "me": "/auth/me",
    "taken": "/enrollments",
}
MAY = {
    "anonymous": {"course"},
    "ada": {"stats", "student", "own", "course", "me", "taken"},
    "bob": {"stats", "student", "own", "course", "me", "taken"},
    "tess": set(PATHS) - {"admin"},
    "other": set(PATHS) - {"admin", "analytics"},
    "boss": set(PATHS),
}


@pytest.fixture
def house(api, make):
    """Each user has another number of courses, so that every response shows whose it is."""
    people = {
        "ada": make.student(first_name="Ada"),
        "bob": make.student(first_name="Bob"),
        "tess": make.instructor(first_name="Tess"),
        "other": make.instructor(first_name="Other"),
        "boss": make.admin(first_name="Boss"),
    }
    course = make.course(instructor=people["tess"], lessons=1)
    for name, number in (("ada", 1), ("bob", 3), ("tess", 2), ("boss", 4)):
        for _ in range(number):
            make.enrollment(make.course(lessons=1), people[name])
    clients = {"anonymous": api, **{name: api.as_(person) for name, person in people.items()}}
    return clients, people, course


def shown(response):
    """What shows whose response it is; times are left out."""
    if response.status_code != 200:
        return response.status_code
    found = data_of(response)
    return (
        {name: value for name, value in found.items() if name != "as_of"}
        if isinstance(found, dict)
        else found
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize("reads", [2_000, pytest.param(10_000, marks=pytest.mark.chaos)])
def test_concurrent_reads_of_all_users_mix_nothing_up(app, house, reads):
    clients, _people, course = house
    paths = {what: path.format(course=course.id) for what, path in PATHS.items()}
    expected = {
        (who, what): shown(client.get(path))
        for who, client in clients.items()
        for what, path in paths.items()
    }
    turns = [random.choice([*expected]) for _ in range(reads)]

    def read(turn):
        who, what = turn
        headers = {"Authorization": f"Bearer {clients[who].token}"} if clients[who].token else {}
        return turn, shown(app.test_client().get(PREFIX + paths[what], headers=headers))

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(read, turns))

    mixed = Counter(turn for turn, answer in answers if answer != expected[turn])
    assert mixed == Counter()
    assert len({str(answer) for answer in expected.values()}) > 25
    for (who, what), answer in expected.items():
        assert (answer not in (401, 403)) == (what in MAY[who]), (who, what, answer)


def test_a_role_that_is_taken_away_is_gone_at_the_next_read(house):
    clients, people, course = house
    paths = ["/dashboard/admin", "/dashboard", f"/courses/{course.id}/analytics"]
    second = people["other"]
    clients["boss"].post(f"/users/{second.id}/role", json={"role": "ADMIN"})
    promoted = [clients["other"].get(path) for path in paths]

    clients["boss"].post(f"/users/{second.id}/role", json={"role": "STUDENT"})

    demoted = [clients["other"].get(path).status_code for path in paths]
    assert [response.status_code for response in promoted] == [200, 200, 200]
    assert data_of(promoted[1])["role"] == "ADMIN"
    assert demoted == [401, 401, 401]


def test_no_figure_outlives_a_change(house, make):
    """A cached result belongs to the version that it was computed from: no reader has to wait."""
    clients, _people, _course = house
    seen = []
    for _ in range(20):
        clients["ada"].post(f"/courses/{make.course(lessons=1).id}/enroll")
        seen.append(data_of(clients["ada"].get("/dashboard/student"))["enrolled"])

    assert seen == list(range(2, 22))
