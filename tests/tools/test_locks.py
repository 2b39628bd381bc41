"""A lock that is not closed breaks on the day when a newer release is published."""

import pytest
from packaging.requirements import Requirement

from tests.support.paths import ROOT
from tools.locks import GROUPS, LOCKS, gaps, gaps_in_report, pins_of

METADATA = {"pytest-cov": ["coverage[toml]>=7.10.6", "pluggy>=1.2", "virtualenv ; extra == 'testing'"]}


def missing(*pins):
    return gaps([Requirement(pin) for pin in pins], lambda name: METADATA.get(name, []))


def test_a_requirement_with_an_extra_is_locked_with_it():
    assert missing("pytest-cov==7.1.0", "coverage[toml]==7.17.3", "pluggy==1.7.0") == []
    assert missing("pytest-cov==7.1.0", "coverage==7.17.3", "pluggy==1.7.0") == [
        "pytest-cov requires coverage[toml]>=7.10.6, which is not locked"
    ]


def test_a_requirement_that_is_missing_or_too_old_is_named():
    assert missing("pytest-cov==7.1.0", "coverage[toml]==7.10.0") == [
        "pytest-cov requires coverage[toml]>=7.10.6, which is not locked",
        "pytest-cov requires pluggy>=1.2, which is not locked",
    ]


def test_an_extra_of_a_locked_package_brings_its_requirements():
    assert missing("pytest-cov[testing]==7.1.0", "coverage[toml]==7.17.3", "pluggy==1.7.0") == [
        "pytest-cov requires virtualenv, which is not locked"
    ]


def test_a_lock_of_packages_that_are_not_installed_is_checked_by_what_pip_reports():
    report = {
        "install": [
            {"metadata": {"name": "Markdown", "version": "3.11"}},
            {
                "metadata": {
                    "name": "zensical",
                    "version": "0.1",
                    "requires_dist": ["markdown>=3.7", "pyyaml>=6"],
                }
            },
        ]
    }

    assert gaps_in_report(report, "markdown==3.11 \\\n    --hash=sha256:0\nzensical==0.1\n") == [
        "zensical requires pyyaml>=6, which is not locked"
    ]


def test_every_locked_package_is_pinned_to_one_version_and_has_a_hash():
    for lock in LOCKS:
        text = (ROOT / lock).read_text(encoding="utf-8")
        entries = [line for line in text.splitlines() if line and not line.startswith((" ", "#", "-"))]
        assert entries, lock
        assert all("==" in line and line.endswith("\\") for line in entries), lock
        assert text.count("\\\n    --hash=sha256:") >= len(entries), lock
        assert {len(pin.specifier) for pin in pins_of(text)} == {1}, lock


@pytest.mark.parametrize("group", GROUPS)
def test_a_package_of_several_locks_has_one_version(group):
    versions = {}
    for lock in group:
        for pin in pins_of((ROOT / lock).read_text(encoding="utf-8")):
            versions.setdefault(pin.name, set()).add(str(pin.specifier))

    assert {name: found for name, found in versions.items() if len(found) > 1} == {}, (
        "pip-audit refuses to read two"
    )
