"""`compose.yaml` and `compose.two-nodes.yaml`: what they name exists, and Rollcall starts with the settings that they give it.

Neither is run here, as that needs Docker.
"""

from __future__ import annotations

import dataclasses
import re

import pytest

from config import Config
from environment import config_from
from tests.support.compose import ALONE, GIVEN, TWO_NODES, read, services_of
from tests.support.paths import ROOT

FILES = [ALONE, TWO_NODES]
OURS = "rollcall"
OF_THE_IMAGE = {"HOST", "PORT", "WEB_CONCURRENCY", "WEB_THREADS", "FLASK_APP"}
SETTINGS = {each.name.upper() for each in dataclasses.fields(Config)} | OF_THE_IMAGE

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


@each_file
def test_every_setting_of_a_container_of_ours_exists(file):
    ours = [each for each in services_of(file).values() if each["image"] == OURS]

    assert len(ours) >= 6
    assert {name for each in ours for name in each["environment"]} - SETTINGS == set()


@each_file
def test_rollcall_starts_with_the_settings_that_it_is_given(file):
    """Of production, in which contradictions and weak values are refused."""
    for each in services_of(file).values():
        if each["image"] == OURS:
            config = config_from(each["environment"])
            assert config.app_env == "production"
            assert config.mail_from == GIVEN["MAIL_FROM"]


@each_file
@pytest.mark.parametrize("name", ["POSTGRES_PASSWORD", "SECRET_KEY", "JWT_SECRET_KEY", "MAIL_FROM"])
def test_what_has_no_default_is_required(file, name):
    with pytest.raises(AssertionError, match=f"{name} is required"):
        read(file, {**GIVEN, name: ""})


@each_file
def test_every_file_that_is_mounted_exists(file):
    whole = read(file)
    bound = [
        each.partition(":")[0]
        for service in whole["services"].values()
        for each in service.get("volumes", [])
        if each.startswith(".")
    ]
    sources = [each["file"] for each in whole.get("configs", {}).values() if "file" in each]

    assert bound or sources
    assert [each for each in (*bound, *sources) if not (ROOT / each).is_file()] == []


@each_file
def test_every_service_volume_and_file_that_is_named_is_declared(file):
    whole = read(file)
    services = whole["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", [])) <= services.keys(), name
        mounted = {each.partition(":")[0] for each in service.get("volumes", [])}
        assert {each for each in mounted if each[0] != "."} <= whole["volumes"].keys(), name
        assert {each["source"] for each in service.get("configs", [])} <= whole.get("configs", {}).keys(), (
            name
        )


def test_images_are_pinned_to_a_line_of_versions_and_to_the_same_in_both_files():
    versions = {}
    for file in FILES:
        for name, service in services_of(file).items():
            image, _, version = service["image"].partition(":")
            if "build" in service:
                assert not version, f"{name} is built here"
                continue
            assert re.fullmatch(r"\d+(\.\d+)?", version), f"{name}: {service['image']}"
            versions.setdefault(image, set()).add(version)

    assert len(versions) >= 4
    assert {image: found for image, found in versions.items() if len(found) > 1} == {}
