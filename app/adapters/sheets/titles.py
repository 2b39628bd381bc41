"""Column matching: the titles in a header, by names and aliases that users and other systems use."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.errors.base import InvalidRequest
from app.values import characters

MOST_COLUMNS = 500
_MOST_ERRORS = 20
_REMARK = re.compile(r"[\[(][^\[\]()]*[\])]")


@dataclass(frozen=True)
class Column:
    """A column that a caller knows."""

    name: str
    aliases: Sequence[str] = ()
    """Other titles for it. Where a sheet has two of them, the first of `words` is read."""
    is_identifier: bool = False
    """whether its cells say which person or thing is meant"""

    @property
    def words(self) -> Sequence[str]:
        """The name and its aliases, the most specific first: the name, unless it is listed among the aliases."""
        return self.aliases if self.name in self.aliases else (self.name, *self.aliases)


@dataclass(frozen=True)
class Header:
    """The positions of the known columns."""

    places: dict[str, int]
    read: Sequence[tuple[Column, int]]
    """the same, in the order in which the caller names its columns"""
    titles: dict[str, str]
    """by the name of the column, as the sheet writes it"""
    ignored: list[str]
    width: int
    """Cells beyond it have no title."""
    untitled: frozenset[int]

    def is_stray(self, cells: Sequence[str]) -> bool:
        """Whether a cell without a title has a value: then the row may have been split at the wrong places."""
        if len(cells) <= self.width and not self.untitled:
            return False
        beyond = (*cells[self.width :], *(cells[place] for place in self.untitled if place < len(cells)))
        return any(cell and not characters.is_blank(cell) for cell in beyond)


def word_of(title: str) -> str:
    """A title as it is compared: its letters and digits, case-folded, without a remark in brackets."""
    return "".join(filter(str.isalnum, _REMARK.sub("", title).casefold()))


def match(cells: Sequence[str], columns: Sequence[Column], *, one_of: Collection[str]) -> Header:
    """The header of a sheet.

    :param one_of: names of columns of which the sheet needs at least one
    """
    titles = {
        place: " ".join(cell.split()) for place, cell in enumerate(cells) if not characters.is_blank(cell)
    }
    width = max(titles, default=-1) + 1
    _refuse_wide(width)
    found: dict[str, list[int]] = {}
    for place, title in titles.items():
        found.setdefault(word_of(title), []).append(place)
    chosen: dict[str, int] = {}
    for column in columns:
        words = [word for word in map(word_of, column.words) if word in found]
        if words:
            _refuse_twice(column, [titles[place] for place in found[words[0]]])
            chosen[column.name] = found[words[0]][0]
    if one_of and not chosen.keys() & set(one_of):
        raise _refused(f"The first line must name the columns, including {' or '.join(one_of)}.")
    return Header(
        chosen,
        [(column, chosen[column.name]) for column in columns if column.name in chosen],
        {name: characters.printable(titles[place]) for name, place in chosen.items()},
        [characters.printable(title) for place, title in titles.items() if place not in chosen.values()],
        width,
        frozenset(range(width)) - titles.keys(),
    )


def _refuse_wide(width: int) -> None:
    """Each row is compared with every column, including those without a title."""
    if width > MOST_COLUMNS:
        raise _refused(f"The first line has more than {MOST_COLUMNS} columns.")


def _refuse_twice(column: Column, titles: Sequence[str]) -> None:
    if len(titles) > 1:
        given = " and ".join(dict.fromkeys(map(characters.printable, titles[:_MOST_ERRORS])))
        raise _refused(f"Column given more than once: {column.name} ({given}).")


def _refused(sentence: str) -> InvalidRequest:
    return InvalidRequest(details={"file": [sentence]})
