"""Where the browser of the tests comes from, and that without one they are skipped by name, or fail in CI."""

import subprocess
from pathlib import Path

import pytest

from tests.support.browsing import need_chromium
from tests.support.paths import ROOT
from tools import chromium


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The only folder of the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("ROLLCALL_CHROMIUM", raising=False)
    return tmp_path


@pytest.fixture
def program(folder):
    def make(name, text=""):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
        return folder / name

    return make


@pytest.mark.parametrize("name", chromium.NAMES)
def test_the_browser_of_the_machine_is_found(program, name):
    made = program(name)

    assert chromium.found() == made
    assert chromium.why_missing() == ""


def test_another_one_can_be_named(program, monkeypatch):
    program("chromium")
    monkeypatch.setenv("ROLLCALL_CHROMIUM", "/opt/brave")

    assert chromium.found() == Path("/opt/brave")


def test_without_one_the_tests_are_skipped_with_a_word_on_what_to_install(folder):
    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
        need_chromium(chromium.why_missing(), is_ci=False)


def test_in_ci_they_fail_instead(folder):
    with pytest.raises(pytest.fail.Exception, match="Chromium is not installed"):
        need_chromium(chromium.why_missing(), is_ci=True)


@pytest.mark.parametrize("is_root", [True, False], ids=["root", "an ordinary user"])
def test_root_installs_it_and_an_ordinary_user_is_told_how(folder, program, monkeypatch, capsys, is_root):
    program(
        "apt-get", f'echo "$@" >> {folder}/asked; [ "$2" = update ] || cp {folder}/apt-get {folder}/chromium'
    )
    monkeypatch.setenv("PATH", f"{folder}:/bin")
    monkeypatch.setattr(chromium, "NAMES", ("chromium",))
    monkeypatch.setattr(
        chromium.shutil, "which", lambda name: str(path) if (path := folder / name).exists() else None
    )
    monkeypatch.setattr("os.geteuid", lambda: 0 if is_root else 1000)

    chromium.prepare()

    asked = (folder / "asked").read_text() if (folder / "asked").exists() else ""
    assert ("install --yes --no-install-recommends chromium" in asked) is is_root
    assert ("Chromium is not installed" in capsys.readouterr().out) is not is_root


def test_the_checker_of_accessibility_is_the_one_of_the_checksums():
    vendor = ROOT / "tests" / "browser" / "vendor"

    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=vendor, check=True)
