"""The SQL of the peers' writes: a statement that locks, and one that decides, writes and gives the answer.

They lock, decide and write what Rollcall does for the requests of the bench. Left out is what these never meet: a course
done in order, a last lesson with its certificate, a learner who comes back by assignment. Failed logins and known places
are limits, and are left out like all others.
"""

from __future__ import annotations

from bench.peers.reads import COUNTED, ENROLLMENT, HELD, LESSON_COUNTS
from bench.peers.statement import Statement

# A statement does not see what was committed while it waited for a lock: each of these goes before the one that decides.
HOLD_ACCOUNT_AND_COURSE = Statement(
    "hold_account_and_course",
    "uuid, uuid",
    """
    WITH held AS MATERIALIZED (SELECT id FROM users WHERE id = $1 FOR SHARE)
    SELECT courses.id FROM held, courses WHERE courses.id = $2 FOR NO KEY UPDATE OF courses
    """,
)

HOLD_ENROLLMENT = Statement(
    "hold_enrollment",
    "uuid, uuid",
    """
    SELECT enrollments.id FROM enrollments JOIN lessons ON lessons.course_id = enrollments.course_id
    WHERE enrollments.user_id = $1 AND lessons.id = $2 FOR NO KEY UPDATE OF enrollments
    """,
)

HOLD_COURSE = Statement(
    "hold_course",
    "uuid",
    """
    WITH calm AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(hashtextextended('deletion of people', 0)))
    SELECT courses.id FROM calm, courses WHERE courses.id = $1 FOR NO KEY UPDATE OF courses
    """,
)

ENROLL = Statement(
    "enroll",
    "uuid, uuid",
    f"""
    WITH seat AS (
        UPDATE courses SET enrollment_count = enrollment_count + 1, updated_at = updated_at
        WHERE id = $2 AND deleted_at IS NULL AND status = 'PUBLISHED' AND instructor_id <> $1
            AND coalesce(enrollment_count < total_seats, true)
            AND coalesce(admission_deadline >= current_date, true)
            AND EXISTS (SELECT FROM users WHERE users.id = $1 AND users.deleted_at IS NULL)
            AND NOT EXISTS (SELECT FROM enrollments WHERE course_id = $2 AND user_id = $1 AND {HELD})
        RETURNING id, price, currency
    ), made AS (
        INSERT INTO enrollments AS held (
            course_id, user_id, source, enrolled_at, price_at_enrollment, currency, payment_status
        )
        SELECT id, $1, 'SELF', now(), price, currency, CASE price WHEN 0 THEN 'FREE' ELSE 'UNPAID' END FROM seat
        ON CONFLICT ON CONSTRAINT uq_enrollments_course_id_user_id DO UPDATE SET
            status = CASE WHEN held.completed_at IS NULL THEN 'ACTIVE' ELSE 'COMPLETED' END,
            source = excluded.source, assigned_by = NULL, due_at = NULL, reactivated_at = now(),
            cancelled_at = NULL, cancellation_reason = NULL,
            price_at_enrollment = CASE held.payment_status
                WHEN 'PAID' THEN held.price_at_enrollment ELSE excluded.price_at_enrollment END,
            currency = CASE held.payment_status WHEN 'PAID' THEN held.currency ELSE excluded.currency END,
            payment_status = CASE held.payment_status WHEN 'PAID' THEN 'PAID' ELSE excluded.payment_status END
        RETURNING held.*
    )
    SELECT {ENROLLMENT}
    FROM made AS enrollments
    JOIN courses ON courses.id = enrollments.course_id
    JOIN users ON users.id = enrollments.user_id
    {LESSON_COUNTS}
    """,
)

COMPLETE = Statement(
    "complete_lesson",
    "uuid, uuid",
    f"""
    WITH mine AS (
        SELECT enrollments.id, enrollments.course_id
        FROM enrollments
        JOIN courses ON courses.id = enrollments.course_id
        JOIN lessons ON lessons.course_id = courses.id
        WHERE lessons.id = $2 AND lessons.deleted_at IS NULL AND courses.deleted_at IS NULL
            AND NOT courses.enforce_order AND enrollments.user_id = $1 AND enrollments.{HELD}
    ), outline AS (
        SELECT lessons.id, lessons.is_required,
            row_number() OVER (ORDER BY sections.position, lessons.position) AS place,
            lesson_progress.completed_at IS NOT NULL OR lessons.id = $2 AS is_done
        FROM mine
        JOIN lessons ON lessons.course_id = mine.course_id AND lessons.deleted_at IS NULL
        JOIN sections ON sections.id = lessons.section_id
        LEFT JOIN lesson_progress
            ON lesson_progress.lesson_id = lessons.id AND lesson_progress.enrollment_id = mine.id
    ), written AS (
        INSERT INTO lesson_progress (enrollment_id, lesson_id, completed_at)
        SELECT id, $2, now() FROM mine
        ON CONFLICT (enrollment_id, lesson_id) DO UPDATE SET
            completed_at = coalesce(lesson_progress.completed_at, now()), updated_at = now()
    ), moved AS (
        UPDATE enrollments SET last_accessed = now(), resume_lesson_id = (
            SELECT id FROM outline WHERE NOT is_done
            ORDER BY place < (SELECT place FROM outline WHERE id = $2), place LIMIT 1
        )
        FROM mine WHERE enrollments.id = mine.id
        RETURNING enrollments.*
    )
    SELECT {ENROLLMENT}
    FROM moved AS enrollments
    JOIN courses ON courses.id = enrollments.course_id
    JOIN users ON users.id = enrollments.user_id
    CROSS JOIN (
        {COUNTED}
        FROM (
            SELECT count(*) FILTER (WHERE is_required) AS required,
                count(*) FILTER (WHERE is_required AND is_done) AS required_done,
                count(*) FILTER (WHERE NOT is_required) AS optional,
                count(*) FILTER (WHERE NOT is_required AND is_done) AS optional_done
            FROM outline
        ) AS numbers
    ) AS counted
    """,
)

