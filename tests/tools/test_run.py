"""What a new user of `make run` reads."""

from __future__ import annotations

import pytest

from tools.run import Platform, courses_missing
from tools.state import State
from tools.supervisor import Supervisor


@pytest.fixture
def platform(tmp_path, monkeypatch):
    supervisor = Supervisor(State(tmp_path), "a run")
    started = Platform(State(tmp_path), supervisor, "127.0.0.1", 8_000, {"MAIL_FILE_DIR": "mail"})
    monkeypatch.setattr(supervisor, "start", supervisor.children.append)
    monkeypatch.setattr(started, "demo_logins", lambda: "  password: Secret-1\n  courses:  22 of 22\n")
    return started


@pytest.mark.parametrize(
    ("told", "missing"), [("  courses:  2 of 22\n", 20), ("  courses:  22 of 22\n", 0), ("Error: none", 0)]
)
def test_how_many_courses_are_missing_is_read_from_the_demo(told, missing):
    assert courses_missing(told) == missing


def test_courses_that_are_still_loaded_are_announced_and_the_banner_comes_last(platform, capsys):
    platform.load_the_rest(20)
    before = capsys.readouterr().out

    (program,) = platform.supervisor.children
    program.when_done()
    after = capsys.readouterr().out

    assert before.startswith("20 more courses are being loaded")
    assert not program.is_shown
    assert (
        after.index("Rollcall is ready")
        < after.index("password: Secret-1")
        < after.index("All courses are loaded.")
    )


def test_where_nothing_is_missing_the_banner_is_shown_once(platform, capsys):
    platform.load_the_rest(0)

    (program,) = platform.supervisor.children
    assert program.when_done is None
    assert capsys.readouterr().out == ""


def test_what_children_log_while_they_start_is_not_shown_above_the_banner(platform, monkeypatch):
    screen, is_quiet = platform.supervisor.screen, {}
    monkeypatch.setenv("DEMO_DATA", "1")
    for owner, step in (
        (platform, "start_servers"),
        (platform, "start_platform"),
        (platform, "write_down"),
        (platform, "announce"),
        (platform, "load_the_rest"),
        (platform.supervisor, "finish"),
        (platform.supervisor, "watch"),
    ):
        monkeypatch.setattr(owner, step, lambda *_, step=step: is_quiet.update({step: screen.is_quiet}))

    platform.run()

    assert is_quiet == {
        "start_servers": False,
        "finish": False,
        "start_platform": True,
        "write_down": True,
        "announce": True,
        "load_the_rest": False,
        "watch": False,
    }
