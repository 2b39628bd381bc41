"""Who may call what: every endpoint and every kind of caller, in one table.

`owner` is the instructor of the course, `other` an instructor of other courses, `student` is enrolled. Requests are made
from the examples of the OpenAPI document; each one is made where the owner's or the admin's would succeed, so that only
the caller makes the difference.
"""

import io
import re

import pytest

from app.enums import CourseStatus, MailTokenPurpose
from tests.http import PREFIX
from tests.scene import PASSWORD, Scene

CALLERS = ("anonymous", "student", "other", "owner", "admin")

# anonymous, student, other, owner, admin
MATRIX = {
    "POST /auth/register": (201, 201, 201, 201, 201),
    "POST /auth/verify-email": (200, 200, 200, 200, 200),
    "POST /auth/resend-verification": (200, 200, 200, 200, 200),
    "POST /auth/forgot-password": (200, 200, 200, 200, 200),
    "POST /auth/reset-password": (200, 200, 200, 200, 200),
    "POST /auth/login": (200, 200, 200, 200, 200),
    "POST /auth/refresh": (200, 200, 200, 200, 200),
    "POST /auth/verify": (200, 200, 200, 200, 200),
    "POST /auth/logout": (401, 200, 200, 200, 200),
    "POST /auth/logout-all": (401, 200, 200, 200, 200),
    "GET /auth/sessions": (401, 200, 200, 200, 200),
    "DELETE /auth/sessions/{session_id}": (401, 204, 404, 404, 404),
    "POST /auth/change-password": (401, 200, 200, 200, 200),
    "GET /auth/me": (401, 200, 200, 200, 200),
    "PATCH /auth/me": (401, 200, 200, 200, 200),
    "PUT /auth/me": (401, 200, 200, 200, 200),
    "PUT /auth/me/picture": (401, 200, 200, 200, 200),
    "DELETE /auth/me/picture": (401, 200, 200, 200, 200),
    "GET /users": (401, 403, 403, 403, 200),
    "POST /users": (401, 403, 403, 403, 201),
    "GET /users/{user_id}": (401, 403, 403, 403, 200),
    "PATCH /users/{user_id}": (401, 403, 403, 403, 200),
    "POST /users/{user_id}/role": (401, 403, 403, 403, 200),
    "POST /users/{user_id}/activate": (401, 403, 403, 403, 200),
    "POST /users/{user_id}/deactivate": (401, 403, 403, 403, 200),
    "DELETE /users/{user_id}": (401, 403, 403, 403, 204),
    "POST /users/import": (401, 403, 403, 403, 200),
    "POST /users/import": (401, 403, 403, 403, 200),
    "POST /users/activate-multiple": (401, 403, 403, 403, 200),
    "POST /users/deactivate-multiple": (401, 403, 403, 403, 200),
    "POST /users/{user_id}/grant-self-publish": (401, 403, 403, 403, 200),
    "POST /users/{user_id}/revoke-self-publish": (401, 403, 403, 403, 200),
    "GET /instructor-requests": (401, 200, 200, 200, 200),
    "POST /instructor-requests": (401, 201, 409, 409, 409),
    "GET /instructor-requests/{request_id}": (401, 404, 404, 404, 200),
    "PATCH /instructor-requests/{request_id}": (401, 404, 404, 404, 200),
    "DELETE /instructor-requests/{request_id}": (401, 404, 404, 404, 204),
    "POST /instructor-requests/{request_id}/review": (401, 403, 403, 403, 200),
    "POST /instructor-requests/review-multiple": (401, 403, 403, 403, 200),
    "GET /categories": (200, 200, 200, 200, 200),
    "POST /categories": (401, 403, 403, 403, 201),
    "GET /categories/{ref}": (200, 200, 200, 200, 200),
    "PUT /categories/{ref}": (401, 403, 403, 403, 200),
    "PATCH /categories/{ref}": (401, 403, 403, 403, 200),
    "DELETE /categories/{ref}": (401, 403, 403, 403, 204),
    "GET /courses": (200, 200, 200, 200, 200),
    "POST /courses": (401, 403, 201, 201, 201),
    "GET /courses/mine": (401, 403, 200, 200, 200),
    "GET /courses/review-queue": (401, 403, 403, 403, 200),
    "GET /courses/{ref}": (200, 200, 200, 200, 200),
    "PUT /courses/{ref}": (401, 403, 403, 200, 200),
    "PATCH /courses/{ref}": (401, 403, 403, 200, 200),
    "DELETE /courses/{ref}": (401, 403, 403, 204, 204),
    "POST /courses/{course_id}/submit": (401, 403, 404, 200, 403),
    "POST /courses/{course_id}/withdraw": (401, 403, 404, 200, 403),
    "POST /courses/{course_id}/review": (401, 403, 403, 403, 200),
    "POST /courses/{course_id}/publish": (401, 403, 404, 200, 200),
    "POST /courses/{course_id}/unpublish": (401, 403, 403, 200, 200),
    "POST /courses/{course_id}/archive": (401, 403, 403, 200, 200),
    "POST /courses/{course_id}/unarchive": (401, 403, 404, 200, 200),
    "GET /courses/{course_id}/history": (401, 403, 403, 200, 200),
    "GET /courses/{course_id}/sections": (200, 200, 200, 200, 200),
    "POST /courses/{course_id}/sections": (401, 403, 403, 201, 201),
    "POST /courses/{course_id}/sections/reorder": (401, 403, 403, 200, 200),
    "GET /sections/{section_id}": (200, 200, 200, 200, 200),
    "PUT /sections/{section_id}": (401, 403, 403, 200, 200),
    "PATCH /sections/{section_id}": (401, 403, 403, 200, 200),
    "DELETE /sections/{section_id}": (401, 403, 403, 204, 204),
    "GET /courses/{course_id}/lessons": (200, 200, 200, 200, 200),
    "POST /courses/{course_id}/lessons": (401, 403, 403, 201, 201),
    "GET /sections/{section_id}/lessons": (200, 200, 200, 200, 200),
    "POST /lessons": (401, 403, 403, 201, 201),
    "POST /lessons/bulk": (401, 403, 403, 201, 201),
    "POST /sections/{section_id}/lessons/reorder": (401, 403, 403, 200, 200),
    "GET /lessons/{lesson_id}": (401, 200, 403, 200, 200),
    "PUT /lessons/{lesson_id}": (401, 403, 403, 200, 200),
    "PATCH /lessons/{lesson_id}": (401, 403, 403, 200, 200),
    "DELETE /lessons/{lesson_id}": (401, 403, 403, 204, 204),
    "POST /courses/{course_id}/enroll": (401, 201, 403, 403, 403),
    "POST /enrollments": (401, 201, 403, 403, 403),
    "GET /enrollments": (401, 200, 200, 200, 200),
    "GET /users/{user_id}/enrollments": (401, 403, 403, 403, 200),
    "GET /courses/{course_id}/enrollments": (401, 403, 403, 200, 200),
    "GET /enrollments/{enrollment_id}": (401, 200, 404, 200, 200),
    "DELETE /enrollments/{enrollment_id}": (401, 200, 404, 200, 200),
    "POST /enrollments/{enrollment_id}/grade": (401, 403, 404, 200, 200),
    "POST /enrollments/{enrollment_id}/payment": (401, 403, 403, 403, 200),
    "POST /lessons/{lesson_id}/complete": (401, 200, 403, 403, 403),
    "DELETE /lessons/{lesson_id}/complete": (401, 200, 403, 403, 403),
    "PUT /lessons/{lesson_id}/progress": (401, 200, 403, 403, 403),
    "GET /enrollments/{enrollment_id}/progress": (401, 200, 404, 200, 200),
    "GET /courses/{course_id}/progress": (401, 200, 403, 403, 403),
    "GET /enrollments/{enrollment_id}/completion": (401, 200, 404, 200, 200),
    "GET /certificates": (401, 200, 200, 200, 200),
    "GET /certificates/{certificate_id}": (401, 200, 404, 404, 200),
    "GET /certificates/verify/{number}": (200, 200, 200, 200, 200),
    "POST /certificates/{certificate_id}/revoke": (401, 403, 403, 403, 200),
    "GET /courses/{course_id}/reviews": (200, 200, 200, 200, 200),
    "POST /courses/{course_id}/reviews": (401, 201, 403, 403, 403),
    "GET /reviews": (200, 200, 200, 200, 200),
    "POST /reviews": (401, 201, 403, 403, 403),
    "GET /reviews/{review_id}": (200, 200, 200, 200, 200),
    "PUT /reviews/{review_id}": (401, 200, 403, 403, 403),
    "PATCH /reviews/{review_id}": (401, 200, 403, 403, 403),
    "DELETE /reviews/{review_id}": (401, 204, 403, 403, 204),
    "POST /courses/{course_id}/assign": (401, 403, 403, 201, 201),
    "POST /courses/{course_id}/assign-multiple": (401, 403, 403, 200, 200),
    "POST /courses/{course_id}/unassign-multiple": (401, 403, 403, 200, 200),
    "GET /assignments": (401, 403, 200, 200, 200),
    "GET /assignments/{assignment_id}": (401, 403, 404, 200, 200),
    "GET /assignments/{assignment_id}/items": (401, 403, 404, 200, 200),
    "GET /notices": (401, 403, 403, 403, 200),
    "POST /notices/{notice_id}/resend": (401, 403, 403, 403, 200),
    "POST /courses/{course_id}/recalculate": (401, 403, 403, 403, 200),
    "GET /notifications": (401, 200, 200, 200, 200),
    "GET /notifications/unread-count": (401, 200, 200, 200, 200),
    "POST /notifications/{notification_id}/read": (401, 200, 404, 404, 404),
    "POST /notifications/read-all": (401, 200, 200, 200, 200),
    "GET /dashboard": (401, 200, 200, 200, 200),
    "GET /dashboard/stats": (401, 200, 200, 200, 200),
    "GET /dashboard/admin": (401, 403, 403, 403, 200),
    "GET /dashboard/instructor": (401, 403, 200, 200, 200),
    "GET /dashboard/student": (401, 200, 200, 200, 200),
    "GET /courses/{course_id}/analytics": (401, 403, 403, 200, 200),
    "POST /dashboard/verify": (401, 403, 403, 403, 200),
}

