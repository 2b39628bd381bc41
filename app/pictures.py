"""Pictures that people upload, drawn anew: no metadata, no trick, and no larger than they are shown.

What a file is, its content says and not its name. How many pixels it claims to have is read from its header, before
anything is decoded.
"""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image, ImageOps

from app.errors import InvalidRequest

LARGEST_FILE = 5 * 1024 * 1024
MOST_PIXELS = 25_000_000
SUFFIX = "webp"

_FORMATS = ("JPEG", "PNG", "WEBP")
_UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)

# Ours is the stricter limit, and it refuses instead of warning.
Image.MAX_IMAGE_PIXELS = None


def portrait(content: bytes, *, longest_side: int = 512) -> bytes:
    """The picture as a WebP of at most this many pixels a side, upright, without its metadata."""
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            _refuse_large(picture)
            picture.draft("RGB", (longest_side, longest_side))
            upright = ImageOps.exif_transpose(picture)
            upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except _UNREADABLE as problem:
        raise _refused("This is no JPEG, PNG or WebP picture that can be read.") from problem
    upright.thumbnail((longest_side, longest_side))
    drawn = io.BytesIO()
    upright.save(drawn, "WEBP", quality=82, exif=b"", icc_profile=b"", xmp=b"")
    return drawn.getvalue()


def _refuse_large(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise _refused(f"The picture has {width} x {height} pixels; at most 25 million can be taken.")


def _refused(sentence: str) -> InvalidRequest:
    return InvalidRequest(details={"file": [sentence]})
