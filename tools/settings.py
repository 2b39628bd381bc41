"""Documentation of the settings, generated from `config.py`: `.env.example` and `docs/settings.md`."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from config import Config

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / ".env.example"
PAGE = ROOT / "docs" / "settings.md"

HEAD = """\
# Every setting of Rollcall, with its default. Copy this file to .env and uncomment what differs; environment variables
# take precedence. Written from config.py by `make settings`.
"""
TABLE = re.compile(r"(?<=<!-- settings -->\n).*?(?=<!-- /settings -->)", re.DOTALL)


def example() -> str:
    """`.env.example`: a comment and a commented-out line for each setting."""
    return HEAD + "".join(
        f"\n# {_sentence(about)}{' Required.' if default is None else ''}\n#{name}={default or ''}\n"
        for name, default, about in _rows()
    )


def table() -> str:
    """The table of `docs/settings.md`."""
    rows = [
        f"| `{name}` | {'required' if default is None else f'`{default}`' if default else ''} | {about} |"
        for name, default, about in _rows()
    ]
    return "\n".join(["| setting | default | about |", "| --- | --- | --- |", *rows, ""])


def _rows() -> list[tuple[str, str | None, str]]:
    return [
        (each.name.upper(), each.metadata["default"], each.metadata["about"])
        for each in dataclasses.fields(Config)
    ]


def _sentence(about: str) -> str:
    return about[0].upper() + about[1:] + "."


def main() -> None:
    EXAMPLE.write_text(example(), encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(TABLE.sub(lambda _: table(), page), encoding="utf-8")


if __name__ == "__main__":
    main()
