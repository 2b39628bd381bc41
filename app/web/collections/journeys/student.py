"""A student, from sign-up to certificate."""

from __future__ import annotations

from app.web.collections.documented import Document
from app.web.collections.logins import log_in
from app.web.collections.parts import Check, CollectionRequest, Folder, Parameter
from app.web.openapi.examples.requests import COURSE

_ABOUT = """\
Sign up, confirm the address with the mail, enroll, complete every lesson, and get a certificate that anyone can verify.
The mail is read from the sandbox's outbox, which exists in development only."""

_LEARNER = "{{learner_token}}"
_COURSE = {"course_id": "{{learning_course_id}}"}
_SECOND_LESSON = {"lesson_id": "{{second_lesson_id}}"}
_ENROLLMENT = {"enrollment_id": "{{learning_enrollment_id}}"}
_OWN_PASSWORD = "{{own_password}}"


def journey(document: Document) -> Folder:
    items = (*_signing_up(document), *_enrolling(document), *_learning(document), *_certified(document))
    return Folder("Student: from sign-up to certificate", _ABOUT, items)


def _signing_up(document: Document) -> tuple[CollectionRequest, ...]:
    person = {
        "email": "{{learner_email}}",
        "password": _OWN_PASSWORD,
        "password_confirm": _OWN_PASSWORD,
        "first_name": "Ada",
        "last_name": "Lovelace",
    }
    named = {"run": "Date.now().toString(36)", "learner_email": "`ada-${given('run')}@example.org`"}
    return (
        document.request(
            "register",
            "Sign up",
            body=person,
            before=named,
            checks=[
                Check("The address is the one that was sent", "answer.data.user.email", "{{learner_email}}"),
                Check("The address is not confirmed yet", "answer.data.user.email_verified", expected=False),
            ],
        ),
        document.request(
            "log_in",
            "Log in too early",
            body={"email": "{{learner_email}}", "password": _OWN_PASSWORD},
            status=403,
            code="email_not_verified",
        ),
        _mail(),
        document.request("verify_email", "Confirm the address", body={"token": "{{mail_token}}"}),
        document.request(
            "verify_email",
            "Use the link a second time",
            body={"token": "{{mail_token}}"},
            status=400,
            code="token_invalid",
        ),
        log_in(document, "Log in", login="{{learner_email}}", password=_OWN_PASSWORD, saves_as="learner"),
    )


def _mail() -> CollectionRequest:
    """The outbox of the sandbox, which waits until the mail has been sent."""
    return CollectionRequest(
        name="Read the mail",
        method="GET",
        path="/sandbox/mails",
        about="The mails to one address, newest first. Waits up to ten seconds for the first. Development only.",
        query=(Parameter("to", "{{learner_email}}"), Parameter("wait_seconds", "10")),
        checks=(
            Check("Status is 200", "status", 200),
            Check("There is one mail", "answer.data.length", 1),
            Check("It confirms the address", "answer.data[0].subject", "Confirm your email address"),
        ),
        saves={"mail_token": "answer.data[0].token"},
    )


def _enrolling(document: Document) -> tuple[CollectionRequest, ...]:
    key = {"Idempotency-Key": "enroll-{{run}}"}
    mine = Check("The enrollment is for this course", "answer.data.course_id", "{{learning_course_id}}")
    return (
        document.request(
            "list_courses",
            "Search the catalogue",
            token="",
            query={"search": "first aid"},
            checks=[Check("The course is found", "answer.data[0].slug", COURSE)],
            saves={"learning_course_id": "answer.data[0].id"},
        ),
        document.request(
            "show_course",
            "Look at the course",
            token=_LEARNER,
            path={"ref": "{{learning_course_id}}"},
            checks=[
                Check("The learner is not enrolled yet", "answer.data.is_enrolled", expected=False),
                Check("There are three lessons", "answer.data.sections[0].lessons.length", 3),
            ],
            saves={
                "first_lesson_id": "answer.data.sections[0].lessons[0].id",
                "second_lesson_id": "answer.data.sections[0].lessons[1].id",
            },
        ),
        document.request(
            "show_lesson",
            "Read a lesson too early",
            token=_LEARNER,
            path=_SECOND_LESSON,
            status=403,
            code="not_enrolled",
        ),
        document.request(
            "enroll_in_course",
            "Enroll",
            token=_LEARNER,
            path=_COURSE,
            headers=key,
            checks=[mine, Check("It is active", "answer.data.status", "ACTIVE")],
            saves={"learning_enrollment_id": "answer.data.id"},
        ),
        document.request(
            "enroll_in_course",
            "Send it again with the same key",
            token=_LEARNER,
            path=_COURSE,
            headers=key,
            about="The first answer is repeated, and nothing happens twice.",
            checks=[
                Check("It is the first answer", "header('Idempotency-Replayed')", "true"),
                Check("It is the same enrollment", "answer.data.id", "{{learning_enrollment_id}}"),
            ],
        ),
        document.request(
            "enroll_in_course",
            "Enroll a second time",
            token=_LEARNER,
            path=_COURSE,
            status=409,
            code="already_enrolled",
        ),
    )


