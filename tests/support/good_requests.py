"""A request to every endpoint that succeeds, on a scene: the examples of the OpenAPI document, and rows that exist."""

import re

from app.enums import CourseStatus, MailTokenPurpose
from tests.support.scene import PASSWORD

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
    "POST /auth/change-email": lambda scene: {
        "password": PASSWORD,
        "new_email": f"to{scene.mark}@example.org",
    },
    "POST /auth/confirm-email": lambda scene: {"token": scene.email_change_token()},
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
    "PUT /auth/me/picture": bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
        "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
    ),
}
"""Where a file is sent, one that is accepted."""


def path_of(name, scene):
    _method, path = name.split()
    targets = USUALLY | PLACES.get(name, {})
    path = path.removesuffix("/").replace("{number}", scene.certificate.number)
    return re.sub(r"{(\w+)}", lambda found: str(getattr(scene, targets[found[1]]).id), path)


def body_of(name, scene, operation):
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    body = {**content["example"], **BODIES.get(name, lambda _: {})(scene)}
    return {field: value for field, value in body.items() if value is not None}
