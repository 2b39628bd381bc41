"""Settings of a quiz, its regrading and its statistics."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow.fields import Float, List, Nested

from app.enums import Mode, QuestionType, Reveal
from app.schemas import fields
from app.schemas.base import Schema
from app.schemas.reviews import AuthorSchema

MOST_ATTEMPTS = 1_000
LONGEST_LIMIT_SECONDS = 604_800
LONGEST_GRACE_SECONDS = 600


def _percent(about: str) -> Float:
    return Float(allow_none=True, metadata={"description": about, "example": 71.25})


class QuizSettingsSchema(Schema):
    """All settings of a quiz; what is left out gets its default."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "pass_percentage": 70,
        "max_attempts": 3,
        "time_limit_seconds": 1800,
        "shuffle_questions": True,
    }

    pass_percentage = fields.Amount(
        minimum=0, maximum=100, places=2, load_default=60, metadata={"description": "The score that passes."}
    )
    max_attempts = fields.Whole(
        minimum=1,
        maximum=MOST_ATTEMPTS,
        allow_none=True,
        load_default=None,
        metadata={"description": "null: no limit."},
    )
    time_limit_seconds = fields.Whole(
        minimum=1,
        maximum=LONGEST_LIMIT_SECONDS,
        allow_none=True,
        load_default=None,
        metadata={"description": "null: no limit. A change holds for attempts that start afterwards."},
    )
    grace_seconds = fields.Whole(
        maximum=LONGEST_GRACE_SECONDS,
        load_default=30,
        metadata={"description": "How long after the time limit a submit is still taken, for slow networks."},
    )
    shuffle_questions = fields.Flag(load_default=False)
    shuffle_answers = fields.Flag(
        load_default=True, metadata={"description": "The order stays the same within an attempt."}
    )
    reveal = fields.Choice(
        Reveal,
        load_default=Reveal.WHEN_DONE,
        metadata={
            "description": "What a learner sees of a submitted attempt. SCORE: the score alone. CORRECTNESS: the points of each"
            " question and the feedback on what was chosen. WHEN_DONE: the answers and explanations as well, once the quiz is"
            " passed or no attempt is left. ANSWERS: these at once. While another attempt is in progress, they are held back."
        },
    )


class QuizSchema(Schema):
    """The terms of a quiz, its size, and where the caller is in it. It has no question."""

    IS_RESOURCE: ClassVar = True

    id = fields.Id(allow_none=True, metadata={"description": "null until the quiz has been configured."})
    lesson_id = fields.Id()
    pass_percentage = fields.Amount(minimum=0, maximum=100, places=2)
    max_attempts = fields.Whole(minimum=1, allow_none=True)
    time_limit_seconds = fields.Whole(minimum=1, allow_none=True)
    grace_seconds = fields.Whole()
    shuffle_questions = fields.Flag()
    shuffle_answers = fields.Flag()
    reveal = fields.Choice(Reveal)
    question_count = fields.Whole()
    total_points = fields.Amount(minimum=0, maximum=1_000_000, places=2)
    attempts_used = fields.Whole()
    attempts_left = fields.Whole(allow_none=True, metadata={"description": "null without a limit."})
    best_score = fields.Amount(minimum=0, maximum=100, places=2, allow_none=True)
    is_passed = fields.Flag()
    open_attempt_id = fields.Id(allow_none=True, metadata={"description": "The attempt in progress."})


class RegradeSchema(Schema):
    """Whether to write, or only to report."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"mode": "preview"}

    mode = fields.Choice(
        Mode,
        load_default=Mode.RUN,
        metadata={"description": "preview: reports what would change, and writes nothing."},
    )


class RegradeChangeSchema(Schema):
    """An attempt whose result differs."""

    attempt_id = fields.Id()
    user = Nested(AuthorSchema)
    number = fields.Whole(minimum=1)
    score_before = fields.Amount(minimum=0, maximum=100, places=2)
    score_after = fields.Amount(minimum=0, maximum=100, places=2)
    passed_before = fields.Flag()
    passed_after = fields.Flag()


class RegradeReportSchema(Schema):
    """Who changes. At most 500 changes are listed, by name; the counts are of all."""

    mode = fields.Choice(Mode)
    attempts = fields.Whole(metadata={"description": "Submitted attempts that were graded again."})
    changed = fields.Whole()
    newly_passed = fields.Whole()
    no_longer_passed = fields.Whole(
        metadata={
            "description": "Attempts that fail now. Lessons and courses that they completed stay completed."
        }
    )
    completed = fields.Whole(
        metadata={"description": "Enrollments whose course was completed by it; 0 in a preview."}
    )
    open_attempts = fields.Whole(
        metadata={"description": "Attempts in progress: they are graded by the key that they began with."}
    )
    changes = List(Nested(RegradeChangeSchema), attribute="listed")


class QuestionStatisticsSchema(Schema):
    """How one question went, over the first attempt of each learner."""

    id = fields.Id()
    position = fields.Whole(minimum=1)
    type = fields.Choice(QuestionType)
    text = fields.Text(max_length=10_000)
    points = fields.Amount(minimum=0, above=True, maximum=1_000, places=2)
    responses = fields.Whole(metadata={"description": "First attempts that had this question."})
    facility = _percent("Average share of the points that was earned, in percent.")
    discrimination = _percent(
        "Correlation of the points for this question with the points for all others, in percent; null while it has none."
    )


class QuizStatisticsSchema(Schema):
    """How a quiz went. Scores are in percent, and null without attempts."""

    learners = fields.Whole(metadata={"description": "Learners with a submitted attempt."})
    attempts = fields.Whole(metadata={"description": "Submitted attempts."})
    average_first_score = _percent("Average score of the first attempts.")
    median_first_score = _percent("Median score of the first attempts.")
    average_best_score = _percent("Average of the best scores.")
    pass_rate = _percent("Learners who have passed, in percent of those with a submitted attempt.")
    questions = List(Nested(QuestionStatisticsSchema))
