"""The SQL of the peers' reads: one statement each, prepared on each connection, and one that finds the caller.

They answer what Rollcall answers to a visitor, a learner or an instructor. An admin's wider view is left out.
"""

from __future__ import annotations

from bench.peers.statement import Statement

HELD = "status IN ('ACTIVE', 'COMPLETED')"

_IS_LISTED = "courses.deleted_at IS NULL AND (courses.status = 'PUBLISHED' OR courses.instructor_id = $1)"

_IS_ENROLLED = f"""
    EXISTS (
        SELECT FROM enrollments
        WHERE enrollments.course_id = courses.id AND enrollments.user_id = $1 AND enrollments.{HELD}
    )
"""

_COURSE = f"""
    courses.id, courses.code, courses.slug, courses.title, courses.short_description,
    categories.id AS category_id, categories.name AS category_name, categories.slug AS category_slug,
    users.id AS instructor_id, users.username AS instructor_username,
    btrim(users.first_name || ' ' || users.last_name) AS instructor_name,
    courses.level, CAST(courses.price AS text) AS price, courses.currency, courses.price = 0 AS is_free,
    courses.thumbnail, CAST(courses.duration_hours AS float8) AS duration_hours, courses.class_starts,
    courses.admission_deadline, coalesce(courses.admission_deadline >= current_date, true) AS is_admission_open,
    courses.schedule, courses.venue, courses.total_seats,
    CASE WHEN courses.total_seats IS NOT NULL THEN greatest(0, courses.total_seats - courses.enrollment_count)
        END AS available_seats,
    coalesce(courses.enrollment_count >= courses.total_seats, false) AS is_full,
    {_IS_ENROLLED} AS is_enrolled,
    courses.enforce_order, courses.status, courses.enrollment_count,
    CAST(round(CAST(courses.rating_sum AS numeric) / nullif(courses.rating_count, 0), 2) AS float8) AS average_rating,
    courses.rating_count AS total_reviews, courses.lesson_count, courses.published_at, courses.created_at,
    courses.updated_at
"""

_WITH_CATEGORY_AND_TEACHER = """
    LEFT JOIN categories ON categories.id = courses.category_id
        AND (categories.is_active OR courses.instructor_id = $1)
    LEFT JOIN users ON users.id = courses.instructor_id
"""

ENROLLMENT = """
    enrollments.id, enrollments.course_id, courses.code, courses.title, courses.slug, courses.thumbnail,
    enrollments.user_id, users.username, btrim(users.first_name || ' ' || users.last_name) AS full_name,
    enrollments.status, enrollments.source, enrollments.assigned_by, enrollments.enrolled_at, enrollments.completed_at,
    enrollments.completion_number,
    (SELECT number FROM course_versions WHERE id = enrollments.course_version_id) AS course_version,
    enrollments.renewal_required_at, enrollments.cancelled_at, enrollments.cancellation_reason, enrollments.reactivated_at, enrollments.due_at,
    enrollments.grade, CAST(enrollments.price_at_enrollment AS text) AS price_at_enrollment, enrollments.currency,
    enrollments.payment_status, counted.total AS total_lessons, counted.done AS completed_lessons,
    CAST(CASE WHEN counted.total = 0 THEN 0 WHEN counted.done = counted.total THEN 100
        ELSE least(round(100.0 * counted.done / counted.total, 2), 99.99) END AS float8) AS completion_percentage,
    counted.optional AS optional_total, counted.optional_done AS optional_completed,
    enrollments.completed_at IS NOT NULL AS is_completed, enrollments.last_accessed,
    (SELECT id FROM lessons WHERE id = enrollments.resume_lesson_id AND deleted_at IS NULL) AS resume_lesson_id,
    (SELECT number FROM certificates WHERE enrollment_id = enrollments.id ORDER BY completion_number DESC LIMIT 1)
        AS certificate_number
"""

COUNTED = """
    SELECT CASE WHEN required > 0 THEN required ELSE optional END AS total,
        CASE WHEN required > 0 THEN required_done ELSE optional_done END AS done, optional, optional_done
"""

LESSON_COUNTS = f"""
    CROSS JOIN LATERAL (
        {COUNTED}
        FROM (
            SELECT count(*) FILTER (WHERE is_required) AS required,
                count(*) FILTER (WHERE is_required AND lesson_progress.completed_at IS NOT NULL) AS required_done,
                count(*) FILTER (WHERE NOT is_required) AS optional,
                count(*) FILTER (WHERE NOT is_required AND lesson_progress.completed_at IS NOT NULL) AS optional_done
            FROM lessons
            LEFT JOIN lesson_progress
                ON lesson_progress.lesson_id = lessons.id AND lesson_progress.enrollment_id = enrollments.id
            WHERE lessons.course_id = enrollments.course_id AND lessons.deleted_at IS NULL
        ) AS numbers
    ) AS counted
"""

CALLER = Statement(
    "caller",
    "uuid",
    """
    SELECT users.id, users.role FROM users JOIN sessions ON sessions.user_id = users.id
    WHERE sessions.id = $1 AND sessions.ended_at IS NULL AND sessions.expires_at > now() AND users.is_active
    """,
)

