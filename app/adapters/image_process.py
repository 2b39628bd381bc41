"""A sandboxed subprocess that re-encodes an image: from standard input to standard output.

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

_FORMATS = ("JPEG", "PNG", "WEBP")
_ROWS = 16
_ORIENTATION = 0x0112
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


def drawn(content: bytes, longest_side: int) -> bytes:
    """The picture as a WebP of at most this many pixels a side, upright, without its metadata."""
    with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
        width, height = picture.size
        if width * height > MOST_PIXELS:
            raise Image.DecompressionBombError
        if content.startswith(_JPEG) and content.count(_SCAN) > MOST_SCANS:
            raise TooManyScansError
        scale = longest_side / max(width, height)
        picture.draft("RGB", (max(1, int(width * scale)), max(1, int(height * scale))))
        small = _shrunk(picture, 2 * longest_side)
        small.getexif()[_ORIENTATION] = picture.getexif().get(_ORIENTATION, 1)
    upright = ImageOps.exif_transpose(small)
    upright.thumbnail((longest_side, longest_side))
    written = io.BytesIO()
    upright.save(written, "WEBP", quality=82, exif=b"", icc_profile=b"", xmp=b"")
    return written.getvalue()


def _shrunk(picture: Image.Image, longest_side: int) -> Image.Image:
    """The picture in RGB or RGBA, made smaller by a whole factor.

    A few rows at a time: a copy of the whole picture in other colors would need its memory twice.
    """
    picture.load()
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    width, height = picture.size
    factor = max(1, max(width, height) // longest_side)
    small = Image.new(mode, (-(-width // factor), -(-height // factor)))
    for top in range(0, height, factor * _ROWS):
        rows = picture.crop((0, top, width, min(top + factor * _ROWS, height))).convert(mode)
        small.paste(rows.reduce(factor), (0, top // factor))
    return small


def main() -> int:
    # MOST_PIXELS is the stricter limit, and it refuses instead of warning. A broken file may warn a thousand times.
    Image.MAX_IMAGE_PIXELS = None
    warnings.simplefilter("ignore")
    limit_myself()
    try:
        sys.stdout.buffer.write(drawn(sys.stdin.buffer.read(), int(sys.argv[1])))
    except (Image.DecompressionBombError, MemoryError):
        return TOO_LARGE
    except TooManyScansError:
        return TOO_SLOW
    return 0


if __name__ == "__main__":
    sys.exit(main())
