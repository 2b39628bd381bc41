"""GIFT and Moodle XML: the subset that is read, the known traps of other readers, and files that attack the reader."""

from decimal import Decimal

import pytest

from app.adapters.quiz_files import (
    UnreadableFileError,
    gift_reader,
    gift_writer,
    moodle_reader,
    moodle_writer,
)
from app.adapters.quiz_files.html_text import markdown_of
from app.enums import QuestionType
from app.services.quizzes.question_rules import stored_answers
from tests.support.effort import seconds

GIFT = r"""// A comment
$CATEGORY: tom/dick

::Colours::What colour is a \{ripe\} tomato? {
  =red # Right!
  // a comment inside a question
  ~%50%orange # Nearly.
  ~green
  #### Tomatoes ripen.
}

Two of these are even.{~%50%2 ~%50%4 ~%-100%5}

The sun is cold.{FALSE#No: it is hot.#Right.}

The sun is hot.{T#No: it is hot.#Right.}

Who wrote it?{=Ada =%50%Lovelace}

[html]<p>What is <b>pi</b>?</p>{#3.14:0.005 ####A ratio.}

Between?{#1..5}

When?{#=1822:0#Right. =%50%1822:2#Nearly.}

Grant is {~buried =entombed} in Grant's tomb.

Match.{=a -> b =c -> d}

Write about it.{}

Just a text.
"""


def test_habits_of_real_files_are_read():
    """As Moodle's own tests and those of other readers have them."""
    other, once, twice = gift_reader.read(
        "A number? {#3:2~#Completely wrong}\n\nOne? {One}\n\nWhen? {#=1822:0 =%50%1822:2}"
    )

    assert answers_of(other) == [("3", 100, ""), ("*", 0, "Completely wrong")]
    assert (once.fields["type"], answers_of(once)) == (QuestionType.SHORT_TEXT, [("One", 100, "")])
    assert len(stored_answers(QuestionType.NUMERIC, twice.fields["answers"])) == 2


def answers_of(found):
    return [(each["text"], each.get("credit"), each["feedback"]) for each in found.fields["answers"]]


def test_gift_is_read():
    found = gift_reader.read(GIFT)

    assert [each.reason for each in found] == [None] * 9 + ["matching", "essay", "description"]
    first, several, _, _, who, pi, between, when, missing = found[:9]
    assert (first.name, first.fields["type"]) == ("Colours", QuestionType.SINGLE)
    assert first.fields["text"] == "What colour is a {ripe} tomato?"
    assert answers_of(first) == [("red", 100, "Right!"), ("orange", 50, "Nearly."), ("green", 0, "")]
    assert first.fields["explanation"] == "Tomatoes ripen."
    assert (several.fields["type"], answers_of(several)[2]) == (QuestionType.MULTIPLE, ("5", -100, ""))
    assert who.fields["type"] == QuestionType.SHORT_TEXT
    assert pi.fields["text"] == "What is **pi**?"
    assert (pi.fields["answers"][0]["tolerance"], pi.fields["explanation"]) == (Decimal("0.005"), "A ratio.")
    assert (between.fields["answers"][0]["text"], between.fields["answers"][0]["tolerance"]) == ("3", 2)
    assert [each["credit"] for each in when.fields["answers"]] == [100, 50]
    assert missing.fields["text"] == r"Grant is \_\_\_\_\_ in Grant's tomb."


def test_feedback_of_true_and_false_is_not_swapped():
    cold, hot = gift_reader.read(GIFT)[2:4]

    said = [
        {each["text"]: (each["is_correct"], each["feedback"]) for each in q.fields["answers"]}
        for q in (cold, hot)
    ]

    assert said == [
        {"true": (False, "No: it is hot."), "false": (True, "Right.")},
        {"true": (True, "Right."), "false": (False, "No: it is hot.")},
    ]


