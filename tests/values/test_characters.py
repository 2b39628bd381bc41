"""What people write is kept as they meant it, and nothing that lies about itself is kept at all."""

import pytest

from app.schemas import fields
from app.values import characters
from tests.support.effort import seconds
from tests.support.http import assert_refused, data_of


@pytest.fixture
def owner(api, make):
    return api.as_(make.instructor())


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  A\u00a0title ", "A\u00a0title"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("\u05e9\u05dc\u05d5\u05dd\u200f!", "\u05e9\u05dc\u05d5\u05dd\u200f!"),
        ("\U0001f469\u200d\U0001f467", "\U0001f469\u200d\U0001f467"),
        ("\u0939\u093f\u0928\u094d\u0926\u0940", "\u0939\u093f\u0928\u094d\u0926\u0940"),
    ],
)
def test_a_title_in_any_writing_is_kept(owner, sent, kept):
    made = data_of(owner.post("/courses", json={"title": sent, "short_description": "b"}), 201)

    assert made["title"] == kept


def test_lines_of_any_system_end_alike(owner):
    sent = {"title": "A", "description": "one\r\ntwo\n\tthree"}

    assert data_of(owner.post("/courses", json=sent), 201)["description"] == "one\ntwo\n\tthree"


@pytest.mark.parametrize("blank", ["", "  ", "\u200b", "\u2800\u3164"])
def test_invisible_text_is_no_title(owner, blank):
    refusal = owner.post("/courses", json={"title": blank, "short_description": "b"})

    assert set(assert_refused(refusal, 422, "invalid_request")) == {"title"}


def test_every_code_point_is_either_kept_or_refused_by_its_name(owner):
    """The database has the last word on what is let through: a piece of every plane is written and read back."""
    allowed = [chr(point) for point in range(0x110000) if characters.forbidden_in(chr(point)) is None]
    for start in range(0, len(allowed), 64_000):
        sent = "".join(allowed[start : start + 19_000])
        made = data_of(owner.post("/courses", json={"title": "A", "description": f"({sent})"}), 201)
        assert made["description"] == f"({sent})"

    forbidden = set(range(0x110000)) - {ord(each) for each in allowed}
    assert {0x00, 0x1B, 0x7F, 0x9B, 0x202E, 0x2066, 0xD800, 0xDFFF, 0xFDD0, 0xFFFE, 0x10FFFF} <= forbidden
    assert not {0x09, 0x0A, 0x200D, 0x200F, 0xE000, 0xFFFD} & forbidden


@pytest.mark.parametrize("marks", ["\u0316\u0301" * 250_000, "\u0301" * 500_000, "\u200b" * 500_000 + "a"])
def test_no_text_takes_long_to_look_at(marks):
    field = fields.Text(max_length=1_000_000)

    assert seconds(lambda: field.deserialize(marks), enough=0.1) < 1
