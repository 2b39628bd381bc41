"""Cross-site scripting: nothing that a user writes runs in another user's browser. Our HTML, read as browsers read it, holds nothing that acts."""

from __future__ import annotations

import dataclasses
import email
import email.policy
import html
import json
import re
import shutil
import subprocess

import pytest
from selectolax.lexbor import LexborHTMLParser

from app.adapters import mailer, markdown
from tests.adapters.test_mailer import MAIL
from tests.corpus.scripts import ALL, HTML, MUTATIONS
from tests.support.http import data_of

TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "pre", "code"),
    *("strong", "em", "s", "a", "img", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"href", "src", "alt", "title", "rel", "start", "class"}
ADDRESSES = {"href": ("http://", "https://", "mailto:"), "src": ("http://", "https://")}
SHELL = ["html", "head", "body"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def elements(markup):
    """Tag and attributes of everything in the tree that a browser would build."""
    tree = LexborHTMLParser(f"<!doctype html><body>{markup}")
    return [(node.tag, dict(node.attributes or {})) for node in tree.root.traverse()]


def troubles(markup):
    found = elements(markup)
    acting = [tag for tag, _ in found[len(SHELL) :] if tag not in TAGS]
    for tag, attributes in found:
        acting += [f"{tag} {name}" for name in attributes if name not in ATTRIBUTES]
        acting += [
            f"{name}={attributes[name]}"
            for name, schemes in ADDRESSES.items()
            if name in attributes and not plain(attributes[name]).startswith(schemes)
        ]
        acting += [] if attributes.get("class", "language-").startswith("language-") else ["class"]
    return acting + ([] if [tag for tag, _ in found[:3]] == SHELL else ["shell"])


def plain(address):
    """As a browser reads it: without the blanks and control characters in it, in lower case."""
    return re.sub(r"[\x00-\x20]", "", address or "").lower()


def written_again(markup):
    """What a page makes of it that takes the tree apart and puts it together once more."""
    return LexborHTMLParser(f"<!doctype html><body>{markup}").body.inner_html


@pytest.mark.parametrize("attempt", ALL, ids=ascii)
def test_nothing_in_a_rendered_text_acts(attempt):
    for text in (attempt, f"Before.\n\n{attempt}\n\nAfter {attempt} it.", f"- {attempt}\n\n> {attempt}"):
        rendered = markdown.render(text)
        assert troubles(rendered) == []
        assert troubles(written_again(rendered)) == []


def test_there_are_enough_attempts_and_each_is_another():
    assert len(set(ALL)) == len(ALL) >= 120


def test_the_reader_would_notice_what_comes_through():
    """The tests here prove something only if they see what raw HTML brings."""
    unnoticed = [attempt for attempt in [*HTML, *MUTATIONS] if not troubles(attempt)]

    # Markdown among them, and what is text to a browser, too.
    assert [attempt for attempt in unnoticed if re.match(r"<[a-z]+[ >]", attempt)] == [
        '<img src="x" onerror="alert(1)"//',
        "<frameset onload=alert(1)><frame src=javascript:alert(1)></frameset>",
    ]


def test_no_lesson_of_the_interface_acts(api, make):
    owner = make.instructor()
    section = make.section(make.course(instructor=owner))
    client = api.as_(owner)

    for start in range(0, len(ALL), 40):
        text = "\n\n".join(each.replace("\x01", "").replace("\x0c", " ") for each in ALL[start : start + 40])
        body = {"section_id": str(section.id), "title": HTML[0], "type": "TEXT", "content": text}
        response = client.post("/lessons", json=body)
        shown = client.get(f"/lessons/{data_of(response, 201)['id']}")

        assert troubles(data_of(shown)["content_html"]) == []
        assert shown.mimetype == "application/json"
        assert data_of(shown)["title"] == HTML[0]


@pytest.mark.parametrize("template", ["notice", "token"])
def test_no_mail_acts(app, template):
    """Names, titles and remarks are what people typed: the tree is the same as with any other word in their place."""
    names = ("title", "body", "life", "endpoint", "example")

    def tree(word):
        values = dict.fromkeys(names, word) | {"link": "https://rollcall.test/reset#token=x"}
        mail = dataclasses.replace(MAIL, to_name=word, subject=word, template=template, values=values)
        with app.app_context():
            content = mailer.compose(mail).content
        message = email.message_from_bytes(content, policy=email.policy.default)
        return elements(message.get_body(("html",)).get_content())

    expected = tree("word")
    assert [attempt for attempt in ALL if tree(attempt) != expected] == []


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
@pytest.mark.timeout(180)
def test_a_browser_runs_nothing_of_it(tmp_path):
    """Each text in a frame of its own, where whatever runs leaves its number behind. Unrendered, the first ones do."""
    assert ran(tmp_path, map(markdown.render, ALL)) == []
    assert len(ran(tmp_path, HTML[:7])) > 3


def ran(folder, texts):
    """The numbers of the texts of which a browser ran something."""
    frames = "".join(
        f"<iframe srcdoc='{html.escape(f'<script>alert = () => parent.ran.add({number})</script>{text}')}'></iframe>"
        for number, text in enumerate(texts)
    )
    page = folder / "page.html"
    page.write_text(
        "<!doctype html><meta charset=utf-8><script>ran = new Set()</script>"
        f"{frames}<script>onload = () => setTimeout(() => {{ document.title = JSON.stringify([...ran]) }}, 2000)</script>",
        encoding="utf-8",
    )
    seen = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            *(f"--user-data-dir={folder / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND"),
            *("--virtual-time-budget=10000", "--dump-dom", page.as_uri()),
        ],
        capture_output=True,
        check=True,
        timeout=120,
    )
    return json.loads(html.unescape(re.search(r"<title>(\[.*?\])</title>", seen.stdout.decode())[1]))
