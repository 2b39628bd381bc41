"""Every dialog of the client, open: accessible, valid, and within the window, in both themes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import pytest

from app.enums import CourseStatus
from tests.support.browsing import NARROW, WIDE, axe, invalid, overflow
from tests.support.paths import ROOT

pytestmark = pytest.mark.sweep

LOOKS = (("light", WIDE), ("dark", NARROW))
OWN = "/teach/courses/CCC-2014J"


PLACES = {
    "[tick]": "tbody [type=checkbox]:enabled >> nth=0",
    "[tick 2]": "tbody [type=checkbox]:enabled >> nth=1",
    "[more]": "details.more summary",
    "[section]": "li.section h3 [aria-expanded=false] >> nth=0",
    "[lesson]": "li.lesson button.name:visible >> nth=0",
    "[first found]": "ul.found button >> nth=0",
    "[question]": "button.name >> nth=0",
}


@dataclass(frozen=True)
class Dialog:
    """A dialog by the key of its heading, who sees it, where, and the presses that open it: the names of buttons (`*` is any
    end), `>` before those of another dialog, and what is in brackets.
    """

    key: str
    who: str
    path: str
    steps: tuple[str, ...]


@pytest.fixture
def dialogs(site):
    """All of them, with the rows that they need."""
    draft = site.make.course(title="Empty", slug="empty", status=CourseStatus.DRAFT)
    site.make.course(title="Taken", slug="taken", lessons=1)
    site.make.course(title="Judged", slug="judged", lessons=1)
    site.make.student(is_active=False)
    for slug in ("taken", "judged"):
        site.call("student5", "POST", f"/courses/{slug}/enroll")
    site.call("student5", "POST", "/courses/judged/reviews", json={"rating": 4, "comment": "Clear."})
    site.call("student5", "POST", "/instructor-requests", json={"reason": "I teach chess."})
    asked = site.call("admin", "GET", "/users?search=student4")[0]["id"]
    people = {"user_ids": [str(site.make.student().id)]}
    done = site.call("admin", "POST", "/courses/taken/assign-multiple", json=people)["assignment_id"]
    later = {"Prefer": "respond-async"}
    waiting = site.call("admin", "POST", "/courses/judged/assign-multiple", json=people, headers=later)["id"]
    assert draft.slug == "empty"
    tested = site.make.course(title="Tested", slug="tested")
    quiz = site.make.quiz(tested)
    site.call("student5", "POST", "/courses/tested/enroll")
    site.call("admin", "POST", "/courses/tested/versions", json={})
    questions = f"/teach/courses/{tested.id}/quizzes/{quiz.id}"
    lessons = f"{OWN}?view=lessons"
    return [
        Dialog("admin.cat_create", "admin", "/admin/categories", ("Create a category",)),
        Dialog("admin.cat_edit", "admin", "/admin/categories", ("Edit *",)),
        Dialog("admin.cat_ask", "admin", "/admin/categories", ("Edit *", "> Delete the category")),
        Dialog("admin.user_create", "admin", "/admin/users", ("Add a person",)),
        Dialog(
            "admin.user_deactivate-multiple_title",
            "admin",
            "/admin/users?is_active=true",
            ("[tick]", "Deactivate"),
        ),
        Dialog(
            "admin.user_activate-multiple_title",
            "admin",
            "/admin/users?is_active=false",
            ("[tick]", "Reactivate"),
        ),
        Dialog("admin.user_role_title", "admin", f"/admin/users/{asked}", ("Change role",)),
        Dialog("admin.user_deactivate_title", "admin", f"/admin/users/{asked}", ("Deactivate",)),
        Dialog("admin.user_delete_title", "admin", f"/admin/users/{asked}", ("Delete the account",)),
        Dialog("admin.decision_PUBLISHED_title", "admin", "/admin/reviews", ("Publish",)),
        Dialog("admin.decision_APPROVED_title", "admin", "/admin/reviews", ("Approve",)),
        Dialog("admin.decision_REJECTED_title", "admin", "/admin/reviews", ("Reject",)),
        Dialog("admin.request_APPROVED_title", "admin", "/admin/instructor-requests", ("Approve",)),
        Dialog("admin.request_REJECTED_title", "admin", "/admin/instructor-requests", ("Reject",)),
        Dialog("teaching.add_section", "admin", lessons, ("Add a section",)),
        Dialog("teaching.edit_section", "admin", lessons, ("Edit *",)),
        Dialog("teaching.ask_delete_section", "admin", lessons, ("Edit *", "> Delete the section")),
        Dialog("teaching.add_lesson", "admin", lessons, ("Add a lesson*",)),
        Dialog("teaching.add_many", "admin", lessons, ("Add several lessons*",)),
        Dialog("teaching.edit_lesson", "admin", lessons, ("[section]", "[lesson]")),
        Dialog(
            "teaching.ask_delete_lesson", "admin", lessons, ("[section]", "[lesson]", "> Delete the lesson")
        ),
        Dialog("teaching.ask_unpublish", "admin", OWN, ("[more]", "Unpublish")),
        Dialog("teaching.ask_archive", "admin", OWN, ("[more]", "Archive")),
        Dialog("teaching.ask_delete", "admin", OWN, ("[more]", "Delete the course")),
        Dialog(
            "teaching.void_title",
            "admin",
            "/teach/courses/tested?view=versions",
            ("Make earlier completions void",),
        ),
        Dialog("quiz.add", "admin", questions, ("Add a question",)),
        Dialog("quiz.edit", "admin", questions, ("[question]",)),
        Dialog("quiz.image", "admin", questions, ("Add an image*",)),
        Dialog("quiz.delete_title", "admin", questions, ("Delete*",)),
        Dialog("quiz.import_title", "admin", questions, ("[import]",)),
        Dialog(
            "quiz.open_title", "student5", f"/courses/tested/learn/{quiz.id}", ("Start the quiz", "Submit")
        ),
        Dialog("teaching.give_to", "admin", OWN, ("Give it to another instructor",)),
        Dialog("teaching.ask_give", "admin", OWN, ("Give it to another instructor", "> [first found]")),
        Dialog("teaching.override", "admin", "/teach/courses/empty", ("Publish",)),
        Dialog("teaching.ask_remove_one", "admin", f"{OWN}/roster", ("[tick]", "Remove 1 person")),
        Dialog("teaching.ask_remove", "admin", f"{OWN}/roster", ("[tick]", "[tick 2]", "Remove 2 people")),
        Dialog("assign.undo_title", "admin", f"/admin/assignments/{done}", ("Undo…",)),
        Dialog("assign.cancel_title", "admin", f"/admin/assignments/{waiting}", ("Stop the run",)),
        Dialog("account.change_email", "student5", "/me", ("Change the address",)),
        Dialog("account.change_password", "student5", "/me", ("Change the password",)),
        Dialog("account.end_all_title", "student5", "/me/sessions", ("Sign out everywhere",)),
        Dialog("course.leave_title", "student5", "/courses/taken", ("Leave the course",)),
        Dialog("course.write_review", "student5", "/courses/taken", ("Write a review",)),
        Dialog("course.edit_review", "student5", "/courses/judged", ("Edit*",)),
        Dialog("course.delete_title", "student5", "/courses/judged", ("Delete*",)),
        Dialog("learning.withdraw_title", "student5", "/become-instructor", ("Withdraw the request",)),
        Dialog("common.stale_title", "student5", "/me", ("[changed elsewhere]", "Save the profile")),
    ]


def keys_of(source):
    """The texts that are headings of dialogs in a module, `open(t("a.b"), …)` and `ask({ title: t("a.b"), … })`; `{…}` for
    what is put into a key.
    """
    found = set()
    titles = re.findall(r"\bopen\((?:\w+ \? )?(t\(.*?\)(?: : t\(.*?\))?), ", source)
    titles += re.findall(r"\bask\(\{\s*title: (.*?)(?=,\s+(?:text|content))", source)
    for title in titles:
        for whole, joined in re.findall(r'"(\w+\.[\w-]+)"|`(\w+\.[^`]+)`', title):
            found.add(whole or joined.replace("${", "{"))
    return found


def test_no_dialog_is_left_out(dialogs):
    in_code = set()
    for path in (ROOT / "frontend").rglob("*.js"):
        if "vendor" not in path.parts:
            in_code |= keys_of(path.read_text(encoding="utf-8"))
    in_code |= {"admin.user_role_title", "admin.user_deactivate_title", "admin.user_delete_title"}
    patterns = {key: re.sub(r"\{\w+\}", r"[\\w-]+", key) for key in in_code}
    known = {each.key for each in dialogs}

    assert {
        key for key, pattern in patterns.items() if not any(re.fullmatch(pattern, each) for each in known)
    } == set()
    assert {
        each for each in known if not any(re.fullmatch(pattern, each) for pattern in patterns.values())
    } == set()
    assert len(known) == len(dialogs)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("theme", "width"), LOOKS)
@pytest.mark.parametrize("who", ["admin", "student5"])
def test_every_dialog_is_accessible_valid_and_fits(visit, site, dialogs, who, theme, width):
    wrong = []
    page = visit(role=who, theme=theme, width=width)
    page.watch.expect({"admin": "status of 409", "student5": "status of 412"}[who])
    for each in (each for each in dialogs if each.who == who):
        # Not until it is silent: the page of a run that is under way asks on.
        page.goto(each.path)
        page.get_by_role("heading", level=1).first.wait_for()
        for step in each.steps:
            _press(page, site, step)
        dialog = page.locator("dialog[open]")
        dialog.get_by_role("heading", level=2, name=_heading(each.key)).first.wait_for()
        found = [*axe(page), *invalid(page)]
        wrong += [f"{each.key}: {fault}" for fault in found]
        if too_wide := overflow(page):
            wrong.append(f"{each.key}: {too_wide} px too wide")
        page.keyboard.press("Escape")
        dialog.wait_for(state="hidden")
    assert wrong == []


def _heading(key):
    """What the heading of a dialog says in English, whatever is put into it."""
    area, name = key.split(".")
    source = (ROOT / "frontend" / "strings" / "en" / f"{area}.js").read_text(encoding="utf-8")
    entry = re.search(rf"^  \"?{name}\"?: (.*),$", source, re.MULTILINE)[1]
    texts = [json.loads(text) for text in re.findall(r'"(?:[^"\\]|\\.)*"', entry)]
    return re.compile("|".join(re.sub(r"\\\{\w+\\\}", ".*", re.escape(text)) for text in texts))


def _press(page, site, step):
    within = page.locator("dialog[open]" if step.startswith("> ") else "main")
    step = step.removeprefix("> ")
    if step == "[changed elsewhere]":
        site.call("student5", "PATCH", "/auth/me", json={"first_name": "Elsewhere"})
        page.get_by_label("First name").fill("Here")
    elif step == "[import]":
        file = {"name": "questions.gift", "mimeType": "text/plain", "buffer": b"Is it so? {T}\n\nWrite. {}\n"}
        page.locator("main input[type=file]").set_input_files(file)
    elif step in PLACES:
        within.locator(PLACES[step]).click()
    else:
        name = re.compile(re.escape(step.removesuffix("*")) + ("" if step.endswith("*") else "$"))
        within.get_by_role("button", name=name).first.click()
