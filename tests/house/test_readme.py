"""The README and the quickstart are correct: their commands run, the tree is the tree, the settings are those of config.py."""

import json
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
QUICKSTART = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8")

# Enough of curl for these commands, where there is none.
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


def run(script, platform, path, **environment):
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace("http://127.0.0.1:8000", platform)],
        env={"PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_quickstart_runs_as_written(platform, path, api):
    (script,) = re.findall(r"```bash\n(.*?)```", QUICKSTART, re.DOTALL)

    printed = run(script, platform, path)

    assert len(re.findall(r"\bcurl\b", script)) == 5
    assert re.findall(r'"outcome": "(\w+)"', printed) == ["assigned", "assigned", "not_found"]
    assert '"completion_percentage": 50.0' in printed


def test_the_two_calls_of_the_readme_answer_as_it_shows(platform, path, api):
    login, assign = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    (shown,) = map(json.loads, re.findall(r"```json\n(.*?)```", README, re.DOTALL))

    token = json.loads(run(login, platform, path))["data"]["tokens"]["access"]
    report = json.loads(run(assign, platform, path, TOKEN=token))["data"]

    assert list(shown) == list(report)
    assert {name: shown[name] for name in ("state", "requested", "unique")} == {
        name: report[name] for name in ("state", "requested", "unique")
    }
    assert shown["counts"] == {outcome: count for outcome, count in report["counts"].items() if count}
    (row,) = shown["results"]
    assert row == {**report["results"][2], "course_id": shown["course_id"]}


def test_the_logins_are_those_of_the_demo():
    logins = README[README.index("Log in as") : README.index("## The main job")]

    assert PASSWORD in logins
    assert len([person for person in PEOPLE if person.role == Role.STUDENT]) == 5
    assert all(
        person.name.rstrip("0123456789") + "@example.org" in logins or person.name in logins
        for person in PEOPLE
    )


def test_the_tree_is_the_tree():
    (block,) = re.findall(r"```\n(app/ .*?)```", README, re.DOTALL)
    named, parent = set(), ""
    for indent, name in re.findall(r"^( *)(\w+/)", block, re.MULTILINE):
        parent = parent if indent else name
        named.add(parent + name if indent else name)

    real = {
        f"{path.relative_to(ROOT)}/"
        for path in (*ROOT.iterdir(), *(ROOT / "app").iterdir())
        if path.is_dir()
        and path.name[0] not in "._"
        and path.name not in {"node_modules", "htmlcov", "media", "site"}
    }
    assert named == real


def test_the_settings_are_those_of_config():
    (table,) = settings.TABLE.findall(settings.PAGE.read_text(encoding="utf-8"))

    assert table == settings.table(), "run `make settings`"


def test_make_knows_every_command_of_the_script():
    (rule,) = re.findall(r"^(help .*):$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

    assert set(rule.split()) == set(dev.COMMANDS)
