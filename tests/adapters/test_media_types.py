"""The media type of content, whatever the content is."""

import pytest

from app.adapters import media_types
from tests.support.effort import seconds


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<!-- a --> <!-- b --><svg/>", media_types.SVG),
        (b"<?xml version='1.0'?>\n<!--->--><!----><html>", media_types.XHTML),
        (b"<!-- never closed <svg/>", media_types.TEXT),
        (b"<!DOCTYPE html><x>", media_types.HTML),
        (b"<!doctype  svg><svg/>", media_types.SVG),
        (b"a <svg/>", media_types.TEXT),
    ],
)
def test_markup_is_found_behind_comments(content, kind):
    assert media_types.of_beginning(content, "txt") == kind


@pytest.mark.parametrize(
    "unit",
    [
        b"<!---->",
        b"<!---->\n",
        b"<!--",
        b"-->",
        b"<!-->",
        b"<!--->",
        b"<?xml>",
        b"<?xml",
        b"<!doctype ",
        b"<",
        b" ",
    ],
)
def test_no_beginning_takes_long_to_recognise(unit):
    content = (unit * media_types.LOOKED_AT)[: media_types.LOOKED_AT - 1] + b"1"

    assert seconds(lambda: media_types.of_beginning(content, "txt"), enough=0.05) < 0.5
