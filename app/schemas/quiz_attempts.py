"""Attempts at a quiz, in and out."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow.fields import List, Nested

from app.enums import QuestionType, QuizAttemptState
from app.schemas import fields
from app.schemas.base import ListQuerySchema, Schema, ordering
from app.schemas.questions import QuestionImageSchema
from app.values.responses import LONGEST_RESPONSE

MOST_QUESTIONS = 200
MOST_CHOICES = 50


class AttemptLearnerSchema(Schema):
    """The public fields of the learner."""

    id = fields.Id()
    username = fields.Text(max_length=150)
    full_name = fields.Text(max_length=201)


class AttemptBriefSchema(Schema):
    """An attempt in a list. Score and points are null until it is submitted."""

    id = fields.Id()
    lesson_id = fields.Id()
    enrollment_id = fields.Id()
    user = Nested(AttemptLearnerSchema)
    number = fields.Whole(minimum=1)
    state = fields.Choice(QuizAttemptState)
    started_at = fields.Instant()
    expires_at = fields.Instant(allow_none=True)
    submitted_at = fields.Instant(allow_none=True)
    is_timed_out = fields.Flag(
        metadata={"description": "Its time ran out: what was saved until then was graded."}
    )
    points = fields.Amount(minimum=0, maximum=1_000_000, places=2, allow_none=True)
    max_points = fields.Amount(minimum=0, maximum=1_000_000, places=2, allow_none=True)
    score = fields.Amount(
        minimum=0,
        maximum=100,
        places=2,
        allow_none=True,
        metadata={"description": "In percent, cut after two decimals."},
    )
    is_passed = fields.Flag(allow_none=True)
    superseded_at = fields.Instant(
        allow_none=True,
        metadata={
            "description": "Since when it no longer counts: a later version of the course requires another attempt."
        },
    )


class AttemptChoiceSchema(Schema):
    """A choice, by its number in the order of the attempt. `is_correct` and `feedback` are null while they are hidden."""

    id = fields.Whole(minimum=1)
    text = fields.Text(max_length=2_000)
    is_chosen = fields.Flag()
    is_correct = fields.Flag(allow_none=True)
    feedback = fields.Text(max_length=2_000, allow_none=True)


class AttemptQuestionSchema(Schema):
    """A question as the learner sees it. What belongs to its key is null until the quiz reveals it."""

    id = fields.Id()
    type = fields.Choice(QuestionType)
    text = fields.Text(max_length=10_000)
    image = Nested(QuestionImageSchema, allow_none=True)
    points = fields.Amount(minimum=0, above=True, maximum=1_000, places=2)
    choices = List(Nested(AttemptChoiceSchema))
    response_text = fields.Text(max_length=LONGEST_RESPONSE, allow_none=True)
    earned_points = fields.Amount(minimum=0, maximum=1_000, places=2, allow_none=True)
    credit = fields.Amount(
        minimum=0,
        maximum=100,
        places=2,
        allow_none=True,
        metadata={"description": "100: the response is right."},
    )
    feedback = fields.Text(max_length=2_000, allow_none=True)
    accepted = List(
        fields.Text(max_length=2_000),
        allow_none=True,
        metadata={"description": "Texts or numbers that are right."},
    )
    explanation = fields.Text(max_length=5_000, allow_none=True)


class AttemptSchema(AttemptBriefSchema):
    """An attempt with its questions, in the order in which the learner sees them."""

    IS_RESOURCE: ClassVar = True
    ASIDE: ClassVar = ("seconds_left",)

    pass_percentage = fields.Amount(minimum=0, maximum=100, places=2)
    attempts_left = fields.Whole(allow_none=True, metadata={"description": "null without a limit."})
    seconds_left = fields.Whole(
        allow_none=True,
        metadata={"description": "Until the time limit, when this was answered; null without one."},
    )
    questions = List(Nested(AttemptQuestionSchema))
    updated_at = fields.Instant()


class ResponseSchema(Schema):
    """The response to one question: `choices` by their numbers, or a `text`. Neither: no response."""

    question_id = fields.Id(required=True)
    choices = List(fields.Whole(minimum=1, maximum=MOST_CHOICES), validate=fields.Length(max=MOST_CHOICES))
    text = fields.Text(max_length=LONGEST_RESPONSE, is_line=False)


class ResponsesSchema(Schema):
    """All responses given so far: they replace those that were saved."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "responses": [{"question_id": "01890a5d-ac96-774b-bcce-b302099a8057", "choices": [1]}]
    }

    responses = List(Nested(ResponseSchema), required=True, validate=fields.Length(max=MOST_QUESTIONS))


class SubmittedResponsesSchema(Schema):
    """The last responses, which replace those that were saved. Without them, what was saved is graded."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "responses": [{"question_id": "01890a5d-ac96-774b-bcce-b302099a8057", "choices": [1]}]
    }

    responses = List(
        Nested(ResponseSchema), allow_none=True, load_default=None, validate=fields.Length(max=MOST_QUESTIONS)
    )


class AttemptQuerySchema(ListQuerySchema):
    """The filters and orderings of the attempts at a quiz."""

    user_id = fields.Id(load_default=None, metadata={"description": "One learner's attempts."})
    state = fields.Choice(
        QuizAttemptState, load_default=None, metadata={"description": "In progress, or submitted."}
    )
    is_passed = fields.Flag(
        load_default=None, metadata={"description": "Submitted attempts that passed, or did not."}
    )
    ordering = ordering("started_at", "score", default="-started_at")
