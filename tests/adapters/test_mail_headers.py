"""What people are called and what they name their courses arrives as it was typed, whatever it is."""

from __future__ import annotations

import dataclasses
import email
import email.policy
import random
import re
from email.header import decode_header, make_header

import pytest

from app.adapters import mailer
from tests.support.mail import MAIL

SCRIPTS = {
    "Latin": "abcdefghijklmnopqrstuvwxyzàáâäåæçèéêëìíîïñòóôöøùúûüýßœšž",
    "Greek": "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώ",
    "Cyrillic": "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "Hebrew": "אבגדהוזחטיכלמנסעפצקרשת",
    "Arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "Devanagari": "अआइईउऊएऐओऔकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह",
    "Han": "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗分析数据入门",
    "Hangul": "김이박최정강조윤장임한오서신권황안송전홍",
}
BETWEEN = [
    " ",
    " ",
    " ",
    ", ",
    "-",
    " '",
    ' "',
    '" ',
    " (",
    ") ",
    ". ",
    "; ",
    " <",
    "> ",
    " @ ",
    ": ",
    "\\",
    "/",
    " & ",
    "=?",
    "?=",
]

LOOK_ENCODED = [
    "é=?hz?b?/w==?=",
    "=?gbk?q?=FF4?=é",
    "é =?x?Q?a=FF?=",
    "=?utf_8?q?4=C3=FF4?= 中文",
    "=?utf-8?q?Ada?=",
    "=?utf-8?q?=40?= =?utf-8?b?",
    "中文 =?cp949?Q?=FF?=",
    "=?ascii?Q?a=C3?=é",
]
NAMES = [
    "Lovelace, Ada",
    'Ada "the first" Lovelace',
    "Ada \\ Lovelace",
    "Müller-Lüdenscheidt, Jürgen (Köln)",
    "Ada <boss@example.org>",
    "a@b.example, c@d.example",
    ":;",
    "O'Brien",
    "x" * 150,
    "x, " * 50,
    "名" * 150,
    "🔥" * 75,
    *LOOK_ENCODED,
]


def generated(amount=300):
    """Of one script, sometimes two, with what people and bugs put between words."""
    chance = random.Random(1843)

    def word(letters):
        return "".join(chance.choices(letters, k=chance.randint(1, 14))).capitalize()

    for number in range(amount):
        letters = list(SCRIPTS.values())[number % len(SCRIPTS)]
        other = chance.choice([letters, letters, SCRIPTS["Latin"]])
        words = [word(chance.choice([letters, other])) for _ in range(chance.randint(1, 9))]
        yield "".join(each + chance.choice(BETWEEN) for each in words)[:150]


def one_line(text):
    return " ".join(text.split())


@pytest.fixture
def composed(app):
    def run(**changes):
        with app.app_context():
            return mailer.compose(dataclasses.replace(MAIL, **changes)).content

    return run


def fields_of(content):
    """The fields of a mail as they stand in it."""
    head = content.partition(b"\r\n\r\n")[0].decode("ascii")
    unfolded = head.replace("\r\n ", " ")
    return dict(line.split(": ", 1) for line in unfolded.split("\r\n"))


def read(value):
    """What a reader shows, by the older and simpler decoder of the standard library."""
    return str(make_header(decode_header(value)))


def name_in(value):
    """The display name of a field with one address."""
    phrase = value.removesuffix("<ada@example.org>").rstrip()
    if phrase.startswith('"'):
        return re.sub(r"\\(.)", r"\1", phrase[1:-1])
    return read(phrase)


def test_three_hundred_names_of_eight_scripts_are_read_as_they_were_typed(composed):
    names = [*generated(), *NAMES]

    wrong = []
    for name in names:
        fields = fields_of(composed(to_name=name, subject=name))
        if (name_in(fields["To"]), read(fields["Subject"])) != (one_line(name), one_line(name)):
            wrong.append(name)

    assert wrong == []
    assert len(names) > 300


def test_a_mail_parser_finds_one_recipient_and_no_other_field(composed):
    expected = set(email.message_from_bytes(composed()).keys())

    for name in [*generated(), *NAMES]:
        content = composed(to_name=name, subject=name, values={**MAIL.values, "title": name, "body": name})
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert set(message.keys()) == expected
        assert [each.addr_spec for each in message["To"].addresses] == ["ada@example.org"], name


def test_no_line_of_a_header_is_longer_than_mail_allows(composed):
    longest = 0
    for name in [*generated(), *NAMES]:
        head = composed(to_name=name, subject=name).partition(b"\r\n\r\n")[0]
        longest = max(longest, *map(len, head.split(b"\r\n")))

    assert longest <= 78


def test_a_name_with_a_comma_keeps_its_quotes_on_the_wire(smtp, app):
    with app.app_context(), mailer.carrier() as carrier:
        carrier.send(dataclasses.replace(MAIL, to_name="Lovelace, Ada"))

    assert str(smtp.taken[0]["To"]) == '"Lovelace, Ada" <ada@example.org>'


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Ada Lovelace", "Ada Lovelace <ada@example.org>"),
        ("", "ada@example.org"),
        ('Ada "A" L.', '"Ada \\"A\\" L." <ada@example.org>'),
        ("Müller, Jürgen", "=?utf-8?b?TcO8bGxlciwgSsO8cmdlbg==?= <ada@example.org>"),
        ("=?utf-8?q?Ada?=", "=?utf-8?b?PT91dGYtOD9xP0FkYT89?= <ada@example.org>"),
    ],
)
def test_plain_names_stay_plain(name, field, composed):
    assert fields_of(composed(to_name=name))["To"] == field
