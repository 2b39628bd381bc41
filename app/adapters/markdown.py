"""Markdown rendered to sanitized HTML, against cross-site scripting (XSS).

Two layers: the parser does not accept raw HTML, and its output passes an allow-list of tags, attributes and absolute
URLs. Scripts, forms, frames and styles are removed.
"""

from __future__ import annotations

from hashlib import sha256

import nh3
from markdown_it import MarkdownIt

from app.adapters.recent import Recent

_TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "pre", "code"),
    *("strong", "em", "s", "a", "img", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}, "code": {"class"}}
_IMAGE_SCHEMES = ("http://", "https://")
_LANGUAGE = "language-"

_SHORT = 500
"""Characters that are rendered in less time than it takes to look them up."""

_kept: Recent[str] = Recent(seconds=3_600, most=32)


LARGEST_KEPT = 1_000_000
"""Characters of HTML: a table of 10 kB becomes 670 kB of it, and takes more than a second."""


def render(source: str) -> str:
    """The HTML of a Markdown text. What was rendered last is kept: the author decides what it costs, and any reader reads."""
    if len(source) < _SHORT:
        return _rendered(source)
    name = sha256(source.encode()).hexdigest()
    html = _kept.get(name)
    if html is None:
        html = _rendered(source)
        if len(html) <= LARGEST_KEPT:
            _kept.set(name, html)
    return html


def _rendered(source: str) -> str:
    return _cleaner.clean(_parser.render(source))


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    """Allow images from http and https only, and a class only as the language of a code block."""
    if tag == "img" and name == "src":
        return value if value.lower().startswith(_IMAGE_SCHEMES) else None
    if name == "class":
        return value if value.startswith(_LANGUAGE) and " " not in value else None
    return value


_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    attribute_filter=_keep_attribute,
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener nofollow",
)
