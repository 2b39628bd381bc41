"""The settings of a process, read from the environment and `.env`, and checked together.

A wrong or missing value stops the start with a sentence that names the variable; of several, each has its line.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import Field, fields
from importlib import metadata
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

import production
from config import Config

BAD_SETTINGS = 3
"""Exit status. gunicorn gives up when a worker ends with it, and starts another one for any other."""


class BadSettingError(ValueError):
    """The environment holds values that Rollcall cannot start with: a line for each."""


def load() -> Config:
    """The settings of this process. Invalid ones are written to standard error, and the process exits."""
    try:
        return config_from(read_environment())
    except BadSettingError as refusal:
        sys.stderr.write(f"Rollcall cannot start with these settings:\n{refusal}\n")
        raise SystemExit(BAD_SETTINGS) from None


def read_environment() -> dict[str, str]:
    """The process environment, which overrides the project's `.env`."""
    stored = dotenv_values(Path(__file__).with_name(".env"))
    return {name: value for name, value in stored.items() if value is not None} | dict(os.environ)


def config_from(environ: Mapping[str, str]) -> Config:
    """Parse and check the settings. All errors are reported at once."""
    values: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    for each in fields(Config):
        variable = each.name.upper()
        try:
            values |= _read(each, environ.get(variable, "").strip())
        except ValueError as error:
            reasons[variable] = f"{variable} {error}"
    # A setting that could not be parsed has its default meanwhile, so that the others are checked as well.
    config = Config(**{"database_url": "", "redis_url": "", **values})
    found = [each for each in mistakes(config, environ) if each.partition(" ")[0] not in reasons]
    if reasons or found:
        raise BadSettingError("\n".join([*reasons.values(), *found]))
    return config


def mistakes(config: Config, environ: Mapping[str, str]) -> list[str]:
    """Settings that contradict each other, and what production refuses."""
    found = []
    if config.notice_lease_seconds < 2 * config.mail_timeout_seconds:
        found.append(
            "NOTICE_LEASE_SECONDS must be at least twice MAIL_TIMEOUT_SECONDS: "
            "connecting and sending have to fit into the lease"
        )
    if config.traces_url and not _is_installed("opentelemetry-exporter-otlp-proto-http"):
        found.append(
            "TRACES_URL needs OpenTelemetry: pip install --no-deps --require-hashes -r requirements-traces.txt"
        )
    if config.app_env == "production":
        found += production.mistakes(config, environ)
    return found


def _is_installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _read(declared: Field[Any], given: str) -> dict[str, Any]:
    if given:
        return {declared.name: declared.metadata["parse"](given)}
    if declared.metadata["default"] is None:
        raise ValueError(f"is not set ({declared.metadata['about']})")
    return {}
