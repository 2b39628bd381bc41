"""`make lock`: compile the requirements of `requirements*.in` into the locks, for every supported Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.locks import LOCKS

ROOT = Path(__file__).resolve().parent.parent
UV = "uv==0.13.8"


def compile_lock(lock: str, arguments: list[str]) -> None:
    source = lock.replace(".txt", ".in")
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal"),
            *("--python-version", "3.11.0"),
            *("--generate-hashes", "--no-strip-extras", "--no-emit-index-url", "--no-emit-find-links"),
            *("--custom-compile-command", "python3 dev.py lock", source, "--output-file", lock, *arguments),
        ],
        cwd=ROOT,
        check=True,
    )


def main() -> None:
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", UV], check=True)
    for lock in LOCKS:
        compile_lock(lock, sys.argv[1:])


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
