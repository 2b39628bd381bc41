"""Runs the scripts of `findings/`: `make findings`. A finding fails when what it shows has changed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "findings"
LIMIT_SECONDS = 120
PARTS = ("version:", "behaviour:", "output seen:")
"""What every finding prints, each at the beginning of a line."""


def run(script: Path, limit: float = LIMIT_SECONDS) -> tuple[str, str]:
    """Run one finding in a process group of its own.

    :return: what it printed, and what is wrong with it; the latter empty when nothing is
    """
    process = subprocess.Popen(
        [script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        printed, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()[0], f"it ran for more than {limit:g} seconds"
    return printed, _fault(process.returncode, printed)


def _fault(status: int, printed: str) -> str:
    if status:
        return f"it ended with status {status}"
    missing = [part for part in PARTS if not any(line.startswith(part) for line in printed.splitlines())]
    return f"it does not print {' and '.join(missing)}" if missing else ""


def main(names: list[str]) -> int:
    known = {script.stem: script for script in sorted(FOLDER.glob("*.sh"))}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"There is no finding {', '.join(unknown)}.")
        return 2
    faults = {}
    for name in names or known:
        printed, fault = run(known[name])
        print(f"== {name}\n{printed.rstrip()}\n", flush=True)
        if fault:
            faults[name] = fault
    print(*(f"{name}: {fault}" for name, fault in faults.items()), sep="\n")
    print(f"{len(names or known) - len(faults)} of {len(names or known)} findings still hold.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
