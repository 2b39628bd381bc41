"""An audit that could not ask is no audit that found nothing."""

import os
import subprocess
import sys

import pytest

from tests.support.paths import ROOT
from tools.audit import FOUND, GROUPS, UNCHECKED, judge

CLEAN = {"name": "flask", "version": "3.1.2", "vulns": []}
UNKNOWN = {"name": "alembic", "skip_reason": "Dependency not found on PyPI and could not be audited"}
GUILTY = {
    "name": "jinja2",
    "version": "3.1.5",
    "vulns": [{"id": "GHSA-cpwx-vrp4-4pq7", "aliases": ["CVE-2025-27516"], "fix_versions": ["3.1.6"]}],
}


@pytest.mark.parametrize(
    ("packages", "status", "said"),
    [
        ([CLEAN, CLEAN], 0, "Nothing is known against any of 2 packages."),
        ([CLEAN, GUILTY], FOUND, "jinja2 3.1.5: GHSA-cpwx-vrp4-4pq7, CVE-2025-27516, fixed in 3.1.6"),
        ([CLEAN, UNKNOWN], UNCHECKED, "1 of 2 packages could not be checked: alembic."),
        ([UNKNOWN, GUILTY], FOUND, "1 of 2 packages could not be checked: alembic."),
        (
            [UNKNOWN] * 7,
            UNCHECKED,
            "7 of 7 packages could not be checked: " + "alembic, " * 4 + "alembic and 2 more.",
        ),
        ([], UNCHECKED, "0 of 0 packages could not be checked."),
    ],
    ids=["clean", "guilty", "unchecked", "guilty and unchecked", "all unchecked", "none"],
)
def test_only_a_check_of_every_package_is_a_pass(packages, status, said):
    lines, ended = judge(packages)

    assert ended == status
    assert said in lines


def test_without_a_network_it_fails_and_says_so_in_a_line(tmp_path):
    nobody = "http://127.0.0.1:1"

    ended = subprocess.run(
        [sys.executable, "-m", "tools.audit", "--cache-dir", tmp_path, "--timeout", "2"],
        cwd=ROOT,
        env={**os.environ, "HTTPS_PROXY": nobody, "https_proxy": nobody, "NO_PROXY": "", "no_proxy": ""},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert ended.returncode == UNCHECKED
    assert ended.stdout.startswith("The audit did not come about: ")
    assert len(ended.stdout.splitlines()) == 1
    assert ended.stderr == ""


def test_every_lock_is_asked_about():
    locks = {path.name for path in ROOT.glob("requirements*.txt")}

    assert {lock for group in GROUPS for lock in group} == locks
