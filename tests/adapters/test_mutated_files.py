"""Files that are nearly valid: cut, with flipped bits, wrong lengths and repeated parts. No answer to one is a 5xx."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.enums import LessonType
from tests.support.declarations import FILM

GIFT = rb"""::One::[html]What <b>is</b> it?{=right#Yes ~%50%near ~wrong####Because}

// a comment
Several{~%50%a ~%50%b ~%-100%c}

Pi?{#=3.14:0.005#Yes =%50%3..4 ~#No}

Who \{now\}?{=Ada =%50%Love*}{T#No#Yes}
"""
XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<quiz><question type="multichoice"><name><text>N</text></name>
<questiontext format="html"><text><![CDATA[<p title="x">a &amp; <img alt='b'></p>]]></text></questiontext>
<defaultgrade>2.5</defaultgrade><single>true</single>
<answer fraction="100"><text>red</text><feedback><text>Yes</text></feedback></answer>
<answer fraction="33.33333"><text>&lt;b&gt;&amp;#65;</text></answer></question>
<question type="numerical"><questiontext><text>Pi?</text></questiontext>
<answer fraction="100"><text>3.14</text><tolerance>0.01</tolerance></answer></question></quiz>
"""
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

LENGTHS = [b"\0\0\0\0", b"\0\0\0\1", b"\0\0\0\7", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\1\0\0\0"]
WORDS = [
    *(
        b"<![",
        b"<!--",
        b"</",
        b"&#",
        b"9" * 5_000,
        b"NaN",
        b"-Infinity",
        b"1e999999999",
        b"{",
        b"}",
        b"\\",
        b"%",
    ),
    *(
        b"#",
        b"~",
        b"=",
        b"->",
        b"..",
        b"::",
        b"*",
        b"\r",
        b"\0",
        b"\xff",
        "\u2028\ud7ff\ufffe".encode(),
        b'"',
        b"'>",
    ),
    *(b"encoding='gb2312'", b"<text>", b"]]>", b"[html]", b"//", b"\n\n", b"<script>"),
]


def picture(kind):
    made = io.BytesIO()
    Image.new("RGB", (24, 16), "red").save(made, kind)
    return made.getvalue()


def flip(content, chance):
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 3, 20))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut_off(content, chance):
    return content[: chance.randrange(1, len(content))]


def measure_wrongly(content, chance):
    """Another length where a length may be: most are near the beginning."""
    place = chance.randrange(min(len(content), chance.choice((64, 1_000, 10**9))))
    return content[:place] + chance.choice(LENGTHS) + content[place + 4 :]


def repeat(content, chance):
    begin = chance.randrange(len(content))
    part = content[begin : begin + chance.choice((1, 4, 12, 100, 1_000))]
    return content[:begin] + part * chance.choice((2, 3, 200)) + content[begin + len(part) :]


def leave_out(content, chance):
    begin = chance.randrange(len(content))
    return content[:begin] + content[begin + chance.choice((1, 4, 12, 100)) :] or b"x"


def say(content, chance):
    """A word that has a meaning, at any place, or instead of what is there."""
    begin, word = chance.randrange(len(content)), chance.choice(WORDS)
    return content[:begin] + word + content[begin + chance.choice((0, len(word))) :]


BINARY = (flip, cut_off, measure_wrongly, repeat, leave_out)
TEXT = (flip, cut_off, repeat, leave_out, say, say, say)

CASES = {
    "png": ("/auth/me/picture", picture("PNG"), BINARY, 10),
    "jpeg": ("/auth/me/picture", picture("JPEG"), BINARY, 10),
    "webp": ("/auth/me/picture", picture("WEBP"), BINARY, 10),
    "mp4": ("/lessons/{lesson}/video", FILM, BINARY, 160),
    "pdf": ("/lessons/{lesson}/files", PDF, (*BINARY, say), 50),
    "gift": ("/lessons/{quiz}/questions/import", GIFT, TEXT, 130),
    "xml": ("/lessons/{quiz}/questions/import", XML, TEXT, 130),
}
"""Where each is sent, and how many mutations of it. A picture takes a process each."""


@pytest.mark.parametrize("kind", CASES)
def test_no_mutation_of_a_file_is_a_fault_of_the_server(api, make, kind):
    teacher = make.instructor()
    course = make.course(instructor=teacher)
    ids = {
        "lesson": make.lesson(make.section(course), type=LessonType.VIDEO).id,
        "quiz": make.quiz(course, questions=0).id,
    }
    client = api.as_(teacher)
    path, content, mutations, times = CASES[kind]
    send = client.put if path.endswith(("picture", "video")) else client.post
    form = {"mode": "preview"} if path.endswith("import") else {}
    statuses = {}
    for number in range(times):
        chance = random.Random(f"{kind} {number}")
        changed = chance.choice(mutations)(content, chance)
        boundary, body = encode_multipart({**form, "file": FileStorage(io.BytesIO(changed), f"file.{kind}")})
        response = send(
            path.format(**ids), data=body, content_type=f"multipart/form-data; boundary={boundary}"
        )
        statuses.setdefault(response.status_code, []).append(number)

    assert {status for status in statuses if status >= 500} == set(), statuses
    # Neither refused before they are read, nor all of them harmless.
    assert len(statuses) > 1
