"""Software bill of materials (SBOM) of the image, as CycloneDX 1.6: every locked package with its version and hashes.

Written from `requirements.txt` alone, so the same lock gives the same file, byte for byte.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.txt"
PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(\[[^]]*\])?==(?P<version>[^ ;\\]+)(?P<rest>.*(?:\n[ \t].*)*)", re.MULTILINE
)


def bill(lock: str) -> dict[str, Any]:
    components = [_component(pin) for pin in PIN.finditer(lock)]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, lock)}",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "rollcall", "bom-ref": "rollcall"}},
        "components": components,
        "dependencies": [{"ref": "rollcall", "dependsOn": [each["bom-ref"] for each in components]}],
    }


def _component(pin: re.Match[str]) -> dict[str, Any]:
    name, version = re.sub(r"[-_.]+", "-", pin["name"]).lower(), pin["version"]
    purl = f"pkg:pypi/{name}@{version}"
    hashes = sorted(re.findall(r"--hash=sha256:([0-9a-f]{64})", pin["rest"]))
    files = [
        {
            "type": "distribution",
            "url": purl,
            "hashes": [{"alg": "SHA-256", "content": each} for each in hashes],
        }
    ]
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "externalReferences": files,
    }


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "sbom.json"
    made = bill(LOCK.read_text(encoding="utf-8"))
    target.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    print(f"{target}: {len(made['components'])} packages")


if __name__ == "__main__":
    main()
