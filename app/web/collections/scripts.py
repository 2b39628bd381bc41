"""The scripts of a request, for the script engines of Postman and Hoppscotch.

Before a request each variable that it uses is checked: Hoppscotch sends an empty text for an unknown variable and Postman
its name, and `/courses/` without an id is another endpoint, which answers 200.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from app.web.collections.parts import VARIABLE, CollectionRequest

ADVICE = "Send the requests above first: they set "


@dataclass(frozen=True)
class Dialect:
    """How an engine spells what the scripts need."""

    opening: str
    """Defines `given` and `keep`."""
    reading: str
    """Defines `status`, `answer` and `header`."""
    test: str
    equal: str
    stop: str


POSTMAN = Dialect(
    opening=(
        # Without a chosen environment its variables would be lost after the request. Converters for other clients
        # translate the calls of `pm`, and no other name for its objects.
        "const given = (name) => pm.variables.get(name);\n"
        "const keep = (name, value) => pm.environment.name\n"
        "  ? pm.environment.set(name, String(value)) : pm.collectionVariables.set(name, String(value));"
    ),
    reading=(
        "const status = pm.response.code;\n"
        "const isJson = /json/.test(pm.response.headers.get('Content-Type') || '');\n"
        "const answer = isJson ? pm.response.json() : pm.response.text();\n"
        "const header = (name) => pm.response.headers.get(name) || '';"
    ),
    test="pm.test",
    equal="pm.expect({0}).to.equal({1});",
    stop="pm.test('Variables are set', () => {{ throw new Error({0}); }});\n  pm.execution.skipRequest();",
)
HOPPSCOTCH = Dialect(
    opening=(
        "const given = (name) => pw.env.get(name);\n"
        "const keep = (name, value) => pw.env.set(name, String(value));"
    ),
    reading=(
        "const status = pw.response.status;\n"
        "const answer = pw.response.body;\n"
        "const header = (name) =>\n"
        "  (pw.response.headers.find((each) => each.key.toLowerCase() === name.toLowerCase()) || { value: '' }).value;"
    ),
    test="pw.test",
    equal="pw.expect({0}).toBe({1});",
    stop="throw new Error({0});",
)


def before(request: CollectionRequest, dialect: Dialect) -> str:
    """The script that runs before the request."""
    lines = [dialect.opening, *_kept(request.before)]
    if names := request.variables():
        stop = dialect.stop.format(f"{_text(ADVICE)} + empty.join(', ') + '.'")
        lines += [
            f"const empty = {json.dumps(names)}.filter((name) => !given(name));",
            f"if (empty.length > 0) {{\n  {stop}\n}}",
        ]
    return "\n".join(lines)


def after(request: CollectionRequest, dialect: Dialect) -> str:
    """The tests of the response, and the variables that it sets."""
    lines = [dialect.opening, dialect.reading]
    for check in request.checks:
        equal = dialect.equal.format(check.expression, _expected(check.expected))
        lines.append(f"{dialect.test}({_text(check.title)}, () => {{\n  {equal}\n}});")
    if request.saves:
        kept = "\n".join(f"  {line}" for line in _kept(request.saves))
        lines.append(f"if (status < 300) {{\n{kept}\n}}")
    return "\n".join(lines)


def _expected(value: object) -> str:
    """A constant, or the variable that it names."""
    named = VARIABLE.fullmatch(value) if isinstance(value, str) else None
    return f"given({_text(named[1])})" if named else _text(value)


def _kept(values: Mapping[str, str]) -> list[str]:
    return [f"keep({_text(name)}, {expression});" for name, expression in values.items()]


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
