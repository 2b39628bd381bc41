"""The files of `deploy/` and `compose.yaml` start programs that there are, with options that these have."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")


LISTS = [ROOT / "compose.yaml", ROOT / "compose.two-nodes.yaml", ROOT / "deploy" / "kubernetes.yaml"]
PROGRAMS = {"flask worker", "flask worker --urgent", "flask worker --runs", "flask sweep"}


def programs_of(file):
    """The commands that a file starts, the image's own left out."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".service":
        return re.findall(r"^Exec\w+=/opt/rollcall/bin/(.*)$", text, re.MULTILINE)
    return [" ".join(found.split(", ")) for found in re.findall(r"command: \[(flask, .*)\]", text)]


@pytest.mark.parametrize(
    "files", [UNITS, *([each] for each in LISTS)], ids=["systemd", "compose", "two nodes", "kubernetes"]
)
def test_each_program_of_a_deployment_is_started(files):
    started = {program for file in files for program in programs_of(file)}

    assert started >= PROGRAMS


@pytest.mark.parametrize("file", [*UNITS, *LISTS], ids=lambda file: file.name)
def test_the_commands_have_the_options_that_are_given(app, file):
    for program in programs_of(file):
        name, *arguments = shlex.split(program)
        if name == "flask" and arguments[0] != "db":
            command = app.cli.commands[arguments[0]]
            # Parsed, and not run: an unknown option or name ends it.
            command.make_context(arguments[0], arguments[1:])


@pytest.mark.parametrize("file", LISTS, ids=lambda file: file.name)
def test_servers_are_given_the_time_to_drain(file):
    """DRAIN_SECONDS, and the 30 s in which gunicorn lets requests end."""
    text = file.read_text(encoding="utf-8")
    (grace,) = {int(each) for each in re.findall(r"(?:PeriodSeconds|grace_period): (40)s?\b", text)}

    assert grace >= int(re.search(r"DRAIN_SECONDS=(\d+)", (ROOT / "Dockerfile").read_text())[1]) + 30


@needs_systemd
def test_systemd_accepts_the_units(tmp_path):
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/rollcall/bin", str(Path(sys.executable).parent))
        (tmp_path / unit.name).write_text(text.replace("/srv/rollcall", str(ROOT)), encoding="utf-8")

    told = subprocess.run(
        ["systemd-analyze", "verify", *map(str, tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (told.returncode, told.stderr) == (0, "")
