"""A sandboxed subprocess that re-encodes an image in one or more sizes: from standard input to standard output.

Uploaded images are decoded here and nowhere else, because C libraries do it: in a process without settings and secrets,
with limited memory and CPU time. A file of 1 kB can demand 500 MB (a decompression bomb). `app.adapters.images` starts
this program and ignores its standard error.
"""

from __future__ import annotations

import io
import resource
import signal
import sys
import warnings
from collections.abc import Sequence

from PIL import Image, ImageOps

MOST_PIXELS = 25_000_000
MOST_MEMORY = 96 * 1024 * 1024
"""What the process may hold in memory, the 20 MB of Python itself included."""
MOST_SECONDS = 2
"""Of processor time. A photo of 10 or 25 million pixels takes a quarter of a second."""
MOST_SCANS = 200
"""Each scan of a JPEG may be 23 bytes, and is a pass over all of the picture. Photos have ten."""
TOO_LARGE, TOO_SLOW = 3, 4
"""The exit statuses for refused pictures."""
STOPPED = -signal.SIGXCPU
"""The exit status of a process that has used up its CPU time."""

LENGTH_BYTES = 4
"""Before each of the pictures that are written, its length."""

Size = tuple[int, int]
"""Width and height to cut the picture to; with a height of 0, the longest side, and nothing is cut off."""

_FORMATS = ("JPEG", "PNG", "WEBP")
_WIDE = ("I;16", "I;16B", "I;16L", "I")
"""The modes of gray of 16 bits."""
_ROWS = 16
_ORIENTATION = 0x0112
_TURNED = {5, 6, 7, 8}
"""Orientations in which width and height change places."""

_JPEG = b"\xff\xd8"
"""What a JPEG begins with."""
_SCAN = b"\xff\xda"
"""What each scan of a JPEG begins with. Elsewhere in the file, in a film behind a photo for example, it is rare."""


class TooManyScansError(Exception):
    """More than a photo has: a picture that was made to take long."""


def limit_myself() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    # At the soft limit the system sends SIGXCPU, at the hard limit SIGKILL.
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # It uses the pipes that are already open, and writes no file.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def drawn(content: bytes, sizes: Sequence[Size]) -> list[bytes]:
    """The picture as a WebP in each of the sizes, the largest first; upright, without its metadata."""
    upright = ImageOps.exif_transpose(_opened(content, sizes[0]))
    return [_written(_cut(upright, size) if size[1] else _within(upright, size[0])) for size in sizes]


def _opened(content: bytes, size: Size) -> Image.Image:
    """The picture in RGB or RGBA, with its orientation, reduced while it is read to what this size needs."""
    with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
        width, height = picture.size
        if width * height > MOST_PIXELS:
            raise Image.DecompressionBombError
        if content.startswith(_JPEG) and content.count(_SCAN) > MOST_SCANS:
            raise TooManyScansError
        is_turned = picture.getexif().get(_ORIENTATION, 1) in _TURNED
        wanted = (size[1], size[0]) if is_turned and size[1] else size
        scale = max(wanted[0] / width, wanted[1] / height) if size[1] else size[0] / max(width, height)
        picture.draft("RGB", (max(1, int(width * scale)), max(1, int(height * scale))))
        small = _shrunk(picture, _middle(picture.size, wanted), wanted)
        small.getexif()[_ORIENTATION] = picture.getexif().get(_ORIENTATION, 1)
    return small


def _middle(picture: Size, wanted: Size) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is shown: the middle in the wanted proportions, or all of it."""
    width, height = picture
    if not wanted[1]:
        return 0, 0, width, height
    scale = min(width / wanted[0], height / wanted[1])
    across, down = max(1, round(wanted[0] * scale)), max(1, round(wanted[1] * scale))
    left, top = max(0, (width - across) // 2), max(0, (height - down) // 2)
    return left, top, min(width, left + across), min(height, top + down)


def _shrunk(picture: Image.Image, box: tuple[int, int, int, int], wanted: Size) -> Image.Image:
    """This part of the picture in RGB or RGBA, made smaller by a whole factor.

    A few rows at a time: a copy of the whole picture in other colors would need its memory twice.
    """
    picture.load()
    is_wide = picture.mode in _WIDE
    mode = "RGBA" if picture.has_transparency_data and not is_wide else "RGB"
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    factor = max(1, width // wanted[0] if wanted[1] else max(width, height) // (2 * wanted[0]))
    small = Image.new(mode, (-(-width // factor), -(-height // factor)))
    for row in range(top, bottom, factor * _ROWS):
        rows = picture.crop((left, row, right, min(row + factor * _ROWS, bottom)))
        rows = (_narrowed(rows) if is_wide else rows).convert(mode)
        small.paste(rows.reduce(factor), (0, (row - top) // factor))
    return small


def _narrowed(picture: Image.Image) -> Image.Image:
    """Gray of 16 bits as gray of 8; what is only converted becomes white. One gray may be transparent there: it is not kept."""
    picture.info.pop("transparency", None)
    return picture.convert("I").point(lambda gray: gray * (1 / 257) + 0.5).convert("L")


def _within(picture: Image.Image, longest_side: int) -> Image.Image:
    picture.thumbnail((longest_side, longest_side))
    return picture


def _cut(picture: Image.Image, size: Size) -> Image.Image:
    """The middle of the picture in the proportions of the size, and no larger than the picture allows."""
    width, height = size
    scale = min(1.0, picture.width / width, picture.height / height)
    return ImageOps.fit(
        picture, (max(1, round(width * scale)), max(1, round(height * scale))), Image.Resampling.LANCZOS
    )


def _written(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "WEBP", quality=82, exif=b"", icc_profile=b"", xmp=b"")
    return written.getvalue()


def main() -> int:
    # MOST_PIXELS is the stricter limit, and it refuses instead of warning. A broken file may warn a thousand times.
    Image.MAX_IMAGE_PIXELS = None
    warnings.simplefilter("ignore")
    limit_myself()
    sizes = [
        (int(width), int(height or 0)) for width, _, height in (each.partition("x") for each in sys.argv[1:])
    ]
    try:
        for each in drawn(sys.stdin.buffer.read(), sizes):
            sys.stdout.buffer.write(len(each).to_bytes(LENGTH_BYTES, "big") + each)
    except (Image.DecompressionBombError, MemoryError):
        return TOO_LARGE
    except TooManyScansError:
        return TOO_SLOW
    return 0


if __name__ == "__main__":
    sys.exit(main())
