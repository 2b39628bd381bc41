"""The files of `deploy/` with the addresses of the machine that they are tried on."""

from __future__ import annotations

from collections.abc import Mapping

from tools.state import ROOT


def text_of(name: str, changes: Mapping[str, str]) -> str:
    """A file of `deploy/` in which each of these pieces of text is replaced; one that is not there any more ends the program."""
    written = (ROOT / "deploy" / name).read_text(encoding="utf-8")
    for ours, here in changes.items():
        if ours not in written:
            raise SystemExit(f"deploy/{name} has no {ours!r} any more.")
        written = written.replace(ours, here)
    return written
