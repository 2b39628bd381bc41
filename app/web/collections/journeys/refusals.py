"""What errors look like: a request for each kind of refusal, wrong on purpose."""

from __future__ import annotations

from app.web.collections.documented import ADMIN, Document, refused_on_purpose
from app.web.collections.parts import Body, Check, CollectionRequest, Folder

_ABOUT = """\
Each request is wrong in one way, and is refused in the one shape of errors: `code` is stable, `type` is the address of
its page, `details` names what is wrong in the request. Not here: 402 and 428, which a setting turns on, and 429, for
which a local platform allows too many requests."""

_STUDENT = "{{student_token}}"
_UNKNOWN = "00000000-0000-7000-8000-000000000000"


def journey(document: Document) -> Folder:
    items = (*_of_syntax(document), *_of_access(document), *_of_state(document), *_of_values(document))
    return Folder("What errors look like", _ABOUT, items)


def _detail(path: str) -> Check:
    return Check(f"The details name {path}", f"'{path}' in answer.error.details")


def _of_syntax(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request(
            "log_in",
            "400: a body that is nested too deeply",
            body=Body(f'{{"email": {"[" * 40}{"]" * 40}}}'),
            about="A body that is no JSON is refused in the same way, but not every tool sends one.",
            status=400,
            code="invalid_request",
        ),
        document.request(
            "log_in",
            "415: a body of another type",
            body=Body("email=admin@example.org", "text/plain"),
            status=415,
            code="unsupported_media_type",
        ),
        document.request(
            "log_in",
            "413: a body that is too large",
            body={"email": "{{long_text}}", "password": "x"},
            before={"long_text": "'x'.repeat(20000)"},
            status=413,
            code="too_large",
        ),
        CollectionRequest(
            name="405: a method that the address does not have",
            method="DELETE",
            path="/api/v1/courses",
            about=f"{refused_on_purpose(405, 'method_not_allowed')} The `Allow` header has the methods that it does have.",
            checks=(
                Check("Status is 405", "status", 405),
                Check("The reason code is method_not_allowed", "answer.error.code", "method_not_allowed"),
                Check("Allow names GET", "header('Allow').includes('GET')"),
            ),
        ),
    )


def _of_access(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request("show_me", "401: no token", token="", status=401, code="unauthenticated"),
        document.request(
            "show_me", "401: a token that is none", token="not-a-token", status=401, code="token_invalid"
        ),
        document.request(
            "log_in",
            "401: a wrong password",
            body={"email": "unknown@example.org", "password": "Wrong-1-wrong"},
            status=401,
            code="invalid_credentials",
        ),
        document.request(
            "list_users", "403: not for this role", token=_STUDENT, status=403, code="forbidden"
        ),
        document.request(
            "show_user",
            "404: an unknown id",
            token=ADMIN,
            path={"user_id": _UNKNOWN},
            status=404,
            code="not_found",
        ),
        document.request(
            "show_course",
            "404: a draft of another user",
            token=_STUDENT,
            path={"ref": "safe-use-of-ladders"},
            about="What the caller may not see does not exist for them.",
            status=404,
            code="not_found",
        ),
        document.request(
            "list_categories",
            "404: a page beyond the end",
            query={"page": "50"},
            status=404,
            code="page_not_found",
        ),
    )


def _of_state(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request(
            "publish_course",
            "409: a step that the state does not allow",
            token=ADMIN,
            path={"course_id": "first-aid-at-work"},
            body={},
            status=409,
            code="invalid_transition",
        ),
        document.request(
            "create_category",
            "409: a name that is taken",
            token=ADMIN,
            body={"name": "Health and safety"},
            status=409,
            code="name_taken",
        ),
        document.request(
            "edit_category",
            "412: another version than the one that was read",
            token=ADMIN,
            path={"ref": "health-and-safety"},
            headers={"If-Match": '"an-old-version"'},
            body={"description": "Never saved."},
            status=412,
            code="precondition_failed",
        ),
    )


def _of_values(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request(
            "create_course",
            "422: a missing title and a negative price",
            token=ADMIN,
            body={"price": -1},
            status=422,
            code="invalid_request",
            checks=[_detail("title"), _detail("price")],
        ),
        document.request(
            "create_course",
            "422: an unknown field",
            token=ADMIN,
            body={"title": "Knots", "short_description": "Six knots.", "colour": "red"},
            status=422,
            code="invalid_request",
            checks=[_detail("colour")],
        ),
        document.request(
            "list_courses",
            "422: an unknown filter",
            token="",
            query={"colour": "red"},
            status=422,
            code="invalid_request",
            checks=[_detail("colour")],
        ),
        document.request(
            "list_courses",
            "422: an unknown ordering",
            token="",
            query={"ordering": "colour"},
            status=422,
            code="invalid_request",
            checks=[_detail("ordering")],
        ),
    )