def _learning(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request("show_lesson", "Read a lesson", token=_LEARNER, path=_SECOND_LESSON),
        document.request(
            "complete_lesson",
            "Complete the first lesson",
            token=_LEARNER,
            path={"lesson_id": "{{first_lesson_id}}"},
            checks=[Check("Half of it is done", "answer.data.completion_percentage", 50)],
        ),
        document.request(
            "explain_completion",
            "Ask what is missing",
            token=_LEARNER,
            path=_ENROLLMENT,
            checks=[Check("It is not completed", "answer.data.is_completed", expected=False)],
        ),
        document.request(
            "record_progress",
            "Remember the position in the second lesson",
            token=_LEARNER,
            path=_SECOND_LESSON,
            body={"position_seconds": 95},
        ),
        document.request(
            "complete_lesson",
            "Complete the second lesson",
            token=_LEARNER,
            path=_SECOND_LESSON,
            checks=[
                Check("All of it is done", "answer.data.completion_percentage", 100),
                Check("The enrollment is completed", "answer.data.status", "COMPLETED"),
            ],
            saves={"certificate_number": "answer.data.certificate_number"},
        ),
    )


def _certified(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request(
            "show_enrollment",
            "Look at the enrollment",
            token=_LEARNER,
            path=_ENROLLMENT,
            checks=[
                Check("It names the certificate", "answer.data.certificate_number", "{{certificate_number}}")
            ],
            saves={"enrollment_etag": "header('ETag')"},
        ),
        document.request(
            "show_enrollment",
            "Look again: not modified",
            token=_LEARNER,
            path=_ENROLLMENT,
            headers={"If-None-Match": "{{enrollment_etag}}"},
            about="304 on purpose: the version that was read is the current one, so the answer has no body.",
            status=304,
        ),
        document.request(
            "list_certificates",
            "List your certificates",
            token=_LEARNER,
            checks=[
                Check("It is the first", "answer.data.length", 1),
                Check("It has the number", "answer.data[0].number", "{{certificate_number}}"),
            ],
            saves={"certificate_id": "answer.data[0].id"},
        ),
        document.request(
            "download_certificate",
            "Download the certificate as PDF",
            token=_LEARNER,
            path={"certificate_id": "{{certificate_id}}"},
        ),
        document.request(
            "verify_certificate",
            "Verify the certificate, as anyone can",
            token="",
            path={"number": "{{certificate_number}}"},
            checks=[
                Check("It is valid", "answer.data.is_valid"),
                Check("It names the learner", "answer.data.full_name", "Ada Lovelace"),
            ],
        ),
        document.request(
            "show_badge",
            "Show the Open Badge, which any verifier checks by itself",
            token="",
            path={"number": "{{certificate_number}}"},
            checks=[
                Check("It is signed", "answer.data.jwt.split('.').length", 3),
                Check("It is an Open Badge", "answer.data.credential.type[1]", "OpenBadgeCredential"),
                Check(
                    "Its subject completed this course",
                    "Boolean(answer.data.credential.credentialSubject.achievement.name)",
                ),
                Check(
                    "The issuer is that of the credential",
                    "answer.data.issuer === answer.data.credential.issuer.id",
                ),
            ],
        ),
        document.request(
            "write_course_review",
            "Review the course",
            token=_LEARNER,
            path=_COURSE,
            body={"rating": 5, "comment": "I can tie a bandage now."},
            checks=[Check("The rating is the one that was sent", "answer.data.rating", 5)],
        ),
        document.request(
            "list_notifications",
            "Read the notifications",
            token=_LEARNER,
            checks=[
                Check("One is about the completion", "answer.data.some((each) => each.kind === 'COMPLETION')")
            ],
        ),
        document.request(
            "show_student_dashboard",
            "Look at the dashboard",
            token=_LEARNER,
            checks=[Check("One course is completed", "answer.data.completed", 1)],
        ),
    )
