"""The Nu Html Checker (vnu), the checker of the W3C and WHATWG, in a folder of its own, as `package-lock.json` pins it.

A Java program that npm delivers; it needs Java 11 or newer. None of it is part of the platform.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from tools.state import open_state

HERE = Path(__file__).parent
PACKAGES = ("package.json", "package-lock.json", ".npmrc")
JAR = "ROLLCALL_VNU"
"""The variable that may name an installed `vnu.jar`."""


def why_missing() -> str:
    """Why pages cannot be checked here; empty where they can."""
    if not shutil.which("java"):
        return "HTML is not checked by vnu: Java is not installed."
    if not os.environ.get(JAR) and not shutil.which("npm"):
        return f"HTML is not checked by vnu: npm is not installed, and {JAR} names no vnu.jar."
    return ""


def jar() -> Path:
    """The program, fetched by npm when the lock file has changed.

    :raises subprocess.CalledProcessError: when npm cannot fetch it, such as without a network
    """
    if named := os.environ.get(JAR):
        return Path(named)
    folder = open_state().folder("vnu")
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in PACKAGES)).hexdigest()
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        for name in PACKAGES:
            shutil.copy(HERE / name, folder / name)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--loglevel", "error"], cwd=folder, check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return folder / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


def errors(folder: Path) -> list[str]:
    """What the checker calls an error in the HTML files of a folder: `page.html:3: …`, and the source beside it."""
    command = ["java", "-Xss1m", "-jar", str(jar()), "--errors-only", "--exit-zero-always", "--stdout"]
    options = ["--format", "json", "--skip-non-html", str(folder)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    return [
        f"{Path(each.get('url', '')).name}:{each.get('lastLine', '')}: {each['message']} {each.get('extract', '')!r}"
        for each in json.loads(done.stdout)["messages"]
    ]
