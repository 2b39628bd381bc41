"""HTML of a question as Markdown: paragraphs, emphasis, code and lists; every other tag is dropped, its text kept.

Each character is looked at once, in any HTML: `html.parser` needs time quadratic in the length of what is never closed.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`", "tt": "`"}
_BLOCKS = {"p", "div", "ul", "ol", "pre", "table", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"}
_BREAKS = {"br": "\n", "li": "\n- "}
_SPACES = re.compile(r"[ \t\r\n\f]+")
_LINES = re.compile(r"\n{3,}")

_TAG = re.compile(r"""<(/?)([a-zA-Z][^\s/>]*+)((?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|))*+)>""")
_BEGINS = re.compile(r"<[a-zA-Z!?/]")
_ATTRIBUTE = re.compile(r"""([^\s=/>"']++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s>]*+))?+""")
_SILENT_ENDS = {
    "script": re.compile(r"</script(?![^\s/>])", re.IGNORECASE),
    "style": re.compile(r"</style(?![^\s/>])", re.IGNORECASE),
}
_LONG_REFERENCE = re.compile(r"&#(?:[0-9]{20,}+|[xX][0-9a-fA-F]{20,}+);?")
"""Of no character, and possibly of more digits than Python reads."""


def text_in(content: str, form: str) -> str:
    """A text in one of the formats of Moodle, by name."""
    return markdown_of(content) if form in {"html", "moodle_auto_format", "moodle"} else content.strip()


def markdown_of(content: str) -> str:
    """The text of HTML, with its paragraphs and emphasis."""
    lines = "\n".join(line.strip() for line in "".join(_parts(content)).split("\n"))
    return _LINES.sub("\n\n", lines).strip()


def images_in(content: str) -> Iterator[tuple[int, int, dict[str, str]]]:
    """Begin and end of each image, and its attributes."""
    place = 0
    while begun := _BEGINS.search(content, place):
        tag = _TAG.match(content, begun.start())
        if tag and tag[2].lower() == "img":
            yield *tag.span(), _attributes_in(tag[3])
        place = _end_of_silent(content, tag) if tag else _end_of_remark(content, begun.start())
        if not place:
            return


def _parts(content: str) -> Iterator[str]:
    """What was begun and never ends, a tag or a comment, is text, and so is everything behind it."""
    place = 0
    while begun := _BEGINS.search(content, place):
        yield _worded(content[place : begun.start()])
        tag = _TAG.match(content, begun.start())
        if tag:
            yield _written(tag)
        place = _end_of_silent(content, tag) if tag else _end_of_remark(content, begun.start())
        if not place:
            place = begun.start()
            break
    yield _worded(content[place:])


def _worded(text: str) -> str:
    return _SPACES.sub(" ", _unescaped(text))


def _unescaped(text: str) -> str:
    return html.unescape(_LONG_REFERENCE.sub("\N{REPLACEMENT CHARACTER}", text))


def _written(tag: re.Match[str]) -> str:
    closes, name = bool(tag[1]), tag[2].lower()
    if name in _MARKS:
        return _MARKS[name]
    if name in _BLOCKS:
        return "\n\n"
    if closes:
        return ""
    return _alternative(tag[3]) if name == "img" else _BREAKS.get(name, "")


def _alternative(attributes: str) -> str:
    return _attributes_in(attributes).get("alt", "")


def _attributes_in(text: str) -> dict[str, str]:
    """Of one that is repeated, the first counts."""
    found = [(name.lower(), _unescaped(value.strip("\"'"))) for name, value in _ATTRIBUTE.findall(text)]
    return dict(reversed(found))


def _end_of_silent(content: str, tag: re.Match[str]) -> int:
    """Where the content of a script or a style ends; of any other tag, where the tag does."""
    silent = None if tag[1] else _SILENT_ENDS.get(tag[2].lower())
    if silent is None:
        return tag.end()
    found = silent.search(content, tag.end())
    return found.start() if found else len(content)


def _end_of_remark(content: str, opening: int) -> int:
    """Behind a comment, a declaration, or an end of nothing; 0 for one that never ends."""
    mark = "-->" if content.startswith("<!--", opening) else ">"
    end = content.find(mark, opening + 2)
    return end + len(mark) if end >= 0 else 0
