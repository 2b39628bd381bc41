"""What is shown of a question to those who manage its course, and of its image to any reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.models.caller import Actor
from app.models.question import Question
from app.services.content import file_links

IMAGE_NAME = "image.webp"
"""Of every image: the name of the uploaded file may say what is right."""


@dataclass(frozen=True)
class ShownImage:
    """`url` is for one reader."""

    url: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True)
class ManagedQuestion:
    """A question with its key, and a link to its image for one reader."""

    question: Question
    reader: Actor

    @property
    def image(self) -> ShownImage | None:
        return shown_image(self.question.image, self.reader.id)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.question, name)


def shown_image(image: Mapping[str, Any] | None, reader_id: UUID) -> ShownImage | None:
    """An image as a question or one of its versions has it."""
    if image is None:
        return None
    url = file_links.url_of(UUID(image["id"]), IMAGE_NAME, reader_id)
    return ShownImage(url, image["alt"], image["width"], image["height"])
