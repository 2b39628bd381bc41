"""Node.js 22 with Newman and the Hoppscotch CLI, in a folder of their own, as `package-lock.json` pins them.

Node.js itself comes as a package from npm where the one on the PATH is older; only npm has to be there.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.state import open_state

HERE = Path(__file__).parent
PACKAGES = ("package.json", "package-lock.json", ".npmrc")
OLDEST = 22


@dataclass(frozen=True)
class Node:
    """An interpreter, and the folder with the packages."""

    program: Path
    folder: Path

    def run(self, script: str | Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a script of the folder, or of one of its packages."""
        return subprocess.run(
            [self.program, self.folder / script, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )


def why_missing() -> str:
    """Why the tools cannot be installed here; empty where they can."""
    return "" if shutil.which("npm") and shutil.which("node") else "Node.js with npm is not installed."


def installed() -> Node:
    """The tools, installed when the lock file has changed.

    :raises subprocess.CalledProcessError: when npm cannot install them, such as without a network
    """
    folder = open_state().folder("collections")
    for file in HERE.iterdir():
        if file.is_file() and file.suffix != ".py":
            shutil.copy(file, folder / file.name)
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in PACKAGES)).hexdigest()
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        print("Installing tools/collections/package-lock.json (once, less than a minute) ...", flush=True)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--loglevel", "error"], cwd=folder, check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return Node(_program(folder), folder)


def _program(folder: Path) -> Path:
    """The packaged interpreter, else that of the PATH where it is new enough."""
    for packaged in sorted((folder / "node_modules").glob("node-*/bin/node")):
        return packaged
    found = shutil.which("node")
    version = subprocess.run([found or "node", "--version"], capture_output=True, text=True, check=True)
    major = re.match(r"v(\d+)", version.stdout)
    if found is None or major is None or int(major[1]) < OLDEST:
        raise SystemExit(f"Node.js {OLDEST} or newer is needed; npm has none for this machine.")
    return Path(found)
