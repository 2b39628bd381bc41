"""The units of `deploy/systemd` are ones that systemd takes, and start programs that there are."""

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


def programs_of(unit):
    return re.findall(r"^Exec\w+=/opt/rollcall/bin/(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)


def test_each_program_of_a_deployment_has_its_unit():
    started = {program.split(" --bind")[0] for unit in UNITS for program in programs_of(unit)}

    assert started >= {
        "gunicorn wsgi:app",
        "flask worker",
        "flask worker --urgent",
        "flask worker --runs",
        "flask sweep",
    }


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_the_commands_of_a_unit_have_their_options(app, unit):
    for program in programs_of(unit):
        name, *arguments = shlex.split(program)
        if name == "flask":
            command = app.cli.commands[arguments[0]]
            # Parsed, and not run: an unknown option or name ends it.
            command.make_context(arguments[0], arguments[1:])


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
