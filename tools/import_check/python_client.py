"""A typed Python client, generated from the document, in an environment of its own: the main job compiles, and runs.

`client.txt` locks the generator. After a change of `client.in`: `uv pip compile --universal --python-version 3.11.0
--generate-hashes client.in --output-file client.txt`.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from app.web.openapi.examples.requests import PASSWORD

HERE = Path(__file__).parent
LOCK, JOB, PACKAGE = HERE / "client.txt", HERE / "main_job.py", "rollcall_client"


def environment(folder: Path) -> Path:
    """The folder with the programs of the lock, installed when it has changed.

    :raises subprocess.CalledProcessError: when pip cannot install them, such as without a network
    """
    venv, wanted = folder / "client-venv", hashlib.sha256(LOCK.read_bytes()).hexdigest()
    stamp = venv / "installed"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        install = ("-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", LOCK)
        subprocess.run([venv / "bin" / "python", *install], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return venv / "bin"


def problems(folder: Path, url: str) -> list[str]:
    """What went wrong; empty where the client is generated whole, the job is typed, and it runs."""
    programs, work = environment(folder), folder / "client"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    shutil.copy(JOB, work)
    generate = (
        *("generate", "--path", folder / "openapi.json", "--output-path", PACKAGE, "--meta", "none"),
        *("--config", HERE / "client.yaml", "--fail-on-warning"),
    )
    steps: tuple[tuple[str | Path, ...], ...] = (
        (programs / "openapi-python-client", *generate),
        # The generator's own modules are not typed strictly; what it gives to ours is.
        (programs / "mypy", "--strict", "--follow-imports=silent", JOB.name),
        (programs / "python", JOB.name, url, PASSWORD),
    )
    for step in steps:
        done = subprocess.run(step, cwd=work, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return [f"{Path(step[0]).name}: {done.stdout}{done.stderr}"[-2000:]]
    return []
