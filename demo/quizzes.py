"""A quiz for each imported course, written for the demo: six questions of every type, by the subject of the course."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.enums import QuestionType
from app.models.user import User
from app.services.quizzes import questions, quizzes

SETTINGS = {"pass_percentage": 60, "max_attempts": 5, "time_limit_seconds": 1_200}


def write(owner: User, lesson_id: UUID, subject: str) -> None:
    """The questions and the settings of a quiz lesson."""
    lesson = questions.lock_quiz(owner, lesson_id)
    questions.add_many(lesson, QUESTIONS[subject])
    quizzes.configure(owner, lesson_id, **SETTINGS)


def _right(text: str, feedback: str = "") -> dict[str, Any]:
    return {"text": text, "is_correct": True, "feedback": feedback}


def _wrong(text: str, feedback: str = "") -> dict[str, Any]:
    return {"text": text, "feedback": feedback}


def _question(
    kind: QuestionType, text: str, *answers: dict[str, Any], explanation: str = "", points: int = 1
) -> dict[str, Any]:
    return {
        "type": kind,
        "text": text,
        "answers": list(answers),
        "explanation": explanation,
        "points": points,
    }


QUESTIONS: dict[str, list[dict[str, Any]]] = {
    "Social sciences": [
        _question(
            QuestionType.SINGLE,
            "A survey asks only people who visit a library how often they read. What is the main problem?",
            _right("The sample does not represent everyone."),
            _wrong("Too many people are asked."),
            _wrong("Reading cannot be measured.", "It can: by hours, or by books."),
            explanation="People who visit a library read more than others: the sample is *biased*.",
        ),
        _question(
            QuestionType.MULTIPLE,
            "Which of these are qualitative methods?",
            _right("An open interview"),
            _right("Participant observation"),
            _wrong("A census"),
            _wrong("A questionnaire with scales from 1 to 5"),
            points=2,
        ),
        _question(
            QuestionType.TRUE_FALSE,
            "Two things that rise together always have a cause in common.",
            _right("false", "They may rise together by chance, or one may cause the other."),
            explanation="A correlation alone is no evidence of a cause.",
        ),
        _question(
            QuestionType.SHORT_TEXT,
            "What is the value called that occurs most often among the answers to a survey?",
            {"text": "mode"},
            {"text": "the mode"},
            {"text": "modal value"},
        ),
        _question(
            QuestionType.NUMERIC,
            "Of 800 people who were asked, 620 answered. What is the response rate, in percent?",
            {"text": "77.5", "tolerance": 0.5},
            explanation="620 / 800 = 0.775",
        ),
        _question(
            QuestionType.SINGLE,
            "People in a study must know what happens to their answers before they agree. What is this called?",
            _right("Informed consent"),
            _wrong("Anonymity", "Anonymity means that no answer can be traced to a person."),
            _wrong("A control group"),
        ),
    ],
    "Science and technology": [
        _question(
            QuestionType.SINGLE,
            "What does a control group in an experiment receive?",
            _right("Everything but the treatment that is studied"),
            _wrong("A stronger treatment"),
            _wrong("No measurements"),
            explanation="What differs between the groups is then due to the treatment.",
        ),
        _question(
            QuestionType.MULTIPLE,
            "Which of these are units of the SI?",
            _right("Kelvin"),
            _right("Mole"),
            _wrong("Calorie"),
            _wrong("Inch"),
            points=2,
        ),
        _question(
            QuestionType.TRUE_FALSE,
            "A program that passes all of its tests has no defects.",
            _right("false", "Tests show that defects are there, never that none is."),
        ),
        _question(
            QuestionType.SHORT_TEXT,
            "Which number system, with the digits 0 and 1 only, do computers calculate in?",
            {"text": "binary"},
            {"text": "the binary system"},
            {"text": "base 2"},
        ),
        _question(
            QuestionType.NUMERIC,
            "A car needs 5 seconds for 60 metres. What is its average speed in metres per second?",
            {"text": "12", "tolerance": 0.1},
            explanation="60 m / 5 s = 12 m/s",
        ),
        _question(
            QuestionType.SINGLE,
            "A measurement of 12.0 cm has an uncertainty of 0.3 cm. How large is the relative uncertainty?",
            _right("2.5 %"),
            _wrong("0.3 %"),
            _wrong("36 %"),
            explanation="0.3 / 12.0 = 0.025",
        ),
    ],
}
"""By subject."""
