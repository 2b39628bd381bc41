"""A notice kind is one module of `kinds/` and one member of `NoticeKind`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.enums import Channel, CourseAction, MailTokenPurpose, NoticeKind
from app.services.messaging import kinds
from app.services.messaging.kinds import course_changed
from app.services.messaging.notice_kind import Kind
from app.values.client_pages import ClientPage
from tests.support.paths import ROOT

MODULES = {path.stem for path in Path(kinds.__file__).parent.glob("*.py") if path.stem != "__init__"}


def test_each_kind_has_one_module_and_each_module_one_kind():
    assert {kind.value.lower() for kind in NoticeKind} == MODULES
    assert set(kinds.KINDS) == set(NoticeKind)
    defined = {kind: type(each).__module__.rpartition(".")[2] for kind, each in kinds.KINDS.items()}
    assert defined == {kind: kind.value.lower() for kind in NoticeKind}
    assert len(set(Kind.__subclasses__())) == len(NoticeKind)


def test_each_purpose_of_a_token_belongs_to_the_kind_of_its_name():
    linked = {kind.value: each.link.purpose.value for kind, each in kinds.KINDS.items() if each.link}

    assert linked == {purpose.value: purpose.value for purpose in MailTokenPurpose}
    assert set(kinds.LINKS) == set(MailTokenPurpose)


@pytest.mark.parametrize("kind", sorted(kind for kind, each in kinds.KINDS.items() if each.link))
def test_a_mail_with_a_token_is_never_shown_in_the_app(kind):
    assert set(kinds.KINDS[kind].channels) == {Channel.EMAIL}


def test_each_kind_is_urgent_or_not_and_no_bulk_kind_is():
    urgent = {kind.value for kind, each in kinds.KINDS.items() if each.is_urgent}

    assert urgent == {
        "VERIFY_EMAIL",
        "RESET_PASSWORD",
        "SET_PASSWORD",
        "PASSWORD_CHANGED",
        "CONFIRM_EMAIL",
        "EMAIL_CHANGED",
    }


def test_the_page_about_mail_says_which_kinds_are_shown_in_the_app_and_which_are_urgent():
    page = (ROOT / "docs" / "mail.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Z_]+) \|.*\| (yes|no) \| (yes|no) \|$", page, re.MULTILINE)

    assert {kind: (shown == "yes", urgent == "yes") for kind, shown, urgent in rows} == {
        kind.value: (Channel.IN_APP in each.channels, each.is_urgent) for kind, each in kinds.KINDS.items()
    }


def test_each_action_on_a_course_has_words_of_its_own():
    """The reader of a mail does not know the names of actions in the course's history."""
    assert set(course_changed.WORDS) == set(CourseAction)
    assert not [words for words in course_changed.WORDS.values() if "_" in "".join(words)]


def test_the_pages_that_mails_link_to_are_pages_of_the_client():
    routes = json.loads((ROOT / "frontend" / "routes.json").read_text(encoding="utf-8"))

    assert {page.value for page in ClientPage} <= set(routes)
