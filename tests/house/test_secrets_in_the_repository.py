"""No key, token or password of a real system is in a tracked file."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.support.paths import ROOT

KEYS = re.compile(
    rb"""
    -----BEGIN\ (?:[A-Z]+\ )*PRIVATE\ KEY-----
    | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b
    | \bgh[pousr]_[A-Za-z0-9]{36} | \bgithub_pat_[A-Za-z0-9_]{22}
    | \bglpat-[A-Za-z0-9_-]{20}
    | \bxox[abprs]-[A-Za-z0-9-]{10}
    | \bsk_live_[A-Za-z0-9]{16} | \bsk-[A-Za-z0-9]{32}
    | \bAIza[A-Za-z0-9_-]{35}
    | \bSG\.[A-Za-z0-9_-]{22}\.
    | \bpypi-AgEI[A-Za-z0-9_-]{20} | \bnpm_[A-Za-z0-9]{36}
    """,
    re.VERBOSE,
)
SETTINGS = re.compile(
    rb"^[ \t]*(?:export[ ])?[\"']?(\w*(?:SECRET|PASSWORD|TOKEN|API_KEY)\w*)[\"']?[ ]?[=:][ ]?[\"']?([^\s\"'#]{8,})",
    re.MULTILINE,
)
EXAMPLES = re.compile(
    rb"change|example|rollcall|\$\{|\$\(|<|\.\.\.|test|not-a|secrets\.|settings|self\.|config\."
)
PLACES = (
    ".env",
    ".env.example",
    "compose.yaml",
    "compose.two-nodes.yaml",
    "deploy",
    "Dockerfile",
    ".github",
    ".ci",
    "Makefile",
    "docs",
    "README.md",
)


def tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is no working copy of git")
    return [
        ROOT / name.decode()
        for name in listed.stdout.split(b"\0")
        if name and (ROOT / name.decode()).is_file()
    ]


def test_no_tracked_file_holds_a_key():
    found = {
        str(path.relative_to(ROOT)): match[0]
        for path in tracked()
        if (match := KEYS.search(path.read_bytes()))
    }

    assert found == {}


def test_no_tracked_setting_is_a_real_one():
    found = {}
    for path in tracked():
        name = str(path.relative_to(ROOT))
        if name.startswith(PLACES):
            for setting, value in SETTINGS.findall(path.read_bytes()):
                if not EXAMPLES.search(value.lower()):
                    found[f"{name}: {setting.decode()}"] = value

    assert found == {}


@pytest.mark.parametrize("name", [".env", "id_rsa", "server.pem", "server.key", "dump.sql", "backup.dump"])
def test_files_with_secrets_are_not_tracked(name):
    assert [path for path in tracked() if path.name == name] == []


@pytest.mark.parametrize(
    "planted",
    [
        "-----BEGIN OPENSSH " + "PRIVATE KEY-----",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "ghp_" + "a" * 36,
        "sk_live_" + "a" * 24,
        "AIza" + "b" * 35,
    ],
)
def test_a_key_would_be_noticed(planted):
    assert KEYS.search(f"key = '{planted}'".encode())


def test_the_document_holds_no_secret(app):
    document = app.test_client().get("/openapi.json").get_data(as_text=True)

    assert (
        re.findall(
            r"eyJ[\w-]{20,}\.[\w-]{10,}\.[\w-]{20,}|\$argon2\w*\$|://[^\s:/@\"]+:[^\s@/\"]+@", document
        )
        == []
    )
    assert "test secret" not in document
