"""Files in multipart forms."""

from __future__ import annotations

from app.adapters import images
from app.schemas import fields
from app.schemas.base import Schema


class PictureSchema(Schema):
    """A JPEG, PNG or WebP picture."""

    file = fields.Upload(
        max_bytes=images.LARGEST_FILE,
        required=True,
        metadata={"description": "The picture: JPEG, PNG or WebP, at most 5 MB and 25 million pixels."},
    )
