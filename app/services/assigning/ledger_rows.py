"""How the rows of a bulk run are read, and the users and enrollments found that they name: the first half of its statement."""

from __future__ import annotations

# The planner knows neither the number of rows sent nor, after a large run, that of the course's enrollments. So the
# query leaves it no choice that it could get badly wrong: a small run uses an index, a large one reads the course once
# and looks its people up in a hash (`IS TRUE` keeps that from becoming a join), and a chunk probes the unique index once
# per person (`LIMIT` keeps that from becoming a join). Enrollments are matched to rows by a window function: row 0 of a
# user is the enrollment, which `lag` gives to the user's first row and to no later one.
#
# A row without a key matches no user. An instructor cannot find users who are inactive, or unverified where that
# prevents a login, not even as the second of two identifiers; enrolled users can always be unassigned.
SENT = """
WITH sent AS MATERIALIZED (
    SELECT *
    FROM ROWS FROM (
        json_array_elements_text(CAST(:inputs AS json)),
        json_array_elements_text(CAST(:keys AS json)),
        json_array_elements_text(CAST(:kinds AS json)),
        json_array_elements_text(CAST(:problems AS json))
    ) WITH ORDINALITY AS sent (input, key, kind, problem, row)
)"""

STAGED = """
WITH sent AS MATERIALIZED (
    SELECT
        CAST(coalesce(CAST(own_row AS bigint), staged.first_row - 1 + place) AS integer) AS row,
        input, CASE WHEN staged.keys IS NULL THEN input ELSE key END AS key, kind, problem, CAST(own_due_at AS timestamptz) AS own_due_at, sent_due_at, sent_course, other,
        staged.course_id
    FROM assignment_batches AS staged, ROWS FROM (
        json_array_elements_text(CAST(staged.inputs AS json)),
        json_array_elements_text(CAST(staged.keys AS json)),
        json_array_elements_text(CAST(staged.kinds AS json)),
        json_array_elements_text(CAST(staged.rows AS json)),
        json_array_elements_text(CAST(staged.problems AS json)),
        json_array_elements_text(CAST(staged.due_dates AS json)),
        json_array_elements_text(CAST(staged.sent_due_dates AS json)),
        json_array_elements_text(CAST(staged.sent_courses AS json)),
        json_array_elements_text(CAST(staged.others AS json))
    ) WITH ORDINALITY AS lines (
        input, key, kind, own_row, problem, own_due_at, sent_due_at, sent_course, other, place
    )
    WHERE staged.assignment_id = :assignment_id AND staged.number BETWEEN :batch AND :last_batch
)"""

FOUND = """,
{name} AS MATERIALIZED (
    SELECT {columns}, users.id AS user_id, is_active, email_verified, deleted_at
    FROM {rows} LEFT JOIN users ON users.id = CAST(key AS uuid)
    WHERE kind = 'user_id'
    UNION ALL
    SELECT {columns}, users.id, is_active, email_verified, deleted_at
    FROM {rows} LEFT JOIN users ON lower(email) = key
    WHERE kind = 'email'
    UNION ALL
    SELECT {columns}, users.id, is_active, email_verified, deleted_at
    FROM {rows} LEFT JOIN users ON lower(username) = key
    WHERE kind = 'username'
    UNION ALL
    SELECT {columns}, users.id, is_active, email_verified, deleted_at
    FROM {rows} LEFT JOIN users ON external_id = key
    WHERE kind = 'external_id'
)"""

VISIBLE = "deleted_at IS NULL AND (:sees_everyone OR (is_active AND (email_verified OR :takes_unverified)))"

DISAGREEING = """,
pairs AS MATERIALIZED (
    SELECT row, pair ->> 0 AS kind, pair ->> 1 AS key
    FROM sent CROSS JOIN json_array_elements(CAST(other AS json)) AS pair
){others},
disagreeing AS MATERIALIZED (
    SELECT DISTINCT row
    FROM (SELECT row, user_id AS other_id FROM others WHERE {visible}) AS seen
    JOIN asked USING (row)
    WHERE user_id <> other_id AND {visible}
)""".replace("{others}", FOUND.format(name="others", columns="row", rows="pairs"))

# Of an enrollment whose run was undone only the id is known: it counts as never begun, and is begun under its id.
_HELD = """id AS held_id, user_id,
        CASE WHEN cancellation_reason IS DISTINCT FROM 'undone' THEN status END AS status,
        CASE WHEN cancellation_reason IS DISTINCT FROM 'undone' THEN source END AS source,
        CASE WHEN cancellation_reason IS DISTINCT FROM 'undone' THEN due_at END AS due_at,
        completed_at"""

HELD_BY_COURSE = """,
held AS MATERIALIZED (
    SELECT {held}
    FROM enrollments
    WHERE course_id = :course_id AND {among_them}
    ORDER BY id
    FOR NO KEY UPDATE
),""".replace("{held}", _HELD)

HELD_BY_PERSON = """,
known AS MATERIALIZED (
    SELECT enrollment.id
    FROM (SELECT DISTINCT user_id FROM asked WHERE user_id IS NOT NULL) AS person
    CROSS JOIN LATERAL (
        SELECT id, course_id, user_id
        FROM enrollments
        WHERE (enrollments.course_id, enrollments.user_id) >= (:course_id, person.user_id)
        ORDER BY course_id, user_id
        LIMIT 1
    ) AS enrollment
    WHERE enrollment.course_id = :course_id AND enrollment.user_id = person.user_id
),
held AS MATERIALIZED (
    SELECT {held}
    FROM enrollments
    WHERE id = ANY (ARRAY(SELECT id FROM known))
    ORDER BY id
    FOR NO KEY UPDATE
),""".replace("{held}", _HELD)

PEOPLE = """
met AS (
    SELECT 0 AS row, CAST(NULL AS text) AS input, CAST(NULL AS text) AS key, {nothing}, false AS is_active, held.*
    FROM held
    UNION ALL
    SELECT row, input, key, {extra}, is_active, NULL,
        CASE
            {disagreement}
            WHEN {visible}
            THEN user_id
            WHEN :sees_enrolled AND user_id IN (SELECT user_id FROM held WHERE status IS NOT NULL) THEN user_id
        END,
        NULL, NULL, NULL, NULL
    FROM asked
),
people AS (
    SELECT row, input, key, {kept}, is_active, user_id,
        count(*) FILTER (WHERE row > 0) OVER person AS nth,
        lag(held_id) OVER person AS held_id,
        lag(status) OVER person AS status,
        lag(source) OVER person AS source,
        lag(due_at) OVER person AS due_at,
        lag(completed_at) OVER person AS completed_at
    FROM met
    WINDOW person AS (PARTITION BY user_id ORDER BY row)
),
"""