IN_STATUS = {
    "POST /courses/{course_id}/submit": CourseStatus.DRAFT,
    "POST /courses/{course_id}/withdraw": CourseStatus.PENDING,
    "POST /courses/{course_id}/review": CourseStatus.PENDING,
    "POST /courses/{course_id}/publish": CourseStatus.APPROVED,
    "POST /courses/{course_id}/unarchive": CourseStatus.ARCHIVED,
}
"""The state that the course is in; PUBLISHED otherwise."""

PLACES = {
    "POST /courses/{course_id}/enroll": {"course_id": "free_course"},
    "DELETE /courses/{ref}": {"ref": "free_course"},
    "GET /categories/{ref}": {"ref": "category"},
    "PUT /categories/{ref}": {"ref": "category"},
    "PATCH /categories/{ref}": {"ref": "category"},
    "DELETE /categories/{ref}": {"ref": "empty_category"},
    "POST /users/{user_id}/activate": {"user_id": "sleeper"},
    "POST /users/{user_id}/revoke-self-publish": {"user_id": "other"},
}
"""Where a path parameter means something else than usual."""

USUALLY = {
    "ref": "course",
    "course_id": "course",
    "section_id": "section",
    "lesson_id": "lesson",
    "enrollment_id": "enrollment",
    "certificate_id": "certificate",
    "assignment_id": "run",
    "notice_id": "notice",
    "request_id": "request",
    "review_id": "review",
    "notification_id": "notification",
    "user_id": "person",
    "session_id": "session",
}

