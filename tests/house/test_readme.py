"""The README keeps its word: its commands run, its tree is the tree, its table is the settings. So do the other pages."""

import os
import re
import shutil
import subprocess
import sys
import threading

import pytest
from werkzeug.serving import make_server

import dev
from app.enums import Role
from demo.people import PASSWORD, PEOPLE
from tests.support.paths import ROOT
from tools import settings

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

# Enough of curl for the README's lines, where there is none.
CURL = """\
import sys, urllib.request
words, headers, body, method, url = sys.argv[1:], {}, None, None, None
while words:
    match words.pop(0):
        case "-s": pass
        case "-H": headers.update([words.pop(0).split(": ", 1)])
        case "-d": body = words.pop(0).encode()
        case "-X": method = words.pop(0)
        case word: url = word
print(urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method)).read().decode())
"""


@pytest.fixture
def platform(app, make):
    """A web server over what the demo has: its people, and a course with its code."""
    people = {
        person.name: make.user(email=person.email, username=person.name, role=person.role, password=PASSWORD)
        for person in PEOPLE
    }
    make.course(code="CCC-2014J", instructor=people["instructor"], lessons=2)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def path(tmp_path):
    """A PATH on which `python3` is ours and `curl` exists."""
    (tmp_path / "python3").symlink_to(sys.executable)
    if shutil.which("curl") is None:
        (tmp_path / "curl").write_text(f"#!{sys.executable}\n{CURL}")
        (tmp_path / "curl").chmod(0o755)
    return f"{tmp_path}:{os.environ['PATH']}"


def test_the_main_job_runs_as_written(platform, path, make, api):
    (lines,) = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    script = lines.replace("http://127.0.0.1:8000", platform)

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )

    assert len(re.findall(r"\bcurl\b", lines)) == 5
    assert done.returncode == 0, done.stderr
    assert re.findall(r'"outcome": "(\w+)"', done.stdout) == ["assigned", "assigned", "not_found"]
    assert '"completion_percentage": 50.0' in done.stdout


def test_the_logins_are_those_of_the_demo():
    said = README[README.index("Sign in as") : README.index("## The main job")]

    assert PASSWORD in said
    assert len([person for person in PEOPLE if person.role == Role.STUDENT]) == 5
    assert all(
        person.name.rstrip("0123456789") + "@example.org" in said or person.name in said for person in PEOPLE
    )


def test_the_tree_is_the_tree():
    (block,) = re.findall(r"```\n(app/ .*?)```", README, re.DOTALL)
    told, parent = set(), ""
    for indent, name in re.findall(r"^( *)(\w+/)", block, re.MULTILINE):
        parent = parent if indent else name
        told.add(parent + name if indent else name)

    real = {
        f"{path.relative_to(ROOT)}/"
        for path in (*ROOT.iterdir(), *(ROOT / "app").iterdir())
        if path.is_dir() and path.name[0] not in "._" and path.name not in {"node_modules", "htmlcov"}
    }
    assert told == real


def test_the_settings_are_those_of_config():
    (told,) = settings.TABLE.findall(README)

    assert told == settings.table(), "run `make settings`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_it_points_to_exists(page):
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))

    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_it_names_is_a_target(page):
    named = set(re.findall(r"(?:`|^    )make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE))

    assert named - set(dev.COMMANDS) == set()


def test_make_knows_every_command_of_the_script():
    (rule,) = re.findall(r"^(help .*):$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

    assert set(rule.split()) == set(dev.COMMANDS)
