"""What notices say, and when there is nothing left to say.

One function for each kind, from the rows that the notice points at. Whatever a person typed stays on one line and is
cut to a decent length: it is quoted, in a mail that carries our name.
"""

from __future__ import annotations

from collections.abc import Callable
from textwrap import shorten
from typing import TYPE_CHECKING, NamedTuple

from app.enums import EnrollmentStatus, NoticeKind, RequestStatus
from app.values import days

if TYPE_CHECKING:
    from app.models.notice import Notice
    from app.models.user import User

LONGEST_QUOTE = 500


class Words(NamedTuple):
    title: str
    body: str


def worded(notice: Notice) -> Words:
    return _WORDS[notice.kind](notice)


def moot_because(notice: Notice) -> str | None:
    """Why it must not be sent any more, on whichever channel, as a reason code."""
    if not notice.user.is_active:
        return "user_inactive"
    if notice.kind not in _MOOT:
        return None
    is_moot, reason = _MOOT[notice.kind]
    return reason if is_moot(notice) else None


def _has_left(notice: Notice) -> bool:
    return notice.enrollment is not None and notice.enrollment.status == EnrollmentStatus.CANCELLED


def _is_unwanted(notice: Notice) -> bool:
    """A wish that another one replaced, or that somebody called off, is gone; one that came true needs no token."""
    change = notice.email_change
    return change is None or (change.confirmed_at is None) != (notice.kind == NoticeKind.CONFIRM_EMAIL)


def _is_over(notice: Notice) -> bool:
    """A request that was withdrawn is gone."""
    return notice.request is None or not notice.request.is_pending


def _completion(notice: Notice) -> Words:
    learner = notice.enrollment.user if notice.enrollment else notice.user
    title, course = _title(notice), _course(notice)
    if notice.user_id == learner.id:
        return Words(f"You have completed {title}", f"Well done! Your completion of {course} is on record.")
    name = _name(learner)
    return Words(f"{name} has completed {title}", f"{name} has completed your course {course}.")


def _assignment(notice: Notice) -> Words:
    enrollment = notice.enrollment
    wish = ""
    if enrollment is not None and enrollment.is_completed:
        wish = " You have completed it already: there is nothing you have to do."
    elif enrollment is not None and enrollment.due_at:
        wish = f" Please complete it by {days.spelled(enrollment.due_at)}."
    return Words(
        f"You were assigned to {_title(notice)}", f"{_course(notice)} is now among your courses.{wish}"
    )


def _verify_email(_: Notice) -> Words:
    return Words(
        "Confirm your email address",
        "Somebody opened a Rollcall account with this address. If it was you, confirm the address, then you can log in. "
        "If it was not you, do nothing.",
    )


def _reset_password(_: Notice) -> Words:
    return Words(
        "Set a new password",
        "Somebody asked for a new password for your Rollcall account. If it was you, set it here. If it was not you, "
        "do nothing: your password stays as it is.",
    )


def _set_password(_: Notice) -> Words:
    return Words(
        "Your Rollcall account is waiting",
        "An account was made for you at Rollcall. Choose a password, then you can log in with this address.",
    )


def _password_changed(_: Notice) -> Words:
    return Words(
        "Your password was changed",
        "The password of your Rollcall account was changed. If it was not you, set a new one at once: that ends "
        "every session.",
    )


def _confirm_email(_: Notice) -> Words:
    return Words(
        "Confirm your new email address",
        "Somebody wants to use this address for their Rollcall account. If it was you, confirm it: from then on you log "
        "in with it. If it was not you, do nothing.",
    )


def _email_changed(notice: Notice) -> Words:
    new = notice.email_change.new_email if notice.email_change else "another one"
    return Words(
        "Your email address was changed",
        f"The address of your Rollcall account is now {new}; nothing more is sent to this one. If it was not you, tell "
        "an admin at once.",
    )


def _instructor_request(notice: Notice) -> Words:
    if notice.request is None:
        return Words("A request to become an instructor", "It has been withdrawn.")
    name = _name(notice.request.user)
    reason = _quoted(notice.request.reason)
    return Words(
        f"{name} asks to become an instructor",
        f"{name} waits for your decision.{f' Their reason: {reason}' if reason else ''}",
    )


