"""A platform of any size, made by SQL alone: people, courses, and what they did, in proportion.

Row n of a table always has the same id, so a bench knows which rows to request. The first instructor has
some 54 courses and the first course some 1,000 people whatever the size. The second instructor has a share of all
courses, and one of these a share of all learners: what belongs to one, and grows with the platform all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

SEATS_A_LEARNER = 10
POPULAR = 101
"""The number of the course that a share of all learners is in; the second instructor's."""


@dataclass(frozen=True)
class Size:
    courses: int
    enrollments: int
    owned: int = 30
    """The second instructor has one of so many courses."""
    crowd: int = 5
    """One of so many learners is in the popular course."""

    @property
    def learners(self) -> int:
        return self.enrollments // SEATS_A_LEARNER

    @property
    def instructors(self) -> int:
        return max(20, self.courses // 20)


def fill(connection: Connection, size: Size) -> None:
    """Into an empty, migrated database; the planner knows the rows afterwards. Needs AUTOCOMMIT."""
    numbers = {
        "courses": size.courses,
        "first": 1,
        "learners": size.learners,
        "instructors": size.instructors,
        "people": size.learners + size.instructors + 1,
        "seats": SEATS_A_LEARNER,
        "popular": POPULAR,
        "owned": size.owned,
        "crowd": size.crowd,
    }
    for setting in ("synchronous_commit = off", "statement_timeout = 0"):
        connection.execute(text(f"SET {setting}"))
    for statement in _STATEMENTS:
        connection.execute(text(statement), numbers)
    connection.execute(text("DROP TABLE staged, ratings"))
    connection.execute(text("VACUUM ANALYZE"))
    connection.execute(text("RESET ALL"))


def identify(connection: Connection, kind: str, number: int = 1) -> str:
    """The id of one row."""
    return str(connection.scalar(text("SELECT key(:kind, :number)"), {"kind": kind, "number": number}))


PAIRS = """
    SELECT DISTINCT learner,
        CASE WHEN seat = 0 AND learner <= 5000 AND (learner % 5 = 0 OR learner = 1) THEN 1
            WHEN seat = 1 AND learner % :crowd = 0 THEN :popular
            ELSE 1 + (learner * 7919 + seat * 104729) % :courses END AS course
    FROM generate_series(CAST(:first AS bigint), :learners) AS learner, generate_series(0, :seats - 1) AS seat
"""
"""Who is in which course, by their numbers, from the first learner to the last. The products are beyond an integer."""

_STATEMENTS = (
    # Version 7 in form: in the order of their numbers, as if made one after the other.
    """
    CREATE OR REPLACE FUNCTION key(kind text, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
        SELECT CAST(
            '019' || lpad(to_hex(number), 9, '0') || '7' || substr(md5(kind), 1, 3)
            || '8' || substr(md5(kind || number), 1, 15) AS uuid)
    $$
    """,
    """
    INSERT INTO users (id, email, username, first_name, last_name, role, email_verified, external_id, department,
        hired_on, created_at)
    SELECT key('user', n), 'person' || n || '@example.org', 'person' || n,
        (ARRAY['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Frances', 'John'])[1 + n % 8],
        'Name' || n % 5000,
        CASE WHEN n = 1 THEN 'ADMIN' WHEN n <= 1 + :instructors THEN 'INSTRUCTOR' ELSE 'STUDENT' END,
        n % 20 > 0, 'E-' || n, 'Department ' || n % 50, current_date - n % 3000,
        now() - (:people - n) * interval '1000 days' / :people
    FROM generate_series(1, :people) AS n
    """,
    """
    INSERT INTO categories (id, name, slug)
    SELECT key('category', n), 'Shelf ' || n, 'shelf-' || n FROM generate_series(1, 20) AS n
    """,
    f"""
    CREATE TABLE staged AS
    SELECT row_number() OVER (ORDER BY learner, course) AS n, learner, course,
        CASE WHEN (learner + course) % 4 = 0 THEN 'COMPLETED' WHEN (learner + course) % 17 = 0 THEN 'CANCELLED'
            ELSE 'ACTIVE' END AS status
    FROM ({PAIRS}) AS pairs
    """,
    """
    CREATE TABLE ratings AS
    SELECT n, learner, course, CAST(1 + (n / 10) % 5 AS integer) AS rating FROM staged WHERE n % 10 = 0
    """,
    """
    INSERT INTO courses (id, slug, title, short_description, description, category_id, instructor_id, level, price,
        currency, total_seats, status, published_at, class_starts, admission_deadline, lesson_count,
        enrollment_count, rating_sum, rating_count, rating_counts, search_vector, created_at)
    SELECT key('course', n), 'made-' || n, title, short, repeat('What there is to know about it. ', 20),
        key('category', 1 + n % 20),
        CASE WHEN n % 30 = 1 AND n < 1000 THEN key('user', 2) WHEN n % :owned = :popular % :owned THEN key('user', 3)
            ELSE key('user', 2 + n % :instructors) END,
        (ARRAY['BEGINNER', 'INTERMEDIATE', 'ADVANCED'])[1 + n % 3], n % 4 * 10, 'USD',
        CASE WHEN n % 250 = 0 THEN 1 WHEN n % 5 = 0 THEN 100 END, status,
        CASE status WHEN 'PUBLISHED' THEN made END,
        CASE WHEN n % 3 = 0 THEN current_date + CAST(n % 300 AS integer) END,
        CASE WHEN n % 6 = 0 THEN current_date + CAST(n % 300 AS integer) END,
        CASE WHEN n % 50 = 1 THEN 20 ELSE 2 END, coalesce(held, 0),
        coalesce(stars, 0), coalesce(reviews, 0), coalesce(counts, '{0,0,0,0,0}'),
        setweight(words_of(title, 'english'), 'A') || setweight(words_of(short, 'english'), 'B'), made
    FROM (
        SELECT n, now() - (:courses - n) * interval '1000 days' / :courses AS made,
            (ARRAY['Accounting', 'Pottery', 'Welding', 'Physics', 'Cooking'])[1 + n % 5] || ' number' || n
                || CASE n WHEN 7 THEN ' zymurgy' ELSE '' END AS title,
            'All about it, for ' || (ARRAY['everyone', 'learners', 'teachers'])[1 + n % 3] AS short,
            CASE WHEN n BETWEEN 40 AND 69 THEN 'PENDING' WHEN n % 10 = 9 THEN 'DRAFT' WHEN n % 20 = 8 THEN 'ARCHIVED'
                ELSE 'PUBLISHED' END AS status
        FROM generate_series(1, :courses) AS n
    ) AS course
    LEFT JOIN (
        SELECT course AS n, count(*) AS held FROM staged WHERE status <> 'CANCELLED' GROUP BY course
    ) AS seats USING (n)
    LEFT JOIN (
        SELECT course AS n, sum(rating) AS stars, count(*) AS reviews,
            ARRAY[count(*) FILTER (WHERE rating = 1), count(*) FILTER (WHERE rating = 2),
                count(*) FILTER (WHERE rating = 3), count(*) FILTER (WHERE rating = 4),
                count(*) FILTER (WHERE rating = 5)] AS counts
        FROM ratings GROUP BY course
    ) AS rated USING (n)
    """,
    """
    INSERT INTO course_versions (id, course_id, number, outline, digest, published_by_id)
    SELECT key('version', n), key('course', n), 1, '[]', md5(''), key('user', 1)
    FROM generate_series(1, :courses) AS n WHERE n % 10 <> 9
    """,
    """
    INSERT INTO course_changes (id, course_id, actor_id, action, from_status, to_status, fields, created_at)
    SELECT key('change', n * 4 + step), key('course', n), key('user', 1),
        (ARRAY['created', 'submitted', 'approved', 'edited'])[step],
        (ARRAY[NULL, 'DRAFT', 'PENDING', 'APPROVED'])[step], (ARRAY['DRAFT', 'PENDING', 'APPROVED', 'DRAFT'])[step],
        CASE step WHEN 4 THEN '["title"]' ELSE '[]' END::jsonb,
        now() - (:courses - n) * interval '1000 days' / :courses + step * interval '1 hour'
    FROM generate_series(1, :courses) AS n, generate_series(1, 4) AS step
    """,
    """
    INSERT INTO sections (id, course_id, title, position)
    SELECT key('section', n), key('course', n), 'Part', 1 FROM generate_series(1, :courses) AS n
    """,
    """
    INSERT INTO lessons (id, course_id, section_id, title, type, content, position, is_preview)
    SELECT key('lesson', n * 20 + place), key('course', n), key('section', n), 'Lesson ' || place, 'TEXT',
        'Some *text*.', place, place = 1
    FROM generate_series(1, :courses) AS n, generate_series(1, CASE WHEN n % 50 = 1 THEN 20 ELSE 2 END) AS place
    """,
    """
    INSERT INTO files (id, kind, course_id, lesson_id, uploaded_by_id, name, media_type, size, stored_as)
    SELECT key('file', n * 20 + 1), 'LESSON_FILE', key('course', n), key('lesson', n * 20 + 1), key('user', 2),
        'notes.pdf', 'application/pdf', 1000 + n, 'files/00/' || md5(CAST(n AS text)) || '.bin'
    FROM generate_series(1, :courses) AS n
    """,
    """
    INSERT INTO enrollments (id, course_id, user_id, status, source, price_at_enrollment, currency, payment_status,
        enrolled_at, completed_at, cancelled_at, completion_number, due_at, last_accessed)
    SELECT key('enrollment', n), key('course', course), key('user', 1 + :instructors + learner), status, 'SELF', 0,
        'USD', 'FREE', at, CASE status WHEN 'COMPLETED' THEN at + interval '1 day' END,
        CASE status WHEN 'CANCELLED' THEN at END, CASE status WHEN 'COMPLETED' THEN 1 ELSE 0 END,
        CASE WHEN n % 10 = 0 THEN now() + (n % 1000 - 200) * interval '1 day' END, at
    FROM (
        SELECT *, now() - (1 + n * 31 % 1000) * interval '1 day' AS at FROM staged
    ) AS dated
    """,
    """
    INSERT INTO lesson_progress (enrollment_id, lesson_id, completed_at)
    SELECT key('enrollment', n), key('lesson', course * 20 + 1), now() - n % 1000 * interval '1 day'
    FROM staged WHERE n % 5 = 0
    """,
    # Every fifth course has a quiz, which some of its learners have taken.
    """
    INSERT INTO lessons (id, course_id, section_id, title, type, position, is_required)
    SELECT key('quiz', n), key('course', n), key('section', n), 'Quiz', 'QUIZ', 100, false
    FROM generate_series(1, :courses, 5) AS n
    """,
    """
    UPDATE courses SET lesson_count = lesson_count + 1
    WHERE id IN (SELECT course_id FROM lessons WHERE type = 'QUIZ')
    """,
    """
    INSERT INTO questions (id, lesson_id, version_id, type, text, answers, position)
    SELECT key('question', n * 10 + place), key('quiz', n), key('question_version', n * 10 + place), 'TRUE_FALSE', 'So?',
        '[{"id": 1, "text": "true", "credit": "100", "feedback": "", "tolerance": null},
          {"id": 2, "text": "false", "credit": "0", "feedback": "", "tolerance": null}]', place
    FROM generate_series(1, :courses, 5) AS n, generate_series(1, 3) AS place
    """,
    """
    INSERT INTO question_versions (id, question_id, content)
    SELECT version_id, id, jsonb_build_object('type', type, 'text', text, 'points', '1', 'answers', answers,
        'explanation', '', 'partial_credit', true, 'case_sensitive', false)
    FROM questions
    """,
    """
    INSERT INTO quiz_attempts (id, enrollment_id, lesson_id, number, version_ids, orders, results, submitted_at, points,
        max_points, score, is_passed, started_at)
    SELECT key('attempt', n), key('enrollment', n), key('quiz', course), 1,
        ARRAY[key('question_version', course * 10 + 1)],
        jsonb_build_object(key('question', course * 10 + 1), '[1, 2]'::jsonb),
        jsonb_build_object(key('question', course * 10 + 1), '{"credit": "100", "points": "1", "of": "1"}'::jsonb),
        now(), 1, 1, 100, true, now() - n % 1000 * interval '1 day'
    FROM staged WHERE course % 5 = 1 AND (n % 20 = 0 OR n = 1)
    """,
    """
    INSERT INTO quiz_scores (enrollment_id, lesson_id, course_id, best_score, passed_at)
    SELECT enrollment_id, lesson_id, course_id, score, submitted_at
    FROM quiz_attempts JOIN enrollments ON enrollments.id = enrollment_id
    """,
    """
    INSERT INTO reviews (id, course_id, author_id, rating, comment, search_vector, created_at)
    SELECT key('review', n / 10), key('course', course), key('user', 1 + :instructors + learner), rating, comment,
        words_of(comment, 'english'), now() - n % 1000 * interval '1 day'
    FROM (
        SELECT *, CASE n WHEN 70 THEN 'A needle' ELSE 'A clear course' END AS comment FROM ratings
    ) AS written
    """,
    """
    INSERT INTO submissions (id, enrollment_id, lesson_id, course_id, user_id, state, text, submitted_at, points,
        max_points, graded_by_id, graded_at, grading_id)
    SELECT key('submission', n), key('enrollment', n), key('lesson', course * 20 + 1), key('course', course),
        key('user', 1 + :instructors + learner), CASE WHEN graded THEN 'GRADED' ELSE 'SUBMITTED' END, 'What I think.',
        at, CASE WHEN graded THEN 8 END, CASE WHEN graded THEN 10 END, CASE WHEN graded THEN key('user', 1) END,
        CASE WHEN graded THEN at + interval '1 day' END, CASE WHEN graded THEN key('grading', n) END
    FROM (SELECT *, n % 3 = 0 AS graded, now() - n % 1000 * interval '1 day' AS at FROM staged WHERE n % 5 = 0) AS written
    """,
    """
    INSERT INTO certificates (id, enrollment_id, course_title, full_name)
    SELECT key('certificate', n), key('enrollment', n), 'A course', 'A name' FROM staged WHERE status = 'COMPLETED'
    """,
    """
    INSERT INTO notices (id, kind, channel, state, user_id, course_id, enrollment_id, completion_number, created_at,
        sent_at)
    SELECT key(channel, n), 'COMPLETION', channel, CASE WHEN n < 200 AND channel = 'EMAIL' THEN 'FAILED' ELSE 'SENT' END,
        key('user', 1 + :instructors + learner), key('course', course), key('enrollment', n), 1, now(),
        CASE WHEN n < 200 AND channel = 'EMAIL' THEN NULL ELSE now() END
    FROM staged, unnest(ARRAY['EMAIL', 'IN_APP']) AS channel WHERE status = 'COMPLETED'
    """,
    """
    INSERT INTO assignments (id, action, course_id, state, requested, unique_count, counts, created_by_id, created_at)
    SELECT key('assignment', n), 'ASSIGN', key('course', n), 'APPLIED', 5, 5, '{"assigned": 5}',
        CASE WHEN n % 30 = 1 AND n < 1000 THEN key('user', 2) WHEN n % 30 = 11 THEN key('user', 3)
            ELSE key('user', 1) END,
        now() - (:courses - n) * interval '1000 days' / :courses
    FROM generate_series(1, :courses) AS n
    """,
    """
    INSERT INTO assignment_items (assignment_id, row, input, user_id, course_id, outcome)
    SELECT key('assignment', n), item, 'person', key('user', 1 + (n * 7 + item) % :people), key('course', n), 'assigned'
    FROM generate_series(1, :courses) AS n, generate_series(1, 5) AS item
    """,
    """
    INSERT INTO instructor_requests (id, user_id, status, reason, reviewed_at, reviewed_by_id, created_at)
    SELECT key('request', n), key('user', 1 + :instructors + n), CASE WHEN n < 20 THEN 'PENDING' ELSE 'REJECTED' END,
        'I like to teach', CASE WHEN n >= 20 THEN now() END, CASE WHEN n >= 20 THEN key('user', 1) END,
        now() - n % 1000 * interval '1 day'
    FROM generate_series(1, :learners / 10) AS n
    """,
    """
    INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at)
    SELECT key('session', n), key('user', n), at, at, at + interval '7 days'
    FROM (SELECT n, now() - n % 1000 * interval '1 day' AS at FROM generate_series(1, :people) AS n) AS opened
    """,
    """
    INSERT INTO refresh_tokens (id, session_id, expires_at)
    SELECT key('token', n), key('session', n), now() + interval '7 days' FROM generate_series(1, :people) AS n
    """,
)
