"""The client's files: texts in every language, nothing that writes HTML, one set of tokens, modules of one thought."""

import json
import re
from functools import cache

import pytest

from tests.support.paths import ROOT

CLIENT = ROOT / "frontend"
LANGUAGES = ("en", "de", "ar")
MODULES = sorted(
    path for path in CLIENT.rglob("*.js") if "vendor" not in path.parts and "strings" not in path.parts
)
SHEETS = sorted(CLIENT.rglob("*.css"))
AREAS = sorted(path.stem for path in (CLIENT / "strings" / "en").glob("*.js"))

MOST_LINES = 350
HTML_SINKS = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setHTMLUnsafe|DOMParser|srcdoc"
PHYSICAL = r"(?:^|[\s{;])(?:(?:margin|padding|border)-(?:left|right|top|bottom)|left|right|text-align:\s*(?:left|right)|float)\s*:"
COLOURS = r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\("


@cache
def texts(language, area):
    """The keys of a file of texts with what stands behind each, as written."""
    source = (CLIENT / "strings" / language / f"{area}.js").read_text(encoding="utf-8")
    body = re.fullmatch(r"(?:\s*//.*\n)*export default \{\n(.*)\n\};\n", source, re.DOTALL)[1]
    found = {}
    for line in body.split("\n"):
        if start := re.match(r'  "?([\w-]+)"?: ?(.*)', line):
            key = start[1]
            assert key not in found, f"{area}.{key} stands twice in {language}"
            found[key] = start[2]
        else:
            assert re.match(r"    |  \}|  //", line), f"{language}/{area}.js: {line}"
            found[key] += line
    return found


def strings_of(value):
    """Every text of an entry: one, or one per plural form."""
    return [json.loads(text) for text in re.findall(r'"(?:[^"\\]|\\.)*"', value)]


def placeholders(value):
    return set(re.findall(r"\{(\w+)\}", " ".join(strings_of(value)))) - {"count"}


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_has_the_same_texts(language, area):
    english, other = texts("en", area), texts(language, area)
    assert sorted(english) == sorted(other)
    assert {key: placeholders(value) for key, value in english.items()} == {
        key: placeholders(value) for key, value in other.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_have_one_for_every_other_number(language):
    entries = [(area, key, value) for area in AREAS for key, value in texts(language, area).items()]
    assert [
        f"{area}.{key}" for area, key, value in entries if value.startswith("{") and "other:" not in value
    ] == []


def used():
    """The keys that modules name, and the beginnings of those that they put together."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in MODULES)
    names, beginnings = re.findall(r'"(\w+\.[\w-]+)"', source), re.findall(r"`(\w+\.[\w-]*)\$\{", source)
    return set(filter(is_text, names)), set(filter(is_text, beginnings))


def is_text(name):
    """Whether this is the name of a text, and not that of an element with a class: `span.skeleton`."""
    return name.split(".")[0] in AREAS


def test_every_text_that_is_asked_for_exists():
    known = {f"{area}.{key}" for area in AREAS for key in texts("en", area)}
    names, beginnings = used()
    assert names - known == set()
    assert {start for start in beginnings if not any(key.startswith(start) for key in known)} == set()


def test_no_text_is_left_over():
    names, beginnings = used()
    known = {f"{area}.{key}" for area in AREAS for key in texts("en", area)}
    left = {key for key in known - names if not any(key.startswith(start) for start in beginnings)}
    assert left == set()


def test_a_page_loads_the_texts_that_it_uses():
    routes = (CLIENT / "routes.js").read_text(encoding="utf-8")
    pages = re.findall(r'load: page\("([\w/-]+)"\)(?:, strings: \[([^\]]*)\])?', routes)
    missing = {}
    for page, areas in pages:
        loaded = {"common", *re.findall(r'"(\w+)"', areas)}
        source = (CLIENT / "pages" / f"{page}.js").read_text(encoding="utf-8")
        asked = {area for area in re.findall(r'\bt(?:Or)?\(\s*["`](\w+)\.', source) if area in AREAS}
        if asked - loaded:
            missing[page] = asked - loaded
    assert missing == {}


def test_the_server_knows_the_paths_of_the_client():
    paths = re.findall(r'path: "([^"]+)"', (CLIENT / "routes.js").read_text(encoding="utf-8"))
    assert json.loads((CLIENT / "routes.json").read_text(encoding="utf-8")) == [
        path for path in paths if path != "/*"
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CLIENT)))
def test_modules_write_no_html_and_keep_to_one_thought(path):
    source = path.read_text(encoding="utf-8")
    code = re.sub(r"^\s*(?://|\*|/\*).*$", "", source, flags=re.MULTILINE)
    assert re.findall(HTML_SINKS, code) == []
    assert len(source.splitlines()) <= MOST_LINES
    assert source.startswith("//"), "say what the module is for in its first line"


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: str(path.relative_to(CLIENT)))
def test_styles_use_tokens_and_logical_properties(path):
    source = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert re.findall(PHYSICAL, source) == []
    assert re.findall(COLOURS, source) == []


def test_documents_have_no_inline_script_or_style():
    for path in CLIENT.rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        assert re.findall(r"<script(?![^>]*\bsrc=)", source) == []
        assert re.findall(r"\sstyle=|<style|\son\w+=", source) == []
