"""How many certificates a core renders as PDF in a second, by CPU time, with names in five scripts.

The ratio is to the same QR codes made by segno alone, in the same process and turn: a slower machine moves both.
"""

from __future__ import annotations

import io
import json
import resource
import statistics
import subprocess
import sys

import segno

from app.adapters import certificate_pdf
from app.adapters.certificate_pdf import typesetting
from app.adapters.certificate_pdf.lettering import chinese_forms_of, is_right_to_left, language_of

CERTIFICATES = 1_000
LEAST_A_SECOND = 20.0
NAMES = ("Valentina Fernández", "محمد عبد الرحمن", "अनुश्री कृष्णमूर्ति", "ณัฐวุฒิ ศรีสุวรรณ", "欧阳娜娜")


def measure(rounds: int) -> bool:
    """Whether a core renders as many as it has to."""
    taken, alone = [], []
    for _ in range(min(rounds, 3)):
        taken.append(_seconds_of_rendering())
        alone.append(_seconds_of_codes())
    seconds = statistics.median(taken)
    a_second = CERTIFICATES / seconds
    print(f"certificates: {a_second:.1f} a second a core (at least {LEAST_A_SECOND:g})")
    print(f"  {seconds / statistics.median(alone):.1f} times the CPU time of their QR codes alone")
    return a_second >= LEAST_A_SECOND


def _seconds_of_rendering() -> float:
    documents = json.dumps([_document(number) for number in range(CERTIFICATES)])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-I", typesetting.__file__]
    done = subprocess.run(command, input=documents.encode(), capture_output=True, env={}, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if len(list(certificate_pdf.parts(done.stdout))) != CERTIFICATES:
        raise SystemExit("Not every certificate was rendered.")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _seconds_of_codes() -> float:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    for number in range(CERTIFICATES):
        segno.make(_url(number), micro=False, error="m").save(io.BytesIO(), kind="svg")
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime - before


def _document(number: int) -> dict[str, object]:
    name = f"{NAMES[number % len(NAMES)]} {number}"
    said = {"text": name, "lang": language_of(name), "is_right_to_left": is_right_to_left(name)}
    return {
        **dict.fromkeys(("document_title", "description", "heading", "phrase", "check"), "Certificate"),
        **dict.fromkeys(("name", "course", "organization"), said),
        "facts": [{"label": "Number", "value": str(number)}],
        "notes": [],
        "stamp": None,
        "color": "#00586f",
        "line_color": "#d99a1c",
        "logo": certificate_pdf.LOGO,
        "url": _url(number),
        "timestamp": 1_782_518_400,
        "chinese_forms": chinese_forms_of(name),
    }


def _url(number: int) -> str:
    return f"https://rollcall.example.org/certificates/RC-{number:032X}"