BODIES = {
    "POST /auth/change-password": lambda _: {"old_password": PASSWORD},
    "POST /auth/login": lambda scene: {"email": scene.person.email, "password": PASSWORD},
    "POST /auth/logout": lambda _: {"refresh": None},
    "POST /auth/refresh": lambda scene: {"refresh": scene.token_of("person").refresh},
    "POST /auth/register": lambda scene: {"email": f"new{scene.mark}@example.org"},
    "POST /auth/reset-password": lambda scene: {"token": scene.mail_token(MailTokenPurpose.RESET_PASSWORD)},
    "POST /auth/verify-email": lambda scene: {"token": scene.mail_token(MailTokenPurpose.VERIFY_EMAIL)},
    "POST /courses/{course_id}/assign": lambda scene: {"email": scene.person.email},
    "POST /courses/{course_id}/sections/reorder": lambda scene: {"order": [str(scene.section.id)]},
    "POST /enrollments": lambda scene: {"course_id": str(scene.free_course.id)},
    "POST /lessons": lambda scene: {"section_id": str(scene.section.id)},
    "POST /lessons/bulk": lambda scene: {"section_id": str(scene.section.id)},
    "POST /reviews": lambda scene: {"course_id": str(scene.course.id)},
    "POST /sections/{section_id}/lessons/reorder": lambda scene: {"order": [str(scene.lesson.id)]},
}
"""What a body's example cannot know: rows of the scene. None leaves a field out."""