ASSIGN = Statement(
    "assign",
    "uuid, uuid, uuid",
    f"""
    WITH seat AS (
        UPDATE courses SET enrollment_count = enrollment_count + 1, updated_at = updated_at
        WHERE id = $2 AND deleted_at IS NULL AND status = 'PUBLISHED' AND instructor_id <> $3
            AND coalesce(enrollment_count < total_seats, true)
            AND EXISTS (SELECT FROM users WHERE users.id = $3 AND users.deleted_at IS NULL AND users.is_active)
            AND NOT EXISTS (SELECT FROM enrollments WHERE course_id = $2 AND user_id = $3)
        RETURNING id, price, currency
    ), run AS (
        INSERT INTO assignments (
            action, course_id, state, requested, unique_count, counts, options, reason, created_by_id, created_at, finished_at
        )
        SELECT 'ASSIGN', id, 'APPLIED', 1, 1, '{{"assigned": 1}}', '{{"notify": true}}', '', $1, now(), clock_timestamp()
        FROM seat
        RETURNING id
    ), made AS (
        INSERT INTO enrollments (
            course_id, user_id, status, source, assigned_by, enrolled_at, price_at_enrollment, currency, payment_status
        )
        SELECT id, $3, 'ACTIVE', 'ASSIGNED', $1, now(), price, currency, CASE price WHEN 0 THEN 'FREE' ELSE 'WAIVED' END
        FROM seat
        RETURNING *
    ), line AS (
        INSERT INTO assignment_items (
            assignment_id, row, input, user_id, course_id, outcome, enrollment_id, after_status, after_source
        )
        SELECT run.id, 1, CAST($3 AS text), $3, $2, 'assigned', made.id, 'ACTIVE', 'ASSIGNED' FROM run, made
    ), notice AS (
        INSERT INTO notices (
            kind, channel, state, user_id, sent_at, is_urgent, enrollment_id, course_id, assignment_id
        )
        SELECT 'ASSIGNMENT', channel, state, $3, CASE state WHEN 'SENT' THEN now() END, false, made.id, $2, run.id
        FROM run, made, (VALUES ('EMAIL', 'QUEUED'), ('IN_APP', 'SENT')) AS channels (channel, state)
    )
    SELECT {ENROLLMENT}, run.id AS assignment_id
    FROM run, made AS enrollments
    JOIN courses ON courses.id = enrollments.course_id
    JOIN users ON users.id = enrollments.user_id
    {LESSON_COUNTS}
    """,
)

FIND = Statement("find_login", "text", "SELECT id, password_hash FROM users WHERE lower(username) = $1")

OPEN_SESSION = Statement(
    "open_session",
    "uuid, text, text, text",
    """
    WITH person AS MATERIALIZED (
        SELECT * FROM users WHERE id = $1 AND password_hash = $2 AND is_active AND email_verified
        FOR NO KEY UPDATE
    ), opened AS (
        INSERT INTO sessions (user_id, user_agent, ip_address, expires_at)
        SELECT id, $3, $4, now() + interval '7 days' FROM person
        RETURNING id
    ), issued AS (
        INSERT INTO refresh_tokens (session_id, expires_at)
        SELECT id, now() + interval '7 days' FROM opened
        RETURNING id, session_id
    )
    SELECT person.id, email, username, first_name, last_name,
        btrim(first_name || ' ' || last_name) AS full_name, phone_number, bio, profile_picture, role, is_active,
        email_verified, can_self_publish, external_id, department, hired_on, manager_id, created_at,
        issued.session_id, issued.id AS token_id
    FROM person, issued
    """,
)

ALL = (
    HOLD_ACCOUNT_AND_COURSE,
    HOLD_ENROLLMENT,
    HOLD_COURSE,
    ENROLL,
    COMPLETE,
    ASSIGN,
    FIND,
    OPEN_SESSION,
)
