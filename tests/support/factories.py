"""Factories for the rows of tests: a method per noun, every default valid, every row committed."""

from __future__ import annotations

from tests.support.nouns import declared


class Factory(*declared("Make").values()):
    """`make.course(instructor=…)`: values override defaults, and a row is made with the rows that it needs."""
