"""A subprocess that renders certificates as PDF/UA: JSON on standard input, PDFs on standard output.

Typst and its fonts take 80 MB, which no web process should hold, and a compiler that fails must fail alone. The process
has no settings and no secrets, and limited CPU time. It answers each certificate with four bytes of length and the PDF;
an empty one means that this certificate could not be rendered. `app.adapters.certificate_pdf` starts this program.
"""

from __future__ import annotations

import io
import json
import resource
import struct
import sys
import unicodedata
from collections.abc import Container, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import segno
import typst

TEMPLATE = Path(__file__).with_name("sheet.typ")
FONTS = Path(__file__).with_name("fonts")
CHINESE_FONTS = "noto_cjk_sans_otc"
"""The package of the fonts for Chinese, Japanese and Korean: 19 MB, too many for the repository."""

FIRST_SECONDS, SECONDS_EACH = 10, 2
"""Of CPU time, about fifty times what it takes."""

_LEFT_OUT = {"So", "Sk", "Cf", "Cc", "Cn", "Co", "Cs", "Mn", "Me"}
"""Categories of characters that a text can do without, emoji for example, where no font has them."""
_REPLACEMENT = "\ufffd"
_FORMAT_4 = {(0, 3), (3, 1)}
"""Platform and encoding of the tables of a font with the characters up to U+FFFF."""
_FORMAT_12 = {(0, 4), (3, 10)}
"""Of those with all."""


class Press:
    """A compiler with its fonts, for any number of certificates."""

    def __init__(self) -> None:
        fonts = sorted(FONTS.glob("*.ttf"))
        chinese = chinese_fonts()
        self._source = TEMPLATE.read_bytes()
        self._glyphs = set().union(*map(characters_of, [*fonts, *chinese.glob("*.ttc")]))
        self._families = [_family(font) for font in sorted(fonts, key=lambda font: (_rank(font), font.name))]
        self._compiler = typst.Compiler(font_paths=[str(FONTS), str(chinese)], ignore_system_fonts=True)

    def printed(self, certificate: dict[str, Any]) -> bytes:
        """The PDF: the same bytes for the same certificate."""
        for part in ("name", "course", "organization"):
            certificate[part]["text"] = legible(certificate[part]["text"], self._glyphs)
        given = {
            **certificate,
            "fonts": [*self._families, f"Noto Sans CJK {certificate['chinese_forms']}"],
            "qr": _qr(certificate["url"]),
        }
        made = self._compiler.compile(
            self._source,
            format="pdf",
            sys_inputs={"certificate": json.dumps(given)},
            pdf_standards="ua-1",
            timestamp=certificate["timestamp"],
        )
        if not isinstance(made, bytes):
            raise TypeError("a certificate has one file")
        return made


def chinese_fonts() -> Path:
    found = find_spec(CHINESE_FONTS)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(CHINESE_FONTS)
    return Path(next(iter(found.submodule_search_locations)))


def legible(text: str, glyphs: Container[int]) -> str:
    """The text in what the fonts have: a missing letter becomes U+FFFD, a missing symbol is left out.

    PDF/UA forbids the box in place of a missing character, and Typst refuses such a document.
    """
    kept = []
    for character in unicodedata.normalize("NFC", text):
        if character.isspace():
            kept.append(" ")
        elif ord(character) in glyphs:
            kept.append(character)
        elif unicodedata.category(character) not in _LEFT_OUT:
            kept.append(_REPLACEMENT)
    return " ".join("".join(kept).split())


def characters_of(path: Path) -> set[int]:
    """The code points that a font, or the first one of a collection, has glyphs for: those of its `cmap` table."""
    content = path.read_bytes()
    start = struct.unpack_from(">I", content, 12)[0] if content.startswith(b"ttcf") else 0
    found: set[int] = set()
    for number in range(struct.unpack_from(">H", content, start + 4)[0]):
        tag, _, offset, _ = struct.unpack_from(">4sIII", content, start + 12 + 16 * number)
        if tag == b"cmap":
            found.update(_mapped(content, offset))
    return found


def _mapped(content: bytes, table: int) -> Iterator[int]:
    for number in range(struct.unpack_from(">H", content, table + 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", content, table + 4 + 8 * number)
        kind = struct.unpack_from(">H", content, table + offset)[0]
        if (platform, encoding) in _FORMAT_4 and kind == 4:
            yield from _format_4(content, table + offset)
        elif (platform, encoding) in _FORMAT_12 and kind == 12:
            yield from _format_12(content, table + offset)


def _format_4(content: bytes, at: int) -> Iterator[int]:
    count = struct.unpack_from(">H", content, at + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", content, at + 14)
    starts = struct.unpack_from(f">{count}H", content, at + 16 + 2 * count)
    deltas = struct.unpack_from(f">{count}H", content, at + 16 + 4 * count)
    offsets_at = at + 16 + 6 * count
    offsets = struct.unpack_from(f">{count}H", content, offsets_at)
    for number, (first, last) in enumerate(zip(starts, ends, strict=True)):
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code + deltas[number]
            if offsets[number]:
                place = offsets_at + 2 * number + offsets[number] + 2 * (code - first)
                listed = struct.unpack_from(">H", content, place)[0]
                glyph = listed and listed + deltas[number]
            if glyph % 65_536:
                yield code


def _format_12(content: bytes, at: int) -> Iterator[int]:
    for number in range(struct.unpack_from(">I", content, at + 12)[0]):
        first, last, glyph = struct.unpack_from(">III", content, at + 16 + 12 * number)
        yield from range(first if glyph else first + 1, last + 1)


def _rank(font: Path) -> int:
    """Latin first: its font has the digits and the punctuation of a text in another script."""
    return 0 if font.name.startswith("NotoSans-") else 1


def _family(font: Path) -> str:
    """`Noto Sans Arabic` for NotoSansArabic-Bold.ttf."""
    stem = font.stem.partition("-")[0]
    for begin, name in (("NotoSans", "Noto Sans"), ("NotoSerif", "Noto Serif")):
        if stem.startswith(begin):
            return f"{name} {stem.removeprefix(begin)}".strip()
    raise ValueError(stem)


def _qr(url: str) -> str:
    """A QR code of 15 % redundancy as SVG, which a phone reads from paper. Not a Micro QR code, which few readers know."""
    written = io.BytesIO()
    segno.make(url, micro=False, error="m").save(written, kind="svg", border=2, xmldecl=False, svgns=True)
    return written.getvalue().decode()


def limit_myself(certificates: int) -> None:
    seconds = FIRST_SECONDS + SECONDS_EACH * certificates
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # It writes to its standard output alone.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def main() -> int:
    certificates: Sequence[dict[str, Any]] = json.load(sys.stdin)
    limit_myself(len(certificates))
    press = Press()
    for certificate in certificates:
        try:
            made = press.printed(certificate)
        except typst.TypstError as error:
            sys.stderr.write(f"{error.message}\n")
            made = b""
        sys.stdout.buffer.write(struct.pack(">I", len(made)) + made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
