"""Questions with their key, for those who manage the course."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow.fields import Boolean, List, Nested

from app.adapters import images
from app.enums import Mode, QuestionFileFormat, QuestionOutcome, QuestionType
from app.schemas import fields
from app.schemas.base import Schema
from app.schemas.sections import LAST_PLACE

MOST_ANSWERS = 50
LONGEST_ALT = 500
LARGEST_FILE = 4 * 1024 * 1024

_CREDIT = "The share of the points that it earns, in percent; negative where it takes some away."


class IsCorrect(Boolean):
    """Whether an answer earns anything."""

    def _serialize(self, value: Any, *place: Any, **kwargs: Any) -> bool | None:
        return super()._serialize(float(value) > 0, *place, **kwargs)


class AnswerKeySchema(Schema):
    """An answer to choose from, or one that is accepted."""

    id = fields.Whole(minimum=1, metadata={"description": "Stays when the answer is edited."})
    text = fields.Text(max_length=2_000)
    is_correct = IsCorrect(attribute="credit", dump_only=True)
    credit = fields.Amount(minimum=-100, maximum=100, places=5, metadata={"description": _CREDIT})
    feedback = fields.Text(max_length=2_000)
    tolerance = fields.Amount(minimum=0, maximum=10**9, places=10, allow_none=True)


class AnswerInputSchema(Schema):
    """An answer to choose from (SINGLE, MULTIPLE, TRUE_FALSE), or one that is accepted (SHORT_TEXT, NUMERIC)."""

    id = fields.Whole(
        minimum=1,
        metadata={
            "description": "Of an answer that the question has already: send it, so that a regrade finds it. Any other is replaced."
        },
    )
    text = fields.Text(
        min_length=1,
        max_length=2_000,
        required=True,
        metadata={
            "description": "SHORT_TEXT: `*` in it is any text. NUMERIC: a number such as `3.14`. TRUE_FALSE: `true` or `false`."
        },
    )
    is_correct = fields.Flag(
        metadata={
            "description": "Default: false for answers to choose from, true for accepted ones. A wrong choice of a MULTIPLE"
            " question costs as much as a right one earns."
        }
    )
    credit = fields.Amount(
        minimum=-100,
        maximum=100,
        places=5,
        metadata={"description": f"{_CREDIT} `is_correct` follows from it."},
    )
    feedback = fields.Text(max_length=2_000, load_default="")
    tolerance = fields.Amount(
        minimum=0,
        maximum=10**9,
        places=10,
        allow_none=True,
        load_default=None,
        metadata={"description": "NUMERIC: how far a response may be from the number."},
    )


class QuestionImageSchema(Schema):
    """The image of a question."""

    url = fields.Text(
        max_length=2000,
        metadata={
            "format": "uri",
            "description": "A WebP, for the caller alone and for some minutes (`FILE_LINK_SECONDS`).",
        },
    )
    alt = fields.Text(max_length=LONGEST_ALT, metadata={"description": "What it shows, in words."})
    width = fields.Whole(minimum=1, metadata={"description": "In pixels."})
    height = fields.Whole(minimum=1, metadata={"description": "In pixels."})


class QuestionImageInputSchema(Schema):
    """The image of a question, and what it shows; without a file, the present image gets another text."""

    file = fields.Upload(
        max_bytes=images.LARGEST_FILE,
        metadata={
            "description": "JPEG, PNG or WebP, at most 5 MB and 25 million pixels. Required while the question has no image."
        },
    )
    alt = fields.Text(
        min_length=1,
        max_length=LONGEST_ALT,
        required=True,
        metadata={
            "description": "What it shows, for those who do not see it. Learners get it with the question: do not give the answer away."
        },
    )


class QuestionSchema(Schema):
    """A question with its key."""

    IS_RESOURCE: ClassVar = True

    id = fields.Id()
    lesson_id = fields.Id()
    position = fields.Whole(minimum=1)
    type = fields.Choice(QuestionType)
    name = fields.Text(max_length=200)
    text = fields.Text(max_length=10_000)
    image = Nested(QuestionImageSchema, allow_none=True)
    points = fields.Amount(minimum=0, above=True, maximum=1_000, places=2)
    answers = List(Nested(AnswerKeySchema))
    explanation = fields.Text(max_length=5_000)
    partial_credit = fields.Flag()
    case_sensitive = fields.Flag()
    created_at = fields.Instant()
    updated_at = fields.Instant()


class QuestionInputSchema(Schema):
    """A question to add to a quiz."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "type": "SINGLE",
        "text": "Which side of a ledger does an asset stand on?",
        "points": 1,
        "answers": [
            {"text": "Debit", "is_correct": True, "feedback": "Right: assets are debits."},
            {"text": "Credit", "feedback": "Liabilities are credits."},
        ],
        "explanation": "Every entry has two sides.",
    }

    type = fields.Choice(QuestionType, required=True)
    text = fields.Text(
        min_length=1,
        max_length=10_000,
        trim=False,
        required=True,
        metadata={
            "description": "The question in Markdown, pictures by their https address included; HTML is shown as text."
        },
    )
    answers = List(Nested(AnswerInputSchema), required=True, validate=fields.Length(min=1, max=MOST_ANSWERS))
    name = fields.Text(
        max_length=200,
        load_default="",
        metadata={"description": "For lists of instructors; learners do not see it."},
    )
    points = fields.Amount(minimum=0, above=True, maximum=1_000, places=2, load_default=1)
    explanation = fields.Text(
        max_length=5_000,
        trim=False,
        load_default="",
        metadata={"description": "Why the answer is right, in Markdown: shown with the answers."},
    )
    partial_credit = fields.Flag(
        load_default=True,
        metadata={"description": "MULTIPLE: false earns points for exactly the right choices only."},
    )
    case_sensitive = fields.Flag(load_default=False, metadata={"description": "SHORT_TEXT: A is not a."})
    position = fields.Whole(
        minimum=1,
        maximum=LAST_PLACE,
        metadata={"description": "Position within the quiz, from 1; appended without one."},
    )


