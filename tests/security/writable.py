"""What each body may hold: one line for every operation that takes one.

A field that is not here is refused, and a field that somebody adds to a schema needs its word here: `role`, `status` or an
id that becomes writable does so on purpose.
"""

from __future__ import annotations

TABLE = """
POST /auth/register: email first_name full_name last_name password password_confirm phone_number role
    username
POST /auth/verify-email: token
POST /auth/resend-verification: email
POST /auth/login: email password username
POST /auth/refresh: refresh
POST /auth/verify: token
POST /auth/logout: refresh
POST /auth/change-password: new_password new_password_confirm old_password
POST /auth/change-email: new_email password
POST /auth/confirm-email: token
POST /auth/forgot-password: email
POST /auth/reset-password: new_password new_password_confirm token
PATCH /auth/me: bio first_name full_name last_name phone_number username
PUT /auth/me: bio first_name full_name last_name phone_number username
PUT /auth/me/picture: file
POST /users: department email external_id first_name full_name hired_on last_name manager_id password
    phone_number role username
PATCH /users/{user_id}: bio department email external_id first_name full_name hired_on last_name manager_id
    phone_number username
POST /users/{user_id}/role: role
POST /users/import: file
POST /users/activate-multiple: user_ids
POST /users/deactivate-multiple: user_ids
POST /instructor-requests: qualifications reason teaching_interests
PATCH /instructor-requests/{request_id}: qualifications reason teaching_interests
POST /instructor-requests/{request_id}/review: review_notes status
POST /instructor-requests/review-multiple: request_ids review_notes status
POST /categories: description icon is_active name slug
PUT /categories/{ref}: description icon is_active name slug
PATCH /categories/{ref}: description icon is_active name slug
POST /courses: admission_deadline category_id class_starts code currency description duration_hours
    enforce_order instructor_id learning_outcomes level preview_video price publish requirements schedule
    short_description slug target_audience title total_seats venue who_can_join
PUT /courses/{ref}: admission_deadline category_id class_starts currency description duration_hours
    enforce_order instructor_id learning_outcomes level preview_video price requirements schedule
    short_description slug target_audience title total_seats venue who_can_join
PATCH /courses/{ref}: admission_deadline category_id class_starts currency description duration_hours
    enforce_order instructor_id learning_outcomes level preview_video price requirements schedule
    short_description slug target_audience title total_seats venue who_can_join
POST /courses/{course_id}/review: review_notes status
POST /courses/{course_id}/publish: override_reason
POST /courses/{course_id}/sections: description position title
POST /courses/{course_id}/sections/reorder: order
PUT /sections/{section_id}: description position title
PATCH /sections/{section_id}: description position title
POST /courses/{course_id}/lessons: content duration_seconds is_preview is_required position section_id title
    type video_url
POST /lessons: content course_id duration_seconds is_preview is_required position section_id title type
    video_url
POST /lessons/bulk: course_id lessons section_id
POST /sections/{section_id}/lessons/reorder: order
PUT /lessons/{lesson_id}: content duration_seconds is_preview is_required position section_id title type
    video_url
PATCH /lessons/{lesson_id}: content duration_seconds is_preview is_required position section_id title type
    video_url
POST /enrollments: course_id
POST /enrollments/{enrollment_id}/grade: grade
POST /enrollments/{enrollment_id}/payment: payment_status
PUT /lessons/{lesson_id}/progress: completed position_seconds
POST /certificates/{certificate_id}/revoke: reason
POST /courses/{course_id}/reviews: comment rating
POST /reviews: comment course_id rating
PUT /reviews/{review_id}: comment rating
PATCH /reviews/{review_id}: comment rating
POST /courses/{course_id}/assign: due_at due_in_days email external_id notify override_seats reason user_id
    username
POST /courses/{course_id}/assign-multiple: atomic due_at due_in_days emails external_ids mode notify
    on_existing override_seats reason user_ids usernames
POST /courses/{course_id}/unassign-multiple: atomic emails external_ids mode notify reason user_ids
    usernames
POST /courses/{course_id}/recalculate: notify
"""


WRITABLE: dict[str, set[str]] = {}
for _line in TABLE.replace("\n    ", " ").strip().splitlines():
    _call, _, _fields = _line.partition(": ")
    WRITABLE[_call] = set(_fields.split())
