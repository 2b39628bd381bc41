"""Field types: the form of a value in JSON and queries, and the range that its column can hold."""

from app.schemas.fields.cells import CellDay, CellFlag, CellStatus
from app.schemas.fields.files import PublicFile, StreamedFile, StreamedSheet, Upload
from app.schemas.fields.messages import Length, OneOf
from app.schemas.fields.numbers import Amount, Hours, Money, Points, Whole
from app.schemas.fields.text import Email, Identifier, Link, Text
from app.schemas.fields.times import Day, DayOrInstant, Instant
from app.schemas.fields.words import Choice, Choices, Currency, Flag, Id

__all__ = [
    "Amount",
    "CellDay",
    "CellFlag",
    "CellStatus",
    "Choice",
    "Choices",
    "Currency",
    "Day",
    "DayOrInstant",
    "Email",
    "Flag",
    "Hours",
    "Id",
    "Identifier",
    "Instant",
    "Length",
    "Link",
    "Money",
    "OneOf",
    "Points",
    "PublicFile",
    "StreamedFile",
    "StreamedSheet",
    "Text",
    "Upload",
    "Whole",
]
