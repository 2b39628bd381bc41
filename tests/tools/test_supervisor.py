"""Whatever ends the supervisor, its children end too."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.support.paths import ROOT
from tests.support.waiting import until
from tools import processes
from tools.processes import Process
from tools.state import AlreadyHeldError, State
from tools.supervisor import CHILDREN, ChildDiedError, Program, StopAskedError, Supervisor, stop_orphans

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(60)"
SUPERVISED = """
import sys, time
from pathlib import Path
from tools.state import State
from tools.supervisor import Program, Supervisor

with Supervisor(State(Path(sys.argv[1])), "a run") as supervisor:
    supervisor.stop_on_signals()
    supervisor.start(Program("sleeper", ("sleep", "60"), {}))
    print("up", flush=True)
    supervisor.watch()
"""


@pytest.fixture
def state(tmp_path):
    return State(tmp_path)


def sleeper(name="sleeper", **how):
    return Program(name, ("sleep", "60"), dict(os.environ), is_shown=False, **how)


def python(code, name="python", **how):
    return Program(name, (sys.executable, "-u", "-c", code), dict(os.environ), is_shown=False, **how)


@contextlib.contextmanager
def supervised(state):
    """A supervisor in a process of its own, with one child."""
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISED, state.path],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as popen:
        popen.stdout.readline()
        yield popen, Process(**state.read(CHILDREN)["children"][0])
        popen.kill()


def is_gone(process, seconds=5.0):
    deadline = time.monotonic() + seconds
    while process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.02)
    return not process.is_alive()


def test_leaving_the_supervisor_ends_its_children(state):
    with Supervisor(state, "a run") as supervisor:
        child = supervisor.start(sleeper())
        assert child.process.is_alive()

    assert not child.process.is_alive()


def test_a_child_that_ignores_the_request_is_killed(state):
    with Supervisor(state, "a run") as supervisor:
        child = supervisor.start(python(STUBBORN, grace=0.2))
        supervisor.await_ready(child, lambda: "up" in child.tail, seconds=10)

    assert child.popen.returncode == -signal.SIGKILL


def test_what_a_child_forked_into_its_session_ends_with_it(state):
    fork = "import os, time; pid = os.fork(); pid or os.setpgrp(); print(pid or ''); time.sleep(60)"
    with Supervisor(state, "a run") as supervisor:
        child = supervisor.start(python(fork))
        supervisor.await_ready(child, lambda: any(child.tail), seconds=10)
        grandchild = Process.of("grandchild", int(next(filter(None, child.tail))))
        assert grandchild.is_alive()

    assert is_gone(grandchild)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_outlives_a_supervisor(state, number):
    with supervised(state) as (supervisor, child):
        supervisor.send_signal(number)

        assert is_gone(child)


def test_the_next_start_ends_what_supervisor_and_watchdog_left(state):
    orphan = subprocess.Popen(["sleep", "60"], start_new_session=True)
    left = Process.of("sleeper", orphan.pid)
    state.write(CHILDREN, {"run_id": "an earlier run", "children": [left.facts()]})

    with Supervisor(state, "a run"):
        assert orphan.wait(timeout=5) == -signal.SIGTERM


def test_a_process_that_only_has_the_same_id_is_left_alone(state):
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    state.write(
        CHILDREN, {"run_id": "x", "children": [Process("sleeper", stranger.pid, "another time").facts()]}
    )

    stop_orphans(state)

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_late_watchdog_leaves_the_next_run_alone(state):
    with Supervisor(state, "the next run") as supervisor:
        child = supervisor.start(sleeper())

        stop_orphans(state, "the run before")

        assert child.process.is_alive()


def test_users_of_a_server_end_before_it(state):
    ended = state.path / "ended"
    tells = (
        "import signal, sys\ndef end(*_):\n  open({ended!r}, 'a').write({name!r}); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print('up'); signal.pause()"
    )
    with Supervisor(state, "a run") as supervisor:
        for name, stage in (("server,", 2), ("web,", 0)):
            child = supervisor.start(python(tells.format(ended=str(ended), name=name), name, stage=stage))
            supervisor.await_ready(child, lambda child=child: "up" in child.tail, seconds=10)

    assert ended.read_text() == "web,server,"


def test_the_end_of_a_child_is_reported_with_its_last_lines(state):
    with Supervisor(state, "a run") as supervisor:
        supervisor.start(python("print('no disk'); raise SystemExit(3)"))

        with pytest.raises(ChildDiedError, match=r"status 3(.|\n)*no disk"):
            supervisor.watch()


def test_the_death_of_an_unessential_child_stops_nothing(state, capsys):
    with Supervisor(state, "a run") as supervisor:
        supervisor.start(sleeper())
        child = supervisor.start(python("raise SystemExit(3)", "demo", is_essential=False))
        child.popen.wait(timeout=10)

        supervisor.check_others(None)

    assert "demo ended with status 3" in capsys.readouterr().out


def test_a_killed_child_that_has_lived_is_started_again(state, capsys, monkeypatch):
    monkeypatch.setattr("tools.supervisor.REVIVAL_SECONDS", 0.0)
    with Supervisor(state, "a run") as supervisor:
        first = supervisor.start(sleeper(is_revived=True))
        os.kill(first.process.pid, signal.SIGKILL)
        first.popen.wait()

        supervisor.check_others(None)

        (second,) = supervisor.children
        assert second.popen.poll() is None
        assert second.process.pid != first.process.pid
    assert "Restarting it." in capsys.readouterr().out


def test_a_child_that_dies_at_once_is_not_started_again(state):
    with Supervisor(state, "a run") as supervisor:
        child = supervisor.start(python("raise SystemExit(3)", is_revived=True))
        child.popen.wait()

        with pytest.raises(ChildDiedError, match="ended with status 3"):
            supervisor.check_others(None)


def test_a_request_to_stop_interrupts_waiting(state):
    with Supervisor(state, "a run") as supervisor:
        child = supervisor.start(sleeper())
        supervisor.asked.set()

        with pytest.raises(StopAskedError):
            supervisor.await_ready(child, lambda: False, seconds=60)


def test_only_one_holds_a_state(state):
    with state.held(), pytest.raises(AlreadyHeldError):
        state.held().__enter__()


def test_secrets_are_kept_and_private(state):
    secret = state.secret("postgres_password")

    assert state.secret("postgres_password") == secret
    assert (state.path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_an_ended_process_has_no_start_time():
    with subprocess.Popen(["true"]) as popen:
        popen.wait()

    assert processes.started_at(popen.pid) is None


def speaker(word, **how):
    return Program(word, (sys.executable, "-c", f"print('{word} speaks')"), dict(os.environ), **how)


def test_while_the_screen_is_quiet_children_speak_to_their_logs(state, capsys):
    with Supervisor(state, "a run") as supervisor:
        supervisor.screen.is_quiet = True
        quiet = supervisor.start(speaker("quiet"))
        # To its end: a line is in the log a moment before it is on the screen.
        until(lambda: not quiet.reader.is_alive())
        supervisor.screen.is_quiet = False
        loud = supervisor.start(speaker("loud"))
        hidden = supervisor.start(speaker("hidden", is_shown=False))
        until(lambda: not (loud.reader.is_alive() or hidden.reader.is_alive()))

    logs = [child.log.read_text() for child in (quiet, loud, hidden)]
    assert logs == ["quiet speaks\n", "loud speaks\n", "hidden speaks\n"]
    assert capsys.readouterr().out.splitlines() == ["loud    | loud speaks"]


@pytest.mark.parametrize(("code", "told"), [("", ["done"]), ("raise SystemExit(3)", [])])
def test_what_ends_well_is_followed_up(state, code, told):
    heard = []
    with Supervisor(state, "a run") as supervisor:
        child = supervisor.start(python(code, is_essential=False, when_done=lambda: heard.append("done")))
        child.popen.wait(timeout=30)
        supervisor.check_others(None)

    assert heard == told
