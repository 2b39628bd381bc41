"""Versions of courses: each publication of changed content makes one, which completions and certificates name.

Content is the lessons in order and the learning outcomes. Edits of a published course are live at once and make no
version by themselves: a typing error is none. Publishing the changes makes one.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, text
from sqlalchemy.orm import joinedload

from app.db.listings import Listing, ordered_by
from app.db.session import db
from app.enums import CourseAction, CourseStatus
from app.errors.base import NotFound
from app.errors.catalogue import CourseUnchanged, InvalidTransition
from app.models.caller import Actor
from app.models.course_version import CourseVersion
from app.models.user import User
from app.services.catalogue import courses

_CONTENT = """
    SELECT found.outline,
        md5(found.outline::text || chr(31) || courses.learning_outcomes) AS digest
    FROM courses CROSS JOIN LATERAL (
        SELECT coalesce(jsonb_agg(
            jsonb_build_object(
                'id', lessons.id, 'title', lessons.title, 'type', lessons.type, 'is_required', lessons.is_required,
                'digest', md5(concat_ws(chr(31), lessons.title, lessons.type, lessons.content,
                    coalesce(lessons.video_url, ''), coalesce(lessons.duration_seconds, 0), lessons.is_required,
                    stored.files, quiz.terms, asked.questions))
            ) ORDER BY sections.position, lessons.position
        ), '[]'::jsonb) AS outline
        FROM lessons JOIN sections ON sections.id = lessons.section_id
        CROSS JOIN LATERAL (
            SELECT string_agg(concat_ws(chr(29), kind, name, stored_as), chr(30) ORDER BY files.id) AS files
            FROM files WHERE files.lesson_id = lessons.id AND files.kind NOT IN ('SUBMISSION_FILE', 'QUESTION_IMAGE')
        ) AS stored
        LEFT JOIN LATERAL (
            SELECT concat_ws(chr(29), pass_percentage, max_attempts, time_limit_seconds) AS terms
            FROM quizzes WHERE quizzes.lesson_id = lessons.id AND lessons.type = 'QUIZ'
        ) AS quiz ON true
        CROSS JOIN LATERAL (
            SELECT string_agg(
                concat_ws(chr(29), questions.id, text, answers, points, explanation, partial_credit, case_sensitive,
                    image_id, image_alt),
                chr(30) ORDER BY position
            ) AS questions
            FROM questions
            WHERE questions.lesson_id = lessons.id AND questions.deleted_at IS NULL AND lessons.type = 'QUIZ'
        ) AS asked
        WHERE lessons.course_id = courses.id AND lessons.deleted_at IS NULL
    ) AS found
    WHERE courses.id = :course_id
"""
"""The content of a course now, without what learners hand in. A lesson without files and questions has the digest that migration 0051 computed:
`concat_ws` leaves out what is NULL.
"""

_RECORDED = text(
    f"""
    WITH content AS ({_CONTENT}),
    latest AS (
        SELECT number, outline, digest FROM course_versions
        WHERE course_id = :course_id ORDER BY number DESC LIMIT 1
    ),
    new AS (
        SELECT lesson ->> 'id' AS id, lesson ->> 'title' AS title, lesson ->> 'digest' AS digest, place
        FROM content, jsonb_array_elements(content.outline) WITH ORDINALITY AS listed (lesson, place)
    ),
    old AS (
        SELECT lesson ->> 'id' AS id, lesson ->> 'title' AS title, lesson ->> 'digest' AS digest, place
        FROM latest, jsonb_array_elements(latest.outline) WITH ORDINALITY AS listed (lesson, place)
    )
    INSERT INTO course_versions (course_id, number, note, outline, digest, changes, published_by_id, created_at)
    SELECT :course_id, coalesce(latest.number, 0) + 1, :note, content.outline, content.digest,
        jsonb_build_object(
            'added', (SELECT coalesce(jsonb_agg(title ORDER BY place), '[]') FROM new
                WHERE EXISTS (SELECT FROM latest) AND NOT EXISTS (SELECT FROM old WHERE old.id = new.id)),
            'removed', (SELECT coalesce(jsonb_agg(title ORDER BY place), '[]') FROM old
                WHERE NOT EXISTS (SELECT FROM new WHERE new.id = old.id)),
            'changed', (SELECT coalesce(jsonb_agg(new.title ORDER BY new.place), '[]') FROM new
                JOIN old ON old.id = new.id AND old.digest <> new.digest)
        ),
        :actor_id, coalesce(CAST(:at AS timestamptz), now())
    FROM content LEFT JOIN latest ON true
    WHERE latest.digest IS DISTINCT FROM content.digest
    RETURNING id
    """
)

_IS_CHANGED = text(
    f"""
    WITH content AS ({_CONTENT})
    SELECT content.digest IS DISTINCT FROM (
        SELECT digest FROM course_versions WHERE course_id = :course_id ORDER BY number DESC LIMIT 1
    ) FROM content
    """
)


def record(course_id: UUID, actor: Actor, *, note: str = "", at: datetime | None = None) -> UUID | None:
    """Make the content as it is now the next version, unless the last one has it. The caller has locked the course."""
    db.session.flush()
    values = {"course_id": course_id, "actor_id": actor.id, "note": note, "at": at}
    made: UUID | None = db.session.scalar(_RECORDED, values)
    return made


def publish(actor: Actor, ref: str | UUID, *, note: str) -> CourseVersion:
    """Publish the changes of a published course as a version. Of two concurrent calls one makes it."""
    course = courses.lock_managed(actor, ref)
    if course.status != CourseStatus.PUBLISHED:
        raise InvalidTransition(f"The course is {course.status}: publishing it makes its next version.")
    made = record(course.id, actor, note=note)
    if made is None:
        raise CourseUnchanged
    courses.record_change(course, actor, CourseAction.VERSION_PUBLISHED, notes=note)
    return get_managed(actor, made)


def list_of(actor: Actor, ref: str | UUID) -> Listing:
    """The versions, newest first, and whether the content has changed since the last one."""
    course = courses.get_managed(actor, ref)
    statement = _select(CourseVersion.course_id == course.id)
    is_changed = db.session.scalar(_IS_CHANGED, {"course_id": course.id})
    keys = ordered_by("-number", {"number": CourseVersion.number}, CourseVersion.id)
    return Listing(statement, keys, summary={"has_unpublished_changes": bool(is_changed)})


def show(actor: Actor, version_id: UUID) -> CourseVersion:
    return get_managed(actor, version_id)


def get_managed(actor: Actor, version_id: UUID) -> CourseVersion:
    """The version with this id, if the user may change its course."""
    version = db.session.scalar(_select(CourseVersion.id == version_id))
    if version is None:
        raise NotFound
    courses.get_managed(actor, version.course_id)
    return version


def _select(*conditions: ColumnElement[bool]) -> Select[CourseVersion]:
    publisher = joinedload(CourseVersion.published_by).load_only(
        User.username, User.first_name, User.last_name
    )
    return select(CourseVersion).where(*conditions).options(publisher)
