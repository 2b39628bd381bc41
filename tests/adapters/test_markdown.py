"""Markdown becomes HTML that a browser may show: read back with a real parser, nothing in it acts."""

from html.parser import HTMLParser

import pytest

from app.adapters import markdown
from tests.support.effort import seconds


class Reader(HTMLParser):
    """Every tag and attribute, as a browser would come by them."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.other = set(), [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_comment(self, text):
        self.other.append(text)

    handle_decl = handle_pi = unknown_decl = handle_comment


def addresses(html, name):
    return [value for _, attribute, value in Reader(html).attributes if attribute == name]


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("# Accounting", "<h1>Accounting</h1>\n"),
        ("a *b* **c** ~~d~~ `e`", "<p>a <em>b</em> <strong>c</strong> <s>d</s> <code>e</code></p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>\n'),
        ("```python\n1 < 2\n```", '<pre><code class="language-python">1 &lt; 2\n</code></pre>\n'),
        ("2 < 3 & 4", "<p>2 &lt; 3 &amp; 4</p>\n"),
        ("", ""),
    ],
)
def test_what_authors_write_is_shown(source, html):
    assert markdown.render(source) == html


def test_tables_are_shown():
    assert Reader(markdown.render("| a |\n|---|\n| 1 |")).tags == {
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }


@pytest.mark.parametrize(
    "address", ["https://example.org/a?b=1&c=2", "http://example.org", "mailto:a@example.org"]
)
def test_links_are_kept_and_vouch_for_nothing(address):
    html = markdown.render(f"[read]({address})")

    assert addresses(html, "href") == [address]
    assert addresses(html, "rel") == ["noopener nofollow"]


def test_images_of_the_web_are_kept():
    html = markdown.render('![A chart](HTTPS://example.org/a.png "Sales")')

    assert [value.lower() for value in addresses(html, "src")] == ["https://example.org/a.png"]
    assert addresses(html, "alt") == ["A chart"]


@pytest.mark.parametrize("unit", ["[", "*a ", ">", "![a](", "_a*", "<!--", "[]("])
def test_rendering_takes_time_in_proportion_to_the_text(unit):
    def seconds_for(length):
        return seconds(lambda: markdown.render((unit * length)[:length]))

    # Ten times the text is some ten times the work; where it grew with the square, it would be a hundred times.
    assert seconds_for(80_000) < 30 * seconds_for(8_000) + 0.5


def test_what_costs_much_is_rendered_once():
    """A lesson is read by many, and a preview lesson by anyone."""
    source = "| a |\n| - |\n" + "| b |\n" * 500

    assert markdown.render(source) is markdown.render(source)
    assert markdown.render(source + " ") == markdown.render(source)
