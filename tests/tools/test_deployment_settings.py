"""The settings that the files of `deploy/` give: each exists, Rollcall starts with them, and none that matters is forgotten."""

from __future__ import annotations

import base64
import dataclasses
import re
import shlex

import pytest
import yaml

from config import Config
from environment import config_from
from tests.support.paths import ROOT

UNITS = ROOT / "deploy" / "systemd"
NODE = UNITS / "rollcall.env"
CLUSTER = ROOT / "deploy" / "kubernetes.yaml"

OF_THE_PROGRAMS = {"FLASK_APP", "PYTHONUNBUFFERED", "HOST", "PORT", "WEB_CONCURRENCY", "WEB_THREADS"}
SETTINGS = {each.name.upper() for each in dataclasses.fields(Config)}
DECIDED = re.compile(
    r"DATABASE_|DB_|REDIS_|REPLICA_|TRACES_|TRUSTED_|MAIL_(?!FILE|SUBJECT|TIMEOUT)|STATEMENT_|CHORE_"
)
"""Settings that an operator of several nodes sets or knows."""

GIVEN = {
    "<secret>": "Jq1xYw5bZ0tRk8mVn3uPd7sLf2hGc6aE",
    "<password>": "kTq4uWz8mB2x",
    "<key>": base64.b64encode(bytes(range(32))).decode(),
}


def lines_of(file):
    """What it sets, and what it has as a comment."""
    return re.findall(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)


def node_settings(*, with_comments=False):
    text = NODE.read_text(encoding="utf-8")
    for placeholder, value in GIVEN.items():
        text = text.replace(placeholder, value)
    found = re.findall(rf"^{'#?' if with_comments else ''}([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE)
    values = {name: "".join(shlex.split(value)) for name, value in found}
    return values | {
        "JWT_SECRET_KEY": values["JWT_SECRET_KEY"][::-1],
        "METRICS_TOKEN": values["METRICS_TOKEN"][5:],
    }


def objects(kind):
    documents = yaml.safe_load_all(CLUSTER.read_text(encoding="utf-8"))
    return [each for each in documents if each["kind"] == kind]


def pods():
    """By name, what the pods of the cluster are made of."""
    return {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]
        for kind in ("Job", "Deployment")
        for each in objects(kind)
    }


def containers():
    return [each for pod in pods().values() for each in (*pod.get("initContainers", []), *pod["containers"])]


def cluster_settings():
    (shared,) = objects("ConfigMap")
    return shared["data"]


def secret_names():
    """Those that the file asks of the Secret, in its first comment."""
    (listed,) = re.findall(r"of \.env\.example:\n(.*?)---\n", CLUSTER.read_text(encoding="utf-8"), re.DOTALL)
    return set(re.findall(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b", listed))


def names_in_the_cluster():
    """Set, asked of the Secret, or named in a comment."""
    commented = re.findall(
        r"^ +# (?:.*: )?([A-Z][A-Z0-9_]+): ", CLUSTER.read_text(encoding="utf-8"), re.MULTILINE
    )
    own = [each["name"] for container in containers() for each in container.get("env", [])]
    return {*cluster_settings(), *secret_names(), *commented, *own}


def test_every_name_of_a_unit_is_a_setting():
    given = {
        name
        for unit in UNITS.glob("*.service")
        for line in re.findall(r"^Environment=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
        for name in re.findall(r"(\w+)=", line)
    }

    assert len(given) >= 6
    assert given - SETTINGS - OF_THE_PROGRAMS == set()


@pytest.mark.parametrize(
    "names",
    [{name for name, _ in lines_of(NODE)}, names_in_the_cluster()],
    ids=[NODE.name, CLUSTER.name],
)
def test_every_name_is_a_setting_and_none_that_an_operator_decides_on_is_missing(names):
    assert names - SETTINGS - OF_THE_PROGRAMS == set()
    assert {name for name in SETTINGS if DECIDED.match(name)} - names == set()


def test_a_node_starts_with_its_settings(tmp_path):
    config = config_from(node_settings())

    assert config.app_env == "production"
    assert "host=pooler1:6432&host=pooler2:6432" in config.database_url
    assert config.mail_from == "Rollcall <no-reply@rollcall.example.org>"


def test_what_a_node_has_as_a_comment_is_the_default():
    """So that whoever removes the # changes nothing; a collector has no default."""
    commented = {name: value for name, value in lines_of(NODE) if f"\n#{name}=" in NODE.read_text()}
    defaults = {each.name.upper(): each.metadata["default"] for each in dataclasses.fields(Config)}

    assert len(commented) > 8
    assert {name for name, value in commented.items() if value != defaults[name]} == {"TRACES_URL"}


def test_the_pods_of_a_cluster_start_with_their_settings():
    example = node_settings()
    secret = {name: example.get(name, GIVEN["<password>"]) for name in secret_names()}
    for container in containers():
        own = {each["name"]: each["value"] for each in container.get("env", [])}
        assert [next(iter(each)) for each in container["envFrom"]] == ["configMapRef", "secretRef"]

        config = config_from({**cluster_settings(), **secret, **own})

        assert (config.app_env, config.media_store) == ("production", "s3")


def test_only_web_servers_have_room_for_uploads():
    """With a bucket nothing else writes to MEDIA_DIR."""
    with_room = {
        name
        for name, pod in pods().items()
        if any(each["name"] == "received" for each in pod.get("volumes", []))
    }

    assert with_room == {"rollcall-web"}
    for name, pod in pods().items():
        volumes = {each["name"] for each in pod.get("volumes", [])}
        mounted = {
            each["name"]
            for container in (*pod.get("initContainers", []), *pod["containers"])
            for each in container.get("volumeMounts", [])
        }
        assert mounted == volumes, name