XML = """<?xml version="1.0" encoding="UTF-8"?>
<quiz>
<question type="category"><category><text>$course$/x</text></category></question>
<question type="multichoice"><name><text>Colours</text></name>
  <questiontext format="html"><text><![CDATA[<p>What <em>colour</em> &amp; why?</p>]]></text></questiontext>
  <generalfeedback format="html"><text>It ripens.</text></generalfeedback>
  <defaultgrade>2.5000000</defaultgrade><single>true</single>
  <answer fraction="100" format="html"><text>red</text><feedback><text>Right</text></feedback></answer>
  <answer fraction="33.33333"><text>orange</text><feedback><text></text></feedback></answer>
  <answer fraction="0"><text>green</text></answer></question>
<question type="numerical"><name><text>Old</text></name><questiontext><text>Pi?</text></questiontext>
  <answer><text>3.14</text><fraction>100</fraction><tolerance>0.01</tolerance></answer></question>
<question type="truefalse"><name><text>T</text></name><questiontext><text>So?</text></questiontext>
  <answer fraction="0"><text>true</text><feedback><text>No.</text></feedback></answer>
  <answer fraction="100"><text>false</text><feedback><text>Yes.</text></feedback></answer></question>
<question type="shortanswer"><name><text>S</text></name><questiontext><text>Who?</text></questiontext><usecase>1</usecase>
  <answer fraction="100"><text>Ada</text></answer></question>
<question type="essay"><name><text>E</text></name><questiontext><text>Write.</text></questiontext></question>
</quiz>"""


def test_moodle_xml_is_read_with_the_credit_in_both_places():
    colours, old, truth, short, essay = moodle_reader.read(XML.encode())

    assert colours.fields["text"] == "What *colour* & why?"
    assert (colours.fields["points"], colours.fields["explanation"]) == (Decimal("2.5"), "It ripens.")
    assert [each["credit"] for each in colours.fields["answers"]] == [100, Decimal("33.33333"), 0]
    assert (old.fields["answers"][0]["credit"], old.fields["answers"][0]["tolerance"]) == (
        100,
        Decimal("0.01"),
    )
    assert [(each["text"], each["feedback"]) for each in truth.fields["answers"]] == [
        ("true", "No."),
        ("false", "Yes."),
    ]
    assert short.fields["case_sensitive"]
    assert essay.reason == "essay"


QUESTIONS = [
    {
        "type": "SINGLE",
        "answers": [{"text": "a = {b}", "is_correct": True, "feedback": "Yes: ~"}, {"text": "// c"}],
    },
    {
        "type": "SINGLE",
        "answers": [{"text": "a", "credit": Decimal(50)}, {"text": "b", "credit": Decimal(100)}],
    },
    {"type": "MULTIPLE", "answers": [{"text": each, "is_correct": each != "d"} for each in "abcd"]},
    {
        "type": "TRUE_FALSE",
        "answers": [{"text": "true", "feedback": "No."}, {"text": "false", "is_correct": True}],
    },
    {"type": "SHORT_TEXT", "answers": [{"text": r"5 \* 2"}, {"text": "ten*", "credit": Decimal(50)}]},
    {"type": "NUMERIC", "answers": [{"text": "-3.5", "tolerance": Decimal("0.5"), "feedback": "#1"}]},
    {
        "type": "NUMERIC",
        "answers": [{"text": "3"}, {"text": "*", "credit": Decimal(0), "feedback": "No."}],
    },
    {"type": "NUMERIC", "answers": [{"text": "3"}, {"text": "*", "credit": Decimal(50)}]},
    {"type": "NUMERIC", "answers": [{"text": "2e999", "tolerance": Decimal("1E-10")}]},
    {
        "type": "SINGLE",
        "answers": [
            {"text": "%50% of it", "is_correct": True, "feedback": "[html] <b>"},
            {"text": "%100%"},
            {"text": "[html]<p>"},
        ],
    },
    {"type": "SINGLE", "answers": [{"text": "a", "credit": Decimal("99.5")}, {"text": "b"}]},
    {"type": "SINGLE", "answers": [{"text": "a -> b", "is_correct": True}, {"text": "c"}]},
    {"type": "MULTIPLE", "answers": [{"text": "%5% a", "credit": Decimal(100)}, {"text": "b -> c"}]},
    {"type": "SHORT_TEXT", "answers": [{"text": "%50% of it"}, {"text": "half"}]},
    {"type": "SHORT_TEXT", "answers": [{"text": "a -> b"}, {"text": "c -> d", "credit": Decimal(50)}]},
    {"type": "SHORT_TEXT", "answers": [{"text": "one\u2028\u2028two"}, {"text": "=T"}]},
]


