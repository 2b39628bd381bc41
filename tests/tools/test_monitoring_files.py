"""The dashboard and the alert rules of `deploy/` are about metrics that the application has, and each alert says what to do."""

import json
import re
import shutil
import subprocess

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.support.paths import ROOT

ALERTS = ROOT / "deploy" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana-dashboard.json"
RUNBOOK = ROOT / "docs" / "operating.md"
OF_PROMETHEUS = {"up": {"job", "instance"}}
OF_TARGETS = {"job", "instance"}
"""Labels that Prometheus adds to each metric."""

SELECTOR = re.compile(r"\b(rollcall_\w+|up)\b(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
GROUPING = re.compile(r"\b(?:by|without|on|ignoring) ?\(([^)]*)\)")

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed (Debian's prometheus)"
)


def alerts():
    (group,) = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return group["rules"]


def panels():
    return json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]


def expressions():
    yield from ((rule["alert"], rule["expr"]) for rule in alerts())
    yield from ((panel["title"], target["expr"]) for panel in panels() for target in panel["targets"])


@pytest.fixture
def exported(app, api):
    """By name: the values that each label has in an answer of /metrics. A process reports its pool after a request."""
    api.get("/categories")
    api.get("/nowhere")
    app.test_client().get("/metrics")
    found = {name: {label: set() for label in labels} for name, labels in OF_PROMETHEUS.items()}
    for family in text_string_to_metric_families(app.test_client().get("/metrics").text):
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return found


def mistakes_in(expression, exported):
    known = set(OF_TARGETS)
    for name, matchers in SELECTOR.findall(expression):
        if name not in exported:
            yield name
            continue
        labels = exported[name]
        known |= labels.keys()
        for label, operator, value in MATCHER.findall(matchers):
            if label not in {*labels, *OF_TARGETS}:
                yield f"{name}: {label}"
            elif (
                operator in {"=", "!="}
                and label not in {*OF_TARGETS, "status"}
                and value not in labels[label]
            ):
                yield f"{name}: {label}={value}"
    for listed in GROUPING.findall(expression):
        yield from (f"by {label}" for label in re.findall(r"\w+", listed) if label not in known)


def test_every_metric_and_label_of_the_files_is_exported(exported):
    assert {title: found for title, expr in expressions() if (found := [*mistakes_in(expr, exported)])} == {}
    assert len([*expressions()]) > 30


@pytest.mark.parametrize(
    ("expression", "mistake"),
    [
        ("max(rollcall_outbox_old_seconds)", "rollcall_outbox_old_seconds"),
        ('rollcall_queue_jobs{status="queued"}', "rollcall_queue_jobs: status"),
        ('rollcall_queue_jobs{state="waiting"}', "rollcall_queue_jobs: state=waiting"),
        ("sum by (path) (rollcall_http_requests_total)", "by path"),
    ],
)
def test_what_is_not_exported_is_noticed(exported, expression, mistake):
    assert [*mistakes_in(expression, exported)] == [mistake]


def test_every_metric_is_on_the_dashboard(exported):
    shown = {
        name for panel in panels() for each in panel["targets"] for name, _ in SELECTOR.findall(each["expr"])
    }
    families = {
        re.sub(r"_(bucket|sum|count|created)$", "", name)
        for name in exported
        if not name.endswith("_created")
    } - {"up"}

    assert families - {re.sub(r"_bucket$", "", name) for name in shown} == set()


def test_every_alert_has_a_summary_and_a_section_that_says_what_to_do():
    sections = dict(
        re.findall(
            r"^### (\w+)\n\n(.+?)(?=\n\n#|\Z)", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )
    )

    for rule in alerts():
        name, about = rule["alert"], rule["annotations"]
        assert about["summary"].endswith("."), name
        assert about["runbook"] == f"docs/operating.md#{name.lower()}"
        assert len(sections[name].split()) >= 10, name
    assert {name for name in sections if name.startswith("Rollcall")} == {rule["alert"] for rule in alerts()}


@needs_promtool
def test_promtool_takes_the_rules_and_they_fire_when_they_should(tmp_path):
    for path in (ALERTS, ROOT / "tests" / "files" / "alerts_test.yml"):
        shutil.copy(path, tmp_path)

    for command in (("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")):
        tried = subprocess.run(
            ["promtool", *command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert tried.returncode == 0, tried.stdout + tried.stderr
