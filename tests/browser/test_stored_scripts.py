"""Cross-site scripting: what users have written is text on every page that shows it, whatever it looks like.

Every text of the demo is replaced by payloads, in the database, so that nothing stands between them and the pages.
"""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Enum, String, text
from sqlalchemy.dialects.postgresql import TSVECTOR

from app.adapters import cache
from app.db.session import db, transaction
from tests.corpus.scripts import ALL
from tests.support import client_pages
from tests.support.browsing import open_

PAYLOADS = list(dict.fromkeys(re.sub(r"[\x00-\x08\x0b-\x1f]", " ", each) for each in ALL))
LINES = list(dict.fromkeys(re.sub(r"\s+", " ", each).strip() for each in PAYLOADS))
LONG = {
    "users": {"bio": 2000},
    "courses": {
        "description": 20_000,
        **dict.fromkeys(("requirements", "learning_outcomes", "target_audience", "who_can_join"), 5000),
        "schedule": 1000,
        "review_notes": 5000,
    },
    "categories": {"description": 2000},
    "sections": {"description": 5000},
    "lessons": {"content": 200_000},
    "reviews": {"comment": 2000},
    "certificates": {"revocation_reason": 1000},
    "instructor_requests": dict.fromkeys(
        ("reason", "qualifications", "teaching_interests", "review_notes"), 5000
    ),
    "assignments": {"reason": 1000},
    "course_changes": {"notes": 5000},
    "assignment_items": {"sent_course": 254},
    "questions": {"text": 10_000, "explanation": 5000},
    "submissions": {"text": 20_000, "feedback": 5000},
    "course_versions": {"note": 2000, "void_reason": 2000},
}
"""Columns of texts in paragraphs, and the characters that they hold."""

SHORT = {
    "users": {"first_name": 100, "last_name": 100, "department": 100, "external_id": 94, "phone_number": 40},
    "courses": {"title": 200, "short_description": 500, "venue": 500, "preview_video": 2000},
    "categories": {"name": 100, "icon": 100},
    "sections": {"title": 200},
    "lessons": {"title": 200, "video_url": 2000},
    "certificates": {"course_title": 200, "full_name": 200},
    "assignments": {"last_error": 500},
    "assignment_items": {"input": 400, "sent_due_at": 64},
    "sessions": {"user_agent": 300},
    "notices": {"reason": 200},
    "questions": {"name": 200},
    "files": {"name": 255},
}
"""Columns of one line. Addresses of films are among them, though the API takes none but `https:`."""

UNIQUE = {"external_id"}

OURS = {
    "users": {"email", "username", "password_hash", "profile_picture", "search_vector"},
    "courses": {"code", "slug", "currency", "thumbnail", "search_vector"},
    "categories": {"slug"},
    "certificates": {"number"},
    "reviews": {"search_vector"},
    "instructor_requests": {"search_vector"},
    "enrollments": {"currency"},
    "course_changes": {"action"},
    "course_names": {"name"},
    "email_changes": {"old_email", "new_email"},
    "mail_tokens": {"email"},
    "sessions": {"ip_address"},
    "assignment_items": {"code", "kind"},
    "idempotency_keys": {"operation", "key"},
    "search_rebuilds": {"name", "form"},
    "tallies": {"name"},
    "course_versions": {"digest"},
    "files": {"media_type", "stored_as"},
    "notices": {"traceparent"},
    "questions": {"image_alt"},
}
"""Columns of texts that the platform makes, or that can hold no markup (addresses, usernames, codes); keys that no page
shows; and alternative texts, which are there only beside an image: `test_quizzes` has one.
"""

STAGED = {"assignment_batches"}
"""Tables of lines on their way to `assignment_items`."""

MOST_ROWS = 400
"""Of each table: more than the pages show."""

PICTURE = "<svg xmlns='http://www.w3.org/2000/svg'/>"

SCREAM = """for (const name of ["alert", "confirm", "prompt", "msgbox"]) {
    globalThis[name] = () => console.error("a stored script ran");
}"""