@pytest.mark.parametrize("form", ["gift", "moodle_xml"])
@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked["type"])
def test_what_is_written_is_read_as_the_same(form, asked):
    kind = QuestionType(asked["type"])
    question = {
        "type": kind,
        "name": "A: name",
        "text": "Line **one**\n\n// line two: {x} = ~y \\ & <z>",
        "explanation": "Because\nof it.",
        "points": "1.00",
        "case_sensitive": False,
        "partial_credit": True,
        "answers": stored_answers(kind, asked["answers"]),
    }

    if form == "gift":
        (found,) = gift_reader.read(gift_writer.write([question]))
    else:
        (found,) = moodle_reader.read(moodle_writer.write([question]).encode())

    assert found.reason is None
    assert {name: found.fields[name] for name in ("type", "name", "text", "explanation")} == {
        name: question[name] for name in ("type", "name", "text", "explanation")
    }
    again = stored_answers(kind, found.fields["answers"])
    assert [strip(each) for each in again] == [strip(each) for each in question["answers"]]


@pytest.mark.parametrize(
    ("write", "read"),
    [
        (gift_writer.write, gift_reader.read),
        (moodle_writer.write, lambda text: moodle_reader.read(text.encode())),
    ],
)
@pytest.mark.parametrize(("typed", "read_as"), [("3,14", "3.14"), ("٣٫١٤", "3.14"), ("1.5e2", "150")])
def test_a_number_is_written_as_other_programs_read_it(write, read, typed, read_as):
    answers = stored_answers(QuestionType.NUMERIC, [{"text": typed}])
    rest = {"type": QuestionType.NUMERIC, "name": "", "text": "?", "explanation": "", "points": "1"}

    (found,) = read(write([{**rest, "answers": answers}]))

    assert answers_of(found) == [(read_as, 100, "")]


def test_any_other_number_is_read_as_other_programs_write_it():
    """Moodle writes an asterisk, and its documentation a mark without a number."""
    (found,) = gift_reader.read("Pi? {#=3.14:0.01 =%50%*:0#Rather 3. ~#No.}")

    assert answers_of(found) == [("3.14", 100, ""), ("*", 50, "Rather 3."), ("*", 0, "No.")]


def strip(answer):
    """Without what a file cannot say: no tolerance is one of zero."""
    return {**answer, "tolerance": Decimal(answer["tolerance"] or 0)}


BILLION = '<!DOCTYPE quiz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><quiz>&b;</quiz>'
OUTSIDE = '<!DOCTYPE quiz [<!ENTITY x SYSTEM "file:///etc/passwd">]><quiz><question>&x;</question></quiz>'


@pytest.mark.parametrize(
    "content",
    [
        BILLION,
        OUTSIDE,
        '<!DOCTYPE quiz SYSTEM "http://127.0.0.1/x.dtd"><quiz/>',
        "<quiz>" + "<a>" * 1_000,
        "<quiz>" + "<a/>" * 200_000 + "</quiz>",
        "<quiz><question></quiz>",
        "<other/>",
        "<quiz>&undefined;</quiz>",
    ],
)
def test_xml_that_attacks_the_reader_is_refused(content):
    with pytest.raises(UnreadableFileError):
        moodle_reader.read(content.encode())