FILES = {
    "POST /users/import": b"email,first_name\nnew@example.org,New\n",
    "POST /users/import": b"email,first_name\nnew@example.org,New\n",
    "PUT /auth/me/picture": bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
        "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
    ),
}
"""Where a file is sent, one that is accepted."""


@pytest.fixture(scope="module")
def operations(app):
    document = app.test_client().get("/openapi.json").get_json()
    return {
        f"{method.upper()} {path.removeprefix(PREFIX)}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def path_of(name, scene):
    _method, path = name.split()
    targets = USUALLY | PLACES.get(name, {})
    path = path.replace("{number}", scene.certificate.number)
    return re.sub(r"{(\w+)}", lambda found: str(getattr(scene, targets[found[1]]).id), path)


def body_of(name, scene, operation):
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    body = {**content["example"], **BODIES.get(name, lambda _: {})(scene)}
    return {field: value for field, value in body.items() if value is not None}


def call(api, name, scene, caller, operation):
    client = api if caller == "anonymous" else api.with_token(scene.token_of(caller).access)
    method = name.split()[0]
    if name in FILES:
        sent = {"file": (io.BytesIO(FILES[name]), "file")}
        return client.request(method, path_of(name, scene), data=sent, content_type="multipart/form-data")
    return client.request(method, path_of(name, scene), json=body_of(name, scene, operation))


def test_the_table_has_every_endpoint_and_no_other(operations):
    assert set(MATRIX) == set(operations)


def test_every_row_has_a_cell_for_every_caller():
    assert {name: cells for name, cells in MATRIX.items() if len(cells) != len(CALLERS)} == {}


@pytest.mark.parametrize("name", sorted(MATRIX))
def test_only_the_right_people_get_through(api, operations, name):
    answered = []
    scene = None
    for caller in CALLERS:
        if scene is None:
            scene = Scene(api.app, status=IN_STATUS.get(name, CourseStatus.PUBLISHED))
        response = call(api, name, scene, caller, operations[name])
        answered.append(response.status_code)
        if response.status_code < 400 and not name.startswith("GET"):
            scene = None  # the next caller finds everything as this one did

    assert dict(zip(CALLERS, answered, strict=True)) == dict(zip(CALLERS, MATRIX[name], strict=True))
