"""The records as the tables hold them, course by course, in our words."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from app.enums import Grade, LessonType

TABLES = Path(__file__).parent / "oulad"
SMALL = ("AAA-2014J", "CCC-2014J")
ANY_TIME = "Any time"

_START_MONTHS = {"B": 2, "J": 10}
_TEXT_ACTIVITIES = {
    "oucontent", "page", "subpage", "sharedsubpage", "homepage", "glossary", "htmlactivity", "dualpane",
}  # fmt: skip
_QUIZ_ACTIVITIES = {"quiz", "externalquiz"}
_ACTIVITY_NAMES = {
    "dataplus": "Data set",
    "dualpane": "Reading with notes",
    "externalquiz": "Practice quiz",
    "folder": "Folder",
    "forumng": "Forum",
    "glossary": "Glossary",
    "homepage": "Home page",
    "htmlactivity": "Activity",
    "oucollaborate": "Online room",
    "oucontent": "Course text",
    "ouelluminate": "Online room",
    "ouwiki": "Wiki",
    "page": "Page",
    "questionnaire": "Questionnaire",
    "quiz": "Practice quiz",
    "repeatactivity": "Activity again",
    "resource": "Resource",
    "sharedsubpage": "Shared page",
    "subpage": "Page",
    "url": "Link",
}
_GRADES = {"Distinction": Grade.A_PLUS, "Pass": Grade.B, "Fail": Grade.F}
_PASSED = {"Pass", "Distinction"}


@dataclass(frozen=True)
class LessonRecord:
    key: str
    title: str
    type: LessonType
    is_required: bool
    week: int | None


@dataclass
class LearnerRecord:
    """One student in one presentation. Days count from the start of the presentation."""

    external_id: str
    result: str
    registered: int | None = None
    unregistered: int | None = None
    submissions: dict[str, int] = field(default_factory=dict)
    """day of submission by lesson key"""

    @property
    def is_cancelled(self) -> bool:
        return self.result == "Withdrawn" or self.unregistered is not None

    @property
    def has_passed(self) -> bool:
        return self.result in _PASSED and not self.is_cancelled

    @property
    def grade(self) -> Grade | None:
        return None if self.is_cancelled else _GRADES[self.result]

    @property
    def enrolled(self) -> int:
        """The day of registration, never after the first submission or the unregistration."""
        days = [self.registered or 0, *self.submissions.values()]
        return min(days if self.unregistered is None else [*days, self.unregistered])

    @property
    def cancelled(self) -> int:
        if self.unregistered is not None:
            return self.unregistered
        return max(self.submissions.values(), default=self.enrolled)


@dataclass
class CourseRecord:
    """One presentation of a module."""

    module: str
    presentation: str
    length: int
    lessons: list[LessonRecord] = field(default_factory=list)
    learners: dict[str, LearnerRecord] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return f"{self.module}-{self.presentation}"

    @property
    def title(self) -> str:
        return f"Module {self.module}, {self.starts_on:%B %Y}"

    @property
    def starts_on(self) -> date:
        return date(int(self.presentation[:4]), _START_MONTHS[self.presentation[4]], 1)

    def sections(self) -> dict[str, list[LessonRecord]]:
        """Lessons by section: what is open at any time, then week by week; required ones without a day come last."""
        weeks = sorted({lesson.week for lesson in self.lessons if lesson.week is not None})
        sections: dict[str, list[LessonRecord]] = {
            title: [] for title in (ANY_TIME, *map("Week {}".format, weeks))
        }
        last = f"Week {weeks[-1]}"
        for lesson in self.lessons:
            undated = last if lesson.is_required else ANY_TIME
            sections[undated if lesson.week is None else f"Week {lesson.week}"].append(lesson)
        return {title: lessons for title, lessons in sections.items() if lessons}

    def moment(self, day: int) -> datetime:
        """A day of the presentation, at nine in the morning UTC."""
        return datetime.combine(self.starts_on + timedelta(days=day), time(9), UTC)

    def completions(self, learner: LearnerRecord) -> Iterator[tuple[str, int]]:
        """What the learner completed, by lesson key and day; those who passed have every required lesson."""
        yield from learner.submissions.items()
        if not learner.has_passed:
            return
        marked = max([self.length, *learner.submissions.values()])
        for lesson in self.lessons:
            if lesson.is_required and lesson.key not in learner.submissions:
                yield lesson.key, marked


def read_courses(codes: Sequence[str] | None = None) -> list[CourseRecord]:
    """The presentations with these codes, or all of them, oldest first."""
    found = (
        CourseRecord(row["code_module"], row["code_presentation"], int(row["module_presentation_length"]))
        for row in _rows("courses")
    )
    courses = {course.code: course for course in found if codes is None or course.code in codes}
    owners = _read_assessments(courses)
    _read_activities(courses)
    _read_learners(courses)
    _read_submissions(owners)
    return sorted(courses.values(), key=lambda course: (course.starts_on, course.code))


def course_codes() -> list[str]:
    """The codes of all presentations, without reading their records."""
    return [_code(row) for row in _rows("courses")]


def _read_assessments(courses: dict[str, CourseRecord]) -> dict[str, CourseRecord]:
    """Fill in the required lessons; the answer says which course each belongs to."""
    owners = {}
    counts: Counter[tuple[str, str]] = Counter()
    for row in _rows_of(courses, "assessments"):
        course, kind = courses[_code(row)], row["assessment_type"]
        counts[course.code, kind] += 1
        title = kind if kind == "Exam" else f"{kind} {counts[course.code, kind]}"
        lesson_type = LessonType.QUIZ if kind == "CMA" else LessonType.ASSIGNMENT
        week = None if row["date"] == "" else int(row["date"]) // 7
        course.lessons.append(
            LessonRecord(row["id_assessment"], title, lesson_type, is_required=True, week=week)
        )
        owners[row["id_assessment"]] = course
    return owners


def _read_activities(courses: dict[str, CourseRecord]) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for row in _rows_of(courses, "vle"):
        course, kind = courses[_code(row)], row["activity_type"]
        counts[course.code, kind] += 1
        title = f"{_ACTIVITY_NAMES[kind]} {counts[course.code, kind]}"
        week = None if row["week_from"] == "" else int(row["week_from"])
        course.lessons.append(
            LessonRecord(f"vle-{row['id_site']}", title, _type_of(kind), is_required=False, week=week)
        )


def _read_learners(courses: dict[str, CourseRecord]) -> None:
    for row in _rows_of(courses, "studentInfo"):
        learner = LearnerRecord(row["id_student"], row["final_result"])
        courses[_code(row)].learners[learner.external_id] = learner
    for row in _rows_of(courses, "studentRegistration"):
        learner = courses[_code(row)].learners[row["id_student"]]
        learner.registered = _day(row["date_registration"])
        learner.unregistered = _day(row["date_unregistration"])


def _read_submissions(owners: dict[str, CourseRecord]) -> None:
    for row in _rows("studentAssessment"):
        course = owners.get(row["id_assessment"])
        if course is not None:
            course.learners[row["id_student"]].submissions[row["id_assessment"]] = int(row["date_submitted"])


def _rows(table: str) -> Iterator[dict[str, str]]:
    with gzip.open(TABLES / f"{table}.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _rows_of(courses: dict[str, CourseRecord], table: str) -> Iterator[dict[str, str]]:
    return (row for row in _rows(table) if _code(row) in courses)


def _code(row: dict[str, str]) -> str:
    return f"{row['code_module']}-{row['code_presentation']}"


def _day(text: str) -> int | None:
    return int(text) if text else None


def _type_of(activity: str) -> LessonType:
    if activity in _TEXT_ACTIVITIES:
        return LessonType.TEXT
    return LessonType.QUIZ if activity in _QUIZ_ACTIVITIES else LessonType.RESOURCE