LIST = Statement(
    "list_courses",
    "uuid",
    f"""
    SELECT {_COURSE},
        (SELECT count(*) FROM (SELECT FROM courses WHERE {_IS_LISTED} LIMIT 1001) AS capped) AS count
    FROM courses {_WITH_CATEGORY_AND_TEACHER}
    WHERE {_IS_LISTED}
    ORDER BY courses.created_at DESC, courses.id DESC
    LIMIT 21
    """,
)

SEARCH = Statement(
    "search_courses",
    "uuid, text",
    f"""
    WITH question AS MATERIALIZED (
        SELECT asked($2, 'english', '') AS words
    ), found AS MATERIALIZED (
        SELECT round(CAST(ts_rank(search_vector, words) AS numeric), 6) AS rank, id
        FROM question, courses
        WHERE {_IS_LISTED} AND search_vector @@ words
    ), page AS (
        SELECT rank, id FROM found ORDER BY rank DESC, id DESC LIMIT 21
    )
    SELECT {_COURSE}, (SELECT count(*) FROM (SELECT FROM found LIMIT 1001) AS capped) AS count,
        CAST(page.rank AS text) AS rank
    FROM page JOIN courses ON courses.id = page.id {_WITH_CATEGORY_AND_TEACHER}
    ORDER BY page.rank DESC, page.id DESC
    """,
)

SHOW = Statement(
    "show_course",
    "uuid, uuid",
    f"""
    SELECT {_COURSE}, courses.description, users.bio AS instructor_bio,
        users.profile_picture AS instructor_picture, courses.preview_video, courses.requirements,
        courses.learning_outcomes, courses.target_audience, courses.who_can_join,
        CASE WHEN courses.instructor_id = $1 THEN courses.review_notes END AS review_notes,
        CASE WHEN courses.instructor_id = $1 THEN courses.reviewed_by_id END AS reviewed_by,
        CASE WHEN courses.instructor_id = $1 THEN courses.reviewed_at END AS reviewed_at,
        CASE WHEN courses.instructor_id = $1 THEN courses.changed_since_review END AS changed_since_review,
        CAST((
            SELECT json_build_object(
                'number', number, 'note', note, 'changes', changes,
                'published_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            )
            FROM course_versions WHERE course_versions.course_id = courses.id ORDER BY number DESC LIMIT 1
        ) AS text) AS version,
        CAST((
            SELECT coalesce(json_agg(json_build_object(
                'id', sections.id, 'title', sections.title, 'description', sections.description,
                'position', sections.position, 'lessons', (
                    SELECT coalesce(json_agg(json_build_object(
                        'id', lessons.id, 'title', lessons.title, 'type', lessons.type,
                        'duration_seconds', lessons.duration_seconds, 'is_preview', lessons.is_preview,
                        'is_required', lessons.is_required, 'position', lessons.position
                    ) ORDER BY lessons.position), '[]')
                    FROM lessons WHERE lessons.section_id = sections.id AND lessons.deleted_at IS NULL
                )
            ) ORDER BY sections.position), '[]')
            FROM sections WHERE sections.course_id = courses.id AND sections.deleted_at IS NULL
        ) AS text) AS sections
    FROM courses {_WITH_CATEGORY_AND_TEACHER}
    WHERE courses.id = $2 AND courses.deleted_at IS NULL
        AND (courses.status = 'PUBLISHED' OR courses.instructor_id = $1 OR {_IS_ENROLLED})
    """,
)

MINE = Statement(
    "list_enrollments",
    "uuid",
    f"""
    SELECT {ENROLLMENT},
        (SELECT count(*) FROM (SELECT FROM enrollments WHERE user_id = $1 LIMIT 1001) AS capped) AS count
    FROM enrollments
    JOIN courses ON courses.id = enrollments.course_id
    JOIN users ON users.id = enrollments.user_id
    {LESSON_COUNTS}
    WHERE enrollments.user_id = $1
    ORDER BY enrollments.enrolled_at DESC, enrollments.id DESC
    LIMIT 21
    """,
)

STATS = Statement(
    "show_stats",
    "",
    """
    SELECT coalesce(sum(amount) FILTER (WHERE name LIKE 'users/%'), 0) AS total_users,
        coalesce(sum(amount) FILTER (WHERE name LIKE 'courses/%'), 0) AS total_courses,
        coalesce(sum(amount) FILTER (WHERE name LIKE 'enrollments/%'), 0) AS total_enrollments
    FROM tallies
    WHERE name IN (
        'users/STUDENT', 'users/INSTRUCTOR', 'users/ADMIN', 'courses/DRAFT', 'courses/PENDING', 'courses/APPROVED',
        'courses/REJECTED', 'courses/PUBLISHED', 'courses/ARCHIVED', 'enrollments/ACTIVE', 'enrollments/COMPLETED'
    )
    """,
)

ALL = (CALLER, LIST, SEARCH, SHOW, MINE, STATS)
