"""Descriptions of parameters by name, where their field has none."""

from __future__ import annotations

_ONE = "The {} by its id."

DESCRIPTIONS = {
    "assignment_id": _ONE.format("bulk run"),
    "course_id": "The course by its id, slug or code.",
    "request_id": _ONE.format("instructor request"),
    "version_id": "The version of a course by its id.",
    "number": "The number printed on the certificate.",
    "page_size": "Rows per page, from 1 to 100.",
    "action": "Only runs with this action.",
    "created_after": "Only runs that were accepted after this moment.",
    "created_before": "Only runs that were accepted before this moment.",
    "created_by": "Only runs of this user, by id.",
    "channel": "Only notices on this channel: by mail or in the app.",
    "department": "Only users of exactly this department.",
    "email_verified": "true: only users whose email address is confirmed; false: only the others.",
    "format": "`csv` returns the whole list as CSV.",
    "has_seats": "true: only courses with a seat left; false: only full ones.",
    "is_active": "true: only active ones; false: only inactive ones.",
    "is_free": "true: only free courses; false: only priced ones.",
    "is_read": "true: only read notifications; false: only unread ones.",
    "kind": "Only notices of this kind.",
    "level": "Only courses of this level.",
    "max_price": "Only courses that cost this much or less.",
    "min_price": "Only courses that cost this much or more.",
    "outcome": "Only rows with this outcome.",
    "rating": "Only reviews with this many stars.",
    "role": "Only users with this role.",
    "state": "Only those in this state.",
    "status": "Only those with this status.",
}


_REFS = {"courses": DESCRIPTIONS["course_id"], "categories": "The category by its id or slug."}
"""What `ref` is, by the first noun of the path: for a course the same as `course_id`."""


def description_of(name: str, path: str) -> str:
    """An id is described by the noun in its name: `section_id` is the section by its id."""
    if name == "ref":
        return _REFS[path.removeprefix("/api/v1/").partition("/")[0]]
    noun = name.removesuffix("_id")
    if noun != name and name not in DESCRIPTIONS:
        return _ONE.format(noun.replace("_", " "))
    if name not in DESCRIPTIONS:
        raise LookupError(f"The parameter {name!r} has no description: give its field one, in the metadata.")
    return DESCRIPTIONS[name]
