"""Every known mistake of similar platforms that docs/security.md lists is prevented, as a test that exists shows."""

import ast
import re

import pytest

from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
LEDGER = PAGE.partition("## Known mistakes of")[2].partition("\n## ")[0]
_HEADING, _RULE, *ROWS = (
    line.strip("| ").split(" | ") for line in LEDGER.splitlines() if line.startswith("| ")
)


def test_the_page_has_the_table():
    assert ROWS


@pytest.mark.parametrize(("mistake", "tests"), ROWS)
def test_a_mistake_has_its_tests(mistake, tests):
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", tests)

    assert named
    for path, name in named:
        written = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in ast.walk(written) if isinstance(node, ast.FunctionDef)}, (
            path,
            name,
        )
