"""The compose files, read as Docker Compose reads them."""

from __future__ import annotations

import re

import yaml

from tests.support.paths import ROOT

ALONE, TWO_NODES = ROOT / "compose.yaml", ROOT / "compose.two-nodes.yaml"

GIVEN = {
    "POSTGRES_PASSWORD": "kTq4uWz8mB2x",
    "REDIS_PASSWORD": "vN7pRc3yLd9s",
    "SECRET_KEY": "Jq1xYw5bZ0tRk8mVn3uPd7sLf2hGc6aE",
    "JWT_SECRET_KEY": "eB4oWi9yXu2rTq6zMp1kSj8nVd5lHf3C",
    "MAIL_FROM": "Rollcall <no-reply@rollcall.example.org>",
}
"""What the files require, and nothing else."""

VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?:(:[-?+])([^{}]*))?\})")


def filled(text, given):
    """The text with its variables, as Compose replaces them."""

    def value(found):
        literal, name, operator, word = found.groups()
        if literal:
            return "$"
        here = given.get(name, "")
        if operator == ":+":
            return word if here else ""
        assert here or operator != ":?", f"{name} is required"
        return here or (word if operator == ":-" else "")

    return VARIABLE.sub(value, text)


def read(file, given=None):
    """The file, with its variables filled in after it is parsed, as Compose does."""

    def fill(node):
        if isinstance(node, dict):
            return {name: fill(each) for name, each in node.items()}
        if isinstance(node, list):
            return [fill(each) for each in node]
        return filled(node, given or GIVEN) if isinstance(node, str) else node

    return fill(yaml.safe_load(file.read_text(encoding="utf-8")))


def services_of(file, given=None):
    return read(file, given)["services"]
