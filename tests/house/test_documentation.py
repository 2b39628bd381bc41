"""The pages for people: links and anchors lead somewhere, examples are valid, and releases have the version of the code."""

import ast
import json
import re
import subprocess
import tomllib

import pytest

import dev
from tests.support.paths import ROOT

DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [*sorted(ROOT.glob("*.md")), *DOCS]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
FORMS = [*sorted((ROOT / ".github").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!`)\]\((?!https?:|mailto:)([^)\s]+)\)")


def name_of(path):
    return str(path.relative_to(ROOT))


def prose_of(page):
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors_of(page):
    """As GitHub and the site make them of the headings."""
    headings = re.findall(r"^#+ +(.+)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page):
    for link in LINK.findall(prose_of(page)):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            yield link


def blocks(language):
    return [
        pytest.param(code, id=f"{name_of(page)}-{number}")
        for page in PAGES
        for number, (name, code) in enumerate(FENCE.findall(page.read_text(encoding="utf-8")))
        if name == language
    ]


@pytest.mark.parametrize("page", [*PAGES, *FORMS], ids=name_of)
def test_every_link_leads_to_a_file_and_a_heading(page):
    assert list(broken_links(page)) == []


def test_broken_links_are_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# A `b` c\n[a](gone.md) [b](#gone) [c](page.md#a-b-c) [d](#a-b-c) [e](https://example.org)"
    )

    assert list(broken_links(page)) == ["gone.md", "#gone"]


@pytest.mark.parametrize("page", DOCS, ids=name_of)
def test_no_page_of_the_site_links_to_what_is_not_in_it(page):
    outside = [
        link
        for link in LINK.findall(prose_of(page))
        if link[0] != "#" and ROOT / "docs" not in (page.parent / link.partition("#")[0]).resolve().parents
    ]

    assert outside == []


def test_every_page_is_in_the_navigation_of_the_site():
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]

    assert sorted(re.findall(r"[\w/-]+\.md", navigation)) == sorted(
        str(page.relative_to(ROOT / "docs")) for page in DOCS
    )


@pytest.mark.parametrize("code", blocks("json"))
def test_an_example_in_json_can_be_parsed(code):
    assert json.loads(code)


@pytest.mark.parametrize("code", blocks("python"))
def test_an_example_in_python_compiles(code):
    assert ast.parse(code).body


@pytest.mark.parametrize("code", blocks("bash"))
def test_an_example_for_the_shell_has_no_syntax_error(code):
    checked = subprocess.run(["bash", "-n"], input=code, capture_output=True, text=True, check=False)

    assert checked.stderr == ""


@pytest.mark.parametrize("page", [*PAGES, *FORMS], ids=name_of)
def test_every_command_it_names_is_a_target(page):
    named = set(re.findall(r"(?:`|^    )make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE))

    assert named - set(dev.COMMANDS) == set()


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_the_form_of_a_record(page):
    text = page.read_text(encoding="utf-8")

    assert re.match(rf"# {int(page.stem[:4])}\. .+\n\nDate: \d{{4}}-\d\d-\d\d\. Status: \w", text)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
        "Context",
        "Decision",
        "Consequences",
        "Alternatives",
    ]
    assert len(text.splitlines()) <= 40
    assert page.name in (page.parent / "README.md").read_text(encoding="utf-8")


def test_the_newest_release_is_the_version_of_the_application():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## (.+)$", changelog, re.MULTILINE)

    assert sections[0] == "[Unreleased]"
    newest, _, day = sections[1].partition(" - ")
    assert newest.strip("[]") == version()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", day)


def version():
    """From `app/version.py` where that exists, else from the project's metadata."""
    module = ROOT / "app" / "version.py"
    if module.exists():
        (found,) = re.findall(
            r'^VERSION(?:: \w+)? = "(.+)"$', module.read_text(encoding="utf-8"), re.MULTILINE
        )
        return found
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
