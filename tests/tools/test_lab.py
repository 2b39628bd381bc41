"""The lab's arithmetic: what counts as failed, as a gap and as a missed goal. The lab itself needs root (docs/lab.md)."""

from __future__ import annotations

import base64
import json
import re

import pytest

from tests.support.paths import ROOT
from tools.lab import __main__ as lab
from tools.lab import tally
from tools.lab.cases import CASES
from tools.lab.tally import Answer, Goal, Losses, Tally, misses, p95
from tools.lab.verification import session_of

NOTHING_LOST = Losses()


def answer(sent, answered, status=200, **more):
    return Answer("list", sent, answered, status, **more)


def test_a_request_fails_once_however_often_it_is_repeated():
    counted = tally.tally(
        [
            answer(0, 1),
            answer(1, 2, 503),
            answer(2.5, 3, 0, is_repeat=True),
            answer(3.5, 4, is_repeat=True),
            answer(2, 2.5, 404),
        ]
    )

    assert (counted.requests, counted.failed, counted.refused) == (3, 1, 1)
    assert counted.failures == {("list", 503): 1}


def test_the_gap_is_the_longest_time_without_a_good_answer():
    counted = tally.tally([answer(0, 1), answer(1, 7), answer(2, 3, 503), answer(6, 8)])

    assert counted.gap_seconds == 6
    assert counted.slowest_seconds == 6
    assert counted.slowest_kind == "list"


def test_the_time_until_the_first_good_answer_is_a_gap():
    assert tally.tally([answer(0, 1, 503), answer(1, 5), answer(1, 6)]).gap_seconds == 5


def test_nothing_was_asked():
    assert tally.tally([]).requests == 0


@pytest.mark.parametrize(
    ("counted", "losses", "goal", "sweep_seconds", "missed"),
    [
        (Tally(100, 0, 0.1, 0.1), NOTHING_LOST, Goal(), None, []),
        (Tally(100, 1, 0.1, 0.1), NOTHING_LOST, Goal(), None, ["1 of 100 requests failed (goal: none)"]),
        (Tally(200, 1, 0.1, 0.1), NOTHING_LOST, Goal(0.01), None, []),
        (Tally(100, 2, 0.1, 0.1), NOTHING_LOST, Goal(0.01), None, ["2 of 100 requests failed (goal: below 1%)"]),
        (Tally(9, 0, 7, 7), NOTHING_LOST, Goal(gap_seconds=6), None, ["no answer for 7.0 s (goal: 6 s)"]),
        (Tally(9, 0, 1, 1), NOTHING_LOST, Goal(sweep_seconds=20), 21.0, ["a sweep after 21.0 s (goal: 20 s)"]),
        (Tally(9, 0, 1, 1), NOTHING_LOST, Goal(sweep_seconds=20), None, ["a sweep after 0.0 s (goal: 20 s)"]),
        (Tally(9, 0, 1, 1, refused=2), NOTHING_LOST, Goal(), None, ["2 requests were refused"]),
        (
            Tally(9, 0, 1, 1),
            Losses(people_lost=1, people_doubled=2, mails_lost=3, differences=4),
            Goal(),
            None,
            ["1 people are lost", "2 people are enrolled twice", "3 mails are lost", "4 counters differ"],
        ),
    ],
)  # fmt: skip
def test_each_missed_goal_is_named(counted, losses, goal, sweep_seconds, missed):
    assert misses(counted, losses, goal, sweep_seconds) == missed


def test_p95_is_the_value_that_95_of_100_do_not_exceed():
    assert p95(range(1, 101)) == 95
    assert p95([3]) == 3


def test_the_table_is_markdown_of_one_width():
    rows = [tally.row("web 1", Tally(100, 0, 0.12, 1.5), NOTHING_LOST, None, [])]

    lines = tally.table(rows).splitlines()

    assert len({len(line) for line in lines}) == 1
    assert re.split(r" *\| *", lines[2])[1:6] == ["web 1", "100", "0", "0.1", "1.5"]


def test_the_session_of_a_token_is_read():
    payload = base64.urlsafe_b64encode(json.dumps({"sid": "a session"}).encode()).decode().rstrip("=")

    assert session_of(f"head.{payload}.signature") == "a session"


def test_the_page_names_every_case():
    page = (ROOT / "docs" / "lab.md").read_text(encoding="utf-8")

    assert [name for name in (*CASES, *lab.PRICES) if f"`{name}`" not in page] == []


def test_without_its_programs_the_lab_says_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(lab.haproxy, "program", lambda: None)
    monkeypatch.setattr("sys.argv", ["lab", "keep"])

    lab.main()

    assert "haproxy (apt-get install haproxy)" in capsys.readouterr().out
