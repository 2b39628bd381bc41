"""What is JSON, what is not, and that finding out takes no longer than reading it."""

import json

import pytest

from app.errors.requests import MalformedBody
from app.web import strict_json
from tests.support.effort import seconds


@pytest.mark.parametrize(
    ("body", "meaning"),
    [
        (b"{}", {}),
        (b' {"a": [1, -2, 0.5, true, null]} \n', {"a": [1, -2, 0.5, True, None]}),
        (b'{"a": {"b": 1}, "c": {"b": 2}}', {"a": {"b": 1}, "c": {"b": 2}}),
        (b"12345678901234567890", 12345678901234567890),
        (b"0.30000000000000004", 0.30000000000000004),
        (b"49.900", 49.9),
        (b"0e99999999", 0.0),
        ('"ж\\u0436"'.encode(), "жж"),
        (b"[" * 32 + b"]" * 32, json.loads("[" * 32 + "]" * 32)),
        (b'"' + b"[" * 100_000 + b'"', "[" * 100_000),
    ],
    ids=lambda part: repr(part)[:30],
)
def test_json_is_read(body, meaning):
    assert strict_json.read(body) == meaning


@pytest.mark.parametrize(
    "body",
    [
        b"[1,]",
        b"{'a': 1}",
        b'{"a": 1} // why',
        b"{}{}",
        b"007",
        b"-",
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        b'{"a": "\xff"}',
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": "\n"}',
        b"NaN",
        b"-Infinity",
        b"1e400",
        b"1e-999999",
        b"49.999999999999999999",
        b"123456789012345678901",
        b"9" * 5_000,
        b'{"a": 1, "a": 1}',
        rb'{"a": 1, "\u0061": 2}',
        b'[{"a": {"b": 1, "b": 1}}]',
        b'{"' + b"k" * 201 + b'": 1}',
        b"{" + b",".join(b'"%d": 1' % number for number in range(1_001)) + b"}",
        b"[" * 33 + b"]" * 33,
        b"[" + b"[]," * 20_001 + b"[]]",
    ],
    ids=lambda body: repr(body[:30]),
)
def test_what_two_readers_might_understand_differently_is_refused(body):
    with pytest.raises(MalformedBody):
        strict_json.read(body)


def test_a_byte_order_mark_is_named():
    with pytest.raises(MalformedBody, match="byte order mark"):
        strict_json.read(b'\xef\xbb\xbf{"a": 1}')


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 4_000_000,
        b'{"a":' * 800_000,
        b"[]," * 1_300_000,
        b"[" * 30 + b'"' + b'\\"' * 2_000_000,
        b"[]" * 40 + b'"' + b'\\"' * 2_000_000,
        b'"' * 4_000_000,
        b"9" * 4_000_000,
        b"0." + b"9" * 4_000_000,
    ],
    ids=["arrays", "objects", "many", "escapes", "escapes behind", "quotes", "digits", "decimals"],
)
def test_no_body_of_four_megabytes_takes_long_to_refuse(body):
    def refuse():
        with pytest.raises(MalformedBody):
            strict_json.read(body)

    assert seconds(refuse, enough=0.1) < 1
