"""One run of a collection by Newman or the Hoppscotch CLI: how many requests and tests, and what failed."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from tools.collections.node import Node
from tools.state import ROOT

FILES = ROOT / "collections"
"""Where Newman looks for the files of forms."""


@dataclass(frozen=True)
class Run:
    requests: int
    tests: int
    failed: list[str]


def imported_by_postman(node: Node, url: str) -> Run:
    """Compare what Postman's own library reads with the file: names, order, examples, scripts and variables."""
    path, _ = _fetched(node.folder, url, "postman", None)
    done = node.run("postman.mjs", path)
    if done.returncode != 0:
        raise SystemExit(f"Postman's library cannot read the collection:\n{_said(done)}")
    read, written = json.loads(done.stdout), json.loads(path.read_text(encoding="utf-8"))
    expected = [
        {
            "name": item["name"],
            "method": item["request"]["method"],
            "hasDescription": True,
            "examples": [each["name"] for each in item["response"]],
            "scripts": ["prerequest", "test"],
        }
        for item in _items(written)
    ]
    failed = [
        f"{ours['name']}: {theirs}"
        for ours, theirs in zip_longest(expected, read["items"], fillvalue={"name": "nothing"})
        if ours != theirs
    ]
    if read["variables"] != [[each["key"], each["value"]] for each in written["variable"]]:
        failed.append(f"the variables are {read['variables']}")
    return Run(len(expected), len(expected), failed)


def _items(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for item in node["item"]:
        if "item" in item:
            yield from _items(item)
        else:
            yield item


def by_newman(node: Node, url: str, folders: Collection[str]) -> Run:
    collection, environment = _fetched(node.folder, url, "postman", folders)
    report = node.folder / "newman.json"
    report.unlink(missing_ok=True)
    done = node.run(
        "node_modules/newman/bin/newman.js",
        *("run", collection, "-e", environment, "--working-dir", FILES, "--suppress-exit-code"),
        *("--reporters", "json", "--reporter-json-export", report, "--timeout-request", "30000"),
    )
    if not report.exists():
        raise SystemExit(f"Newman has written no report:\n{_said(done)}")
    run = json.loads(report.read_text(encoding="utf-8"))["run"]
    failed = [
        f"{each['source']['name']}: {each['error'].get('test', '')} {each['error']['message']}"
        for each in run["failures"]
    ]
    untested = [each["item"]["name"] for each in run["executions"] if not each.get("assertions")]
    return Run(
        run["stats"]["requests"]["total"],
        run["stats"]["assertions"]["total"],
        [*failed, *(f"{name}: no test was run" for name in untested)],
    )


def by_hoppscotch(node: Node, url: str, folders: Collection[str]) -> Run:
    collection, environment = _fetched(node.folder, url, "hoppscotch", folders)
    report = node.folder / "hoppscotch.xml"
    report.unlink(missing_ok=True)
    done = node.run(
        "node_modules/@hoppscotch/cli/bin/hopp.js",
        *("test", collection, "--env", environment, "--reporter-junit", report),
    )
    if not report.exists():
        raise SystemExit(f"The Hoppscotch CLI has written no report:\n{_said(done)}")
    suites = list(ET.parse(report).getroot().iter("testsuite"))
    failed = [text for suite in suites for text in _failures(suite)]
    expected = list(_names(json.loads(collection.read_text(encoding="utf-8"))))
    if expected != [suite.get("name", "") for suite in suites]:
        failed.append("the requests that were sent are not those of the file, in its order")
    if done.returncode != 0 and not failed:
        failed = [_said(done)[-2000:]]
    return Run(len(suites), sum(int(suite.get("tests", "0")) for suite in suites), failed)


def _names(collection: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The paths of the requests, in the order in which Hoppscotch sends them."""
    path = f"{above}{collection['name']}"
    yield from (f"{path}/{each['name']}" for each in collection["requests"])
    for folder in collection["folders"]:
        yield from _names(folder, f"{path}/")


def _failures(suite: ET.Element) -> Iterator[str]:
    name = suite.get("name", "")
    if int(suite.get("tests", "0")) == 0:
        yield f"{name}: no test was run"
    for case in suite.iter("testcase"):
        for kind in ("failure", "error"):
            for problem in case.findall(kind):
                yield f"{name}: {case.get('name')} {problem.get('message') or problem.text}"
    for problem in suite.findall("error"):
        yield f"{name}: {problem.get('message') or problem.text}"


def _fetched(folder: Path, url: str, tool: str, folders: Collection[str] | None) -> tuple[Path, Path]:
    """The collection, with these folders of it or all, and the environment, as the API serves them."""
    collection = _get(f"{url}/{tool}.json")
    part = "item" if tool == "postman" else "folders"
    if folders is not None:
        collection[part] = [each for each in collection[part] if each["name"] in folders]
    paths = (folder / f"{tool}.json", folder / f"{tool}-environment.json")
    for path, content in zip(paths, (collection, _get(f"{url}/{tool}-environment.json")), strict=True):
        path.write_text(json.dumps(content), encoding="utf-8")
    return paths


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=60) as response:
        content: Mapping[str, Any] = json.load(response)
    return dict(content)


def _said(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout + done.stderr