MADE = """() => {
    const tags = "script, iframe, object, embed, base, meta, link, style, math, marquee, xss, applet, frame, frameset, portal,"
        + "template, noembed, xmp, listing, plaintext, foreignObject, animate, set, audio, source, isindex, center, body body, title";
    const attributes = ["srcdoc", "formaction", "background", "xlink:href", "action", "autofocus", "srcset", "ping"];
    const schemes = /^(https?:|mailto:|data:image\\/svg|#)/;
    const wrong = [...document.body.querySelectorAll(tags)].map((each) => each.outerHTML.slice(0, 80));
    for (const each of document.body.querySelectorAll("*")) {
        for (const { name, value } of each.attributes) {
            if (name.startsWith("on") || attributes.includes(name)) wrong.push(`${each.localName} ${name}=${value.slice(0, 60)}`);
            if (["href", "src"].includes(name) && !schemes.test(new URL(value, location.href).href)) wrong.push(`${name}=${value.slice(0, 60)}`);
        }
    }
    return wrong;
}"""
"""Elements, attributes and addresses that only markup of a user can have made."""

SHOWN = """() => [document.body.textContent, document.title, ...[...document.querySelectorAll("input, textarea")].map(({ value }) => value)]
    .join("\\n")"""


def packed(payloads, length, joint):
    """As many payloads as fit into one text, again and again, none of them cut."""
    texts = [""]
    for each in payloads:
        if len(each) > length:
            continue
        if len(texts[-1]) + len(joint) + len(each) > length:
            texts.append("")
        texts[-1] += (joint if texts[-1] else "") + each
    return texts


def fill(table, columns):
    """Write the payloads into all rows of a table: each row other ones."""
    values = {
        name: packed(LINES if joint == " " else PAYLOADS, length, joint)
        for name, (length, joint) in columns.items()
    }
    written = ", ".join(
        f"{name} = (CAST(:{name} AS text[]))[1 + n % {len(texts)}]" + (" || n" if name in UNIQUE else "")
        for name, texts in values.items()
    )
    rows = f"SELECT ctid AS place, CAST(row_number() OVER (ORDER BY ctid DESC) AS integer) AS n FROM {table} LIMIT {MOST_ROWS}"
    db.session.execute(
        text(f"UPDATE {table} SET {written} FROM ({rows}) AS chosen WHERE {table}.ctid = place"), values
    )


@pytest.fixture
def infested(site):
    """The demo, with payloads for texts."""
    site.make.instructor()
    with site.app.app_context(), transaction():
        for table in LONG | SHORT:
            columns = {name: (length, "\n\n") for name, length in LONG.get(table, {}).items()}
            columns |= {name: (length, " ") for name, length in SHORT.get(table, {}).items()}
            fill(table, columns)
    site.app.extensions[cache.RECENT].clear()
    return site


def test_every_column_of_a_text_is_filled_or_holds_none_of_a_user():
    left = {}
    for table in db.metadata.sorted_tables:
        texts = {column.name for column in table.columns if isinstance(column.type, String | TSVECTOR)}
        words = {column.name for column in table.columns if isinstance(column.type, Enum)}
        known = {*LONG.get(table.name, ()), *SHORT.get(table.name, ()), *OURS.get(table.name, ())}
        if table.name not in STAGED and texts - words != known:
            left[table.name] = (texts - words) ^ known
    assert left == {}


def plain(written):
    return re.sub(r"\s+", " ", written)


def look_at_pages(page, site, role, wrong):
    """Open the pages of a role; returns the payloads that they show. What markup has made is added to `wrong`."""

    def note(dialog):
        # Leaving a form that was edited opens one, too.
        if dialog.type != "beforeunload":
            wrong.append(f"dialog: {dialog.message}")
        dialog.accept()

    page.context.add_init_script(SCREAM)
    page.on("dialog", note)
    # The pictures that Markdown may show are on hosts of the payloads.
    page.context.route(
        re.compile("^https:"), lambda route: route.fulfill(content_type="image/svg+xml", body=PICTURE)
    )
    open_(page, "/courses")
    shown = set()
    for each in client_pages.pages(page, site):
        if client_pages.first_role(each) != role and not (
            role == "student" and each.name in client_pages.OWN
        ):
            continue
        for view in ("", *client_pages.VIEWS.get(each.name, ())):
            open_(page, each.path + view)
            wrong += [f"{each.name}{view}: {made}" for made in page.evaluate(MADE)]
            found = plain(page.evaluate(SHOWN))
            shown |= {line for line in LINES if line in found}
    return shown


def test_what_users_wrote_is_text_on_every_page(visit, infested):
    assert len(ALL) >= 150
    shown, wrong = set(), []
    for role in client_pages.ROLES:
        page = visit(role=role)
        if role is None:
            page.watch.expect("status of 404")
        shown |= look_at_pages(page, infested, role, wrong)
    assert wrong == []
    assert sorted(set(LINES) - shown) == []
