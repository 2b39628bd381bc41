#!/usr/bin/env bash
# Pillow makes nearly all of a gray picture of 16 bits white when it is converted to 8 bits.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pillow==13.0.0 2> /dev/null
said=$(venv/bin/python - <<'PY'
import io
import struct
from PIL import Image

gradient = [0, 128, 255, 1_000, 16_000, 32_000, 48_000, 65_535]
image = Image.frombytes("I;16", (8, 1), struct.pack("<8H", *gradient))
file = io.BytesIO()
image.save(file, "PNG")
read = Image.open(io.BytesIO(file.getvalue()))
print(f"mode {read.mode}; 16 bits: {gradient}; as L: {list(read.convert('L').tobytes())}")
PY
)

echo "version: Pillow 13.0.0"
echo "behaviour: a gray PNG of 16 bits is opened in the mode I;16, and convert('L') cuts its values at 255 where it might have been expected to divide them by 256: everything but the darkest part becomes white."
echo "output seen: $said"
[[ $said == "mode I;16;"*"as L: [0, 128, 255, 255, 255, 255, 255, 255]" ]]