@pytest.mark.parametrize("encoding", ["gb2312", "shift_jis", "utf-7", "no-such", "rot13", "hex", "idna"])
def test_xml_in_an_encoding_that_is_not_read_is_refused(encoding):
    with pytest.raises(UnreadableFileError, match="UTF-8"):
        moodle_reader.read(f'<?xml version="1.0" encoding="{encoding}"?><quiz></quiz>'.encode())


NUMBERS = [
    "1e999999999",
    "1e-999999999",
    "NaN",
    "sNaN",
    "Infinity",
    "-Infinity",
    "1__0",
    "9" * 5_000,
    "1e999",
]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "form",
    [
        "Q {{#{0}}}",
        "Q {{#1:{0}}}",
        "Q {{#1..{0}}}",
        "Q {{#%{0}%1}}",
        "<answer fraction='{0}'><text>1</text></answer>",
        "<answer fraction='100'><text>{0}</text></answer>",
        "<answer fraction='100'><text>1</text><tolerance>{0}</tolerance></answer>",
        "<defaultgrade>{0}</defaultgrade><answer fraction='100'><text>1</text></answer>",
    ],
)
def test_no_number_takes_long_or_breaks_the_reader(number, form):
    content = form.format(number)
    if form.startswith("<"):
        asked = f"<questiontext><text>Q</text></questiontext>{content}"
        document = f"<quiz><question type='numerical'>{asked}</question></quiz>".encode()
        (found,) = moodle_reader.read(document)
    else:
        (found,) = gift_reader.read(content)

    assert found.reason in {"broken", None}
    assert all(len(each["text"]) <= 5_000 for each in (found.fields or {}).get("answers", []))


@pytest.mark.parametrize(
    ("content", "markdown"),
    [
        ("<p>One <b>two</b></p>\n<p>three<br/>four</p>", "One **two**\n\nthree\nfour"),
        ("<ul><li>a</li><LI class='x>y'>b</LI></ul>", "- a\n- b"),
        ('<img src="a.png" title="alt=no" ALT="a &gt; b">!', "a > b!"),
        ("<img alt=bare><img>", "bare"),
        ("a<!-- <b>no</b> -->b<![if x]>c<?php d ?>e</ f>g<!doctype x>", "abceg"),
        ("<script>if (a < b) '</p>'</script>a<STYLE>b", "a"),
        ("5 < 6 &amp;&lt; 7 <3 > 2 <é>", "5 < 6 &< 7 <3 > 2 <é>"),
        ("if a <b and so on", "if a <b and so on"),
        ("a <!-- b", "a <!-- b"),
        ("<![<![", "<![<!["),
        ("&#65; &#x42; &#" + "9" * 5_000 + "; &#" + "0" * 5_000 + "65;", "A B \ufffd \ufffd"),
        ('<a href="1>2">x</a> <a b="y>z', "x z"),
    ],
)
def test_html_becomes_markdown(content, markdown):
    assert markdown_of(content) == markdown


UNITS = [
    "<a ",
    "<![",
    "<!--",
    "<script>",
    '<a b="',
    "<a b='",
    "<a =",
    "&#",
    "&#x9",
    "<img alt=",
    "</",
    "<",
    "=' ",
]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("end", ["", ">", "-->", '">', "'>", "</script>"])
def test_no_html_is_slow(unit, end):
    content = (unit * 100_000)[:100_000] + end

    assert seconds(lambda: markdown_of(content), enough=0.3) < 1


@pytest.mark.parametrize(
    "unit",
    [
        *("{", "}", "\\", "~", "=", "#", "::", "{=a", "%50%", "//\n", "\n\n", "->", "[html]", "<p>", "&"),
        *UNITS,
    ],
)
def test_no_gift_is_slow(unit):
    text = (unit * 100_000)[:100_000]

    assert seconds(lambda: gift_reader.read(text), enough=0.5) < 3
    assert seconds(lambda: gift_reader.read(f"{text}{{=a}}"), enough=0.5) < 3
