"""The runner of `findings/`, and the form of its scripts. The findings themselves are run by `make findings`."""

import stat
from pathlib import Path

import pytest

from tests.support.waiting import until
from tools.findings import FOLDER, PARTS, run

FINDINGS = sorted(FOLDER.glob("*.sh"))
GOOD = "echo 'version: bash'\necho 'behaviour: It prints.'\necho 'output seen: this'\n"


@pytest.fixture
def script(tmp_path):
    def write(body):
        path = tmp_path / "finding.sh"
        path.write_text(f"#!/usr/bin/env bash\n{body}", encoding="utf-8")
        path.chmod(0o755)
        return path

    return write


@pytest.mark.parametrize("path", FINDINGS, ids=lambda path: path.stem)
def test_a_finding_has_its_form(path):
    text = path.read_text(encoding="utf-8")

    assert path.stat().st_mode & stat.S_IXUSR
    assert text.startswith("#!/usr/bin/env bash\n")
    assert all(part in text for part in (*PARTS, "mktemp -d", "trap ", "=="))
    assert "rollcall" not in text.lower()


def test_a_finding_that_prints_its_parts_and_ends_well_holds(script):
    printed, fault = run(script(GOOD))

    assert printed.startswith("version: bash")
    assert fault == ""


def test_a_finding_whose_behaviour_is_gone_is_named(script):
    assert run(script(GOOD + "exit 1"))[1] == "it ended with status 1"


def test_a_finding_without_its_parts_is_named(script):
    assert run(script("echo 'version: bash'"))[1] == "it does not print behaviour: and output seen:"


def test_a_finding_that_runs_too_long_is_ended_with_what_it_started(script, tmp_path):
    pid_file = tmp_path / "pid"

    _, fault = run(script(f"sleep 600 & echo $! > {pid_file}\nwait"), limit=2)

    assert fault == "it ran for more than 2 seconds"
    until(lambda: has_ended(pid_file.read_text().strip()))


def has_ended(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
