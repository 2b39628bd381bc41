"""`make collections`: a named skip without npm, and no green run in which nothing was tested."""

import json
import os
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

from tests.support.paths import ROOT
from tools.collections import __main__ as collections
from tools.collections import node, runs
from tools.collections.node import Node
from tools.collections.runs import Run


def case(failure=None):
    found = ET.Element("testcase", name="Status is 200")
    if failure:
        ET.SubElement(found, "failure", message=failure)
    return found


def suite(tests, *inside):
    found = ET.Element("testsuite", name="Log in", tests=str(tests))
    found.extend(inside)
    return found


def test_without_npm_it_is_skipped_by_name(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tools.collections"],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0
    assert done.stdout.startswith("SKIPPED: the collections were not run. Node.js with npm is not installed.")


def test_an_unknown_tool_is_named():
    done = subprocess.run(
        [sys.executable, "-m", "tools.collections", "insomnia"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert "There is no tool insomnia" in done.stderr


@pytest.mark.parametrize(
    ("run", "failures"),
    [(Run(3, 9, []), 0), (Run(0, 0, []), 1), (Run(3, 9, ["Log in: Status is 200"]), 1)],
    ids=["good", "nothing was sent", "a test failed"],
)
def test_a_run_is_good_when_something_was_sent_and_nothing_failed(capsys, run, failures):
    assert collections.report("newman", run) == failures
    assert ("FAILED" in capsys.readouterr().out) == bool(failures)


@pytest.mark.parametrize(
    ("found", "failed"),
    [
        (suite(1, case()), []),
        (suite(0), ["Log in: no test was run"]),
        (suite(1, case("401")), ["Log in: Status is 200 401"]),
        (suite(1, ET.Element("error", message="TypeError"), case()), ["Log in: TypeError"]),
    ],
    ids=["good", "without a test", "a failed test", "an error"],
)  # fmt: skip
def test_what_failed_in_hoppscotch_is_read_from_its_report(found, failed):
    assert list(runs._failures(found)) == failed


@pytest.fixture
def newman(tmp_path, monkeypatch):
    """A stand-in for the program: what it writes is its report."""

    def fetched(folder, _url, tool, _folders):
        return folder / f"{tool}.json", folder / f"{tool}-environment.json"

    monkeypatch.setattr(runs, "_fetched", fetched)

    def run(executions, failures=()):
        report = {
            "run": {
                "stats": {"requests": {"total": len(executions)}, "assertions": {"total": 1}},
                "failures": list(failures),
                "executions": executions,
            }
        }
        script = tmp_path / "node"
        script.write_text(
            f"#!{sys.executable}\nimport sys\nfrom pathlib import Path\n"
            f"Path(sys.argv[sys.argv.index('--reporter-json-export') + 1]).write_text({json.dumps(json.dumps(report))})\n"
        )
        script.chmod(0o755)
        return runs.by_newman(Node(script, tmp_path), "http://127.0.0.1", ("Log in",))

    return run


def test_a_request_whose_tests_did_not_run_fails(newman):
    tested = {"item": {"name": "Log in"}, "assertions": [{"assertion": "Status is 200"}]}
    untested = {"item": {"name": "Show your account"}}

    assert newman([tested]).failed == []
    assert newman([tested, untested]).failed == ["Show your account: no test was run"]


def test_a_failed_assertion_has_its_request_and_its_reason(newman):
    failure = {"source": {"name": "Log in"}, "error": {"test": "Status is 200", "message": "expected 401"}}
    tested = {"item": {"name": "Log in"}, "assertions": [{}]}

    assert newman([tested], [failure]).failed == ["Log in: Status is 200 expected 401"]


def test_every_version_is_pinned():
    packages = json.loads((node.HERE / "package.json").read_text(encoding="utf-8"))

    pinned = {**packages["dependencies"], **packages["optionalDependencies"]}
    assert {name: version for name, version in pinned.items() if not version[0].isdecimal()} == {}
    assert (pinned["newman"], pinned["@hoppscotch/cli"]) == ("6.2.2", "0.31.4")


def test_ci_runs_the_collections():
    assert "\nmake collections\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
