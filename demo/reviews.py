"""What some of those who passed a course say about it: made up, and the same every time."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from demo.records import CourseRecord, LearnerRecord

ONE_IN = 30
"""So many people pass for each who writes."""

_RATINGS = (5,) * 8 + (4,) * 7 + (3,) * 3 + (2,) + (1,)

_OPINIONS = {
    5: (
        "The best course I have taken so far.",
        "Clear from the first week to the last.",
        "Hard work, and worth all of it.",
        "I use something from it nearly every day.",
        "Well paced, and the examples are from real life.",
        "I was afraid of the subject and am not any more.",
    ),
    4: (
        "Very good material.",
        "I learned more than I expected.",
        "Well organised, with a few dry weeks.",
        "Good, though the middle could be shorter.",
        "Demanding but fair.",
        "A solid course with helpful feedback.",
    ),
    3: (
        "Useful in parts.",
        "Good texts, but some of the links lead nowhere.",
        "The first half is strong, the second repeats itself.",
        "Fine as an overview.",
    ),
    2: (
        "Too much reading for what remains of it.",
        "The assignments have little to do with the texts.",
    ),
    1: (
        "Not what the description promised.",
        "I finished it, but would not start it again.",
    ),
}
_ADVICE = (
    "",
    "",
    "",
    "Start the first assignment early.",
    "Plan eight hours a week for it.",
    "The forum answers within the day.",
    "Do the practice quizzes: they show what you have missed.",
    "The feedback on the assignments is where I learned most.",
    "Do not fall behind: the weeks build on each other.",
    "It can be done beside a full-time job.",
)
_SILENT = 5
"""One in so many leaves only stars."""

_DAYS = 30
"""How long after its end people still write about a course."""


@dataclass(frozen=True)
class ReviewRecord:
    external_id: str
    day: int
    rating: int
    comment: str


def reviews_of(course: CourseRecord) -> list[ReviewRecord]:
    """What is said about a course, by whom, and when."""
    passed = [learner for learner in course.learners.values() if learner.has_passed]
    return [_review(course, learner) for learner in passed if _draw(course, learner, "review") % ONE_IN == 0]


def _review(course: CourseRecord, learner: LearnerRecord) -> ReviewRecord:
    draw = {word: _draw(course, learner, word) for word in ("day", "rating", "opinion", "advice", "silent")}
    rating = _RATINGS[draw["rating"] % len(_RATINGS)]
    opinion = _OPINIONS[rating][draw["opinion"] % len(_OPINIONS[rating])]
    advice = _ADVICE[draw["advice"] % len(_ADVICE)]
    comment = "" if draw["silent"] % _SILENT == 0 else f"{opinion} {advice}".strip()
    return ReviewRecord(learner.external_id, course.length + 1 + draw["day"] % _DAYS, rating, comment)


def _draw(course: CourseRecord, learner: LearnerRecord, what: str) -> int:
    digest = sha256(f"{course.code} {learner.external_id} {what}".encode()).digest()
    return int.from_bytes(digest[:4])