def _instructor_request_decided(notice: Notice) -> Words:
    request = notice.request
    if request is not None and request.status == RequestStatus.APPROVED:
        title, meaning = "You are an instructor now", "An admin approved your request: you can make courses."
    else:
        title = "Your request to become an instructor was rejected"
        meaning = "An admin did not approve your request to become an instructor."
    return Words(title, meaning + _remark(request.review_notes if request else ""))


def _course_decided(notice: Notice) -> Words:
    action, notes = _change(notice)
    next_step = " You can change it and submit it again." if action == "rejected" else ""
    return Words(
        f"{_title(notice)} was {action}",
        f"Your course {_course(notice)} was {action} by an admin.{next_step}{_remark(notes)}",
    )


def _course_changed(notice: Notice) -> Words:
    title, course = _title(notice), _course(notice)
    action, notes = _change(notice)
    fields = notice.change.fields if notice.change else []
    if "instructor_id" in fields:
        if notice.course is not None and notice.course.instructor_id == notice.user_id:
            return Words(f"{title} is your course now", f"An admin made you the instructor of {course}.")
        return Words(f"{title} has another instructor", f"An admin gave {course} to somebody else.")
    if action == "created":
        return Words(f"{title} is your course now", f"An admin made {course} for you.")
    what = f" What changed: {', '.join(map(_spelled, fields))}." if fields else ""
    return Words(
        f"{title} was {action}", f"Your course {course} was {action} by an admin.{what}{_remark(notes)}"
    )


def _change(notice: Notice) -> tuple[str, str]:
    return (notice.change.action, notice.change.notes) if notice.change else ("changed", "")


def _title(notice: Notice) -> str:
    return " ".join(notice.course.title.split()) if notice.course else "A course"


def _course(notice: Notice) -> str:
    return f"{_title(notice)} ({notice.course.code})" if notice.course else "A course"


def _name(person: User) -> str:
    return " ".join((person.full_name or person.username).split())


def _spelled(field: str) -> str:
    """A field in words: `category_id` is the category."""
    return field.removesuffix("_id").replace("_", " ")


def _remark(notes: str) -> str:
    quoted = _quoted(notes)
    return f" The admin's note: {quoted}" if quoted else ""


def _quoted(text: str) -> str:
    return shorten(text, LONGEST_QUOTE, placeholder=" …")


_WORDS: dict[NoticeKind, Callable[[Notice], Words]] = {
    NoticeKind.COMPLETION: _completion,
    NoticeKind.ASSIGNMENT: _assignment,
    NoticeKind.VERIFY_EMAIL: _verify_email,
    NoticeKind.RESET_PASSWORD: _reset_password,
    NoticeKind.SET_PASSWORD: _set_password,
    NoticeKind.PASSWORD_CHANGED: _password_changed,
    NoticeKind.CONFIRM_EMAIL: _confirm_email,
    NoticeKind.EMAIL_CHANGED: _email_changed,
    NoticeKind.INSTRUCTOR_REQUEST: _instructor_request,
    NoticeKind.INSTRUCTOR_REQUEST_DECIDED: _instructor_request_decided,
    NoticeKind.COURSE_DECIDED: _course_decided,
    NoticeKind.COURSE_CHANGED: _course_changed,
}

_MOOT: dict[NoticeKind, tuple[Callable[[Notice], bool], str]] = {
    NoticeKind.ASSIGNMENT: (_has_left, "not_enrolled"),
    NoticeKind.VERIFY_EMAIL: (lambda notice: notice.user.email_verified, "already_verified"),
    NoticeKind.SET_PASSWORD: (lambda notice: notice.user.password_hash is not None, "password_set"),
    NoticeKind.CONFIRM_EMAIL: (_is_unwanted, "superseded"),
    NoticeKind.EMAIL_CHANGED: (_is_unwanted, "superseded"),
    NoticeKind.INSTRUCTOR_REQUEST: (_is_over, "already_decided"),
}