class QuestionReplacementSchema(QuestionInputSchema):
    """A whole question. Its type stays; without a position it keeps its place."""


class QuestionPatchSchema(QuestionInputSchema):
    """The fields of a question that change."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "points": 2,
        "answers": [{"text": "true", "is_correct": True, "feedback": "It does."}, {"text": "false"}],
    }


class QuestionsSchema(Schema):
    """The questions of a quiz, in order."""

    questions = List(Nested(QuestionSchema))


class QuestionFileSchema(Schema):
    """A file of questions."""

    file = fields.Upload(
        max_bytes=LARGEST_FILE,
        required=True,
        metadata={
            "description": "GIFT of at most 1 MiB or Moodle XML of at most 4 MiB, in UTF-8; which of them is recognised."
        },
    )
    mode = fields.Choice(
        Mode,
        load_default=Mode.RUN,
        metadata={"description": "preview: reports what would be created, and writes nothing."},
    )


class ImportedQuestionSchema(Schema):
    """What became of one question of a file; `reason` is null for what is created whole."""

    row = fields.Whole(minimum=1)
    name = fields.Text(max_length=200)
    outcome = fields.Choice(QuestionOutcome)
    reason = fields.Text(max_length=400, allow_none=True)
    question_id = fields.Id(allow_none=True)


class QuestionImportSchema(Schema):
    """What became of each question of a file."""

    format = fields.Choice(QuestionFileFormat)
    mode = fields.Choice(Mode)
    created = fields.Whole()
    skipped = fields.Whole()
    results = List(Nested(ImportedQuestionSchema))


class QuestionExportSchema(Schema):
    """The form of the file."""

    format = fields.Choice(
        QuestionFileFormat,
        load_default=QuestionFileFormat.GIFT,
        metadata={"description": "`gift` or `moodle_xml`."},
    )
