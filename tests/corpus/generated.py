"""The corpus on every parameter: what the OpenAPI document declares, times what must not be sent there.

`refused` makes requests that differ from a good one in one value, each with the statuses it may get; `allowed` makes
those that look odd and are fine.
"""

from __future__ import annotations

import copy
import io
import json
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from tests.corpus.cases import ID, SYNTAX
from tests.support.good_requests import REQUESTS, body_of, filled, path_of
from tests.support.http import PREFIX

METHODS = ("get", "post", "put", "patch", "delete")
FORM = {"content_type": "multipart/form-data"}
TOO_LONG = (413,)
BROKEN = {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 23, 24, 27}
"""What is wrong with a body whatever its fields. Some of each are shorter than the body of any operation may be."""

MEDIA_TYPES = ("text/plain", "", "application/json; charset=utf-7", "application/x-www-form-urlencoded")
REPORTED = {"user_ids", "emails", "usernames", "external_ids", "request_ids"}
"""Lists in which a bad string is a row of the report."""

LONGEST_LINE = 300
MARK = "\u0001mark\u0001"

NASTY = {
    31: "a\x00b",
    35: "a\ud800b",
    37: "\udc00\ud800",
    38: "a\ufffeb",
    39: "a\x9bb",
    40: "\x1b[31m",
    42: "a\u202eb",
}
LINES = {41: "a\nb", 41.1: "a\rb", 41.2: "a\u2028b"}
BLANK = {43: "\u200b\ufeff", 44: " \t\u3000", 45: ""}
NOT_TEXT = {51: ["a"], 52: {"a": 1}, 53: 7, 54: True}

WRONG = {
    "uuid": {
        118: "{" + ID + "}",
        118.1: f"urn:uuid:{ID}",
        118.2: ID.replace("-", ""),
        142: 1,
        143: "a" * 100_000,
        143.1: ID[:-2] + "_1",
        143.2: ID[:-1] + "１",
        143.3: "a" * 1_000,
        45: "",
    },
    "date": {
        129: "2027-02-30",
        134: 1_800_000_000,
        135: "0000-01-01",
        136: "10000-01-01",
        136.1: "2200-01-01",
        136.2: "1969-12-31",
        137: "２０２７-01-01",
        141: "2027-W01-1",
        45: "",
    },
    "date-time": {
        126: "0001-01-01T00:00:00+14:00",
        127: "9999-12-31T23:59:59-14:00",
        129: "2027-02-30T00:00:00Z",
        130: "2027-01-01T00:00:00",
        131: "2027-01-01T00:00:00+24:00",
        133: "2027-01-01T00:00:00+23:59",
        134: 1_800_000_000,
        135: "0000-01-01T00:00:00Z",
        136: "10000-01-01T00:00:00Z",
        137: "２０２７-01-01T00:00:00Z",
        138: "2027-06-30T23:59:60Z",
        141: "2027-01-01T00:00:00[Europe/Berlin]",
    },
    "decimal": {
        62: "１２",
        63: "1_0",
        64: " 7 \n",
        66: "1e3",
        68: "-1",
        68.1: -1,
        69: "1000000000000",
        70: "1e1000",
        71: "1e-999999",
        72: "sNaN",
        73: "Infinity",
        74: "1.005",
        75: "٤٩",
        76: "-0.00",
        65: True,
    },
    "uri": {
        166: "javascript:alert(1)",
        167: "data:text/html,x",
        168: "ftp://example.org/a",
        169: "https://user:secret@example.org/a",
        170: "https://example.org:99999/a",
        171: "https://[::1/a",
        173: "https://" + "a." * 30_000 + "org/",
    },
    "email": {
        158: "a@example.org\r\nBcc: b@example.org",
        159: "a@exam\nple.org",
        160: "a@" + ("x" * 60 + ".") * 4 + "example.org",
        162: '"a b"@example.org',
        163: "\u0430@example.org",
        164: "a@b@example.org",
    },
    "enum": {145: "NO_SUCH_WORD", 147: " ", 45: "", 143: "x" * 10_000, 143.1: "x" * 1_000},
    "integer": {
        58: 2**63,
        61: 1.9,
        61.1: 7.0,
        62: "１２",
        64: " 7 \n",
        65: True,
        53.1: "7",
        51: [1],
        52: {"a": 1},
    },
    "number": {68: -1, 69: 1e12, 74: 1.005, 65: True, 53.1: "7", 51: [1], 52: {"a": 1}},
    "boolean": {148: [True], 149: "yes", 149.1: 1, 149.2: "on", 52: {"a": 1}, 45: ""},
    "array": {51: "a", 52: {"a": 1}, 53: 7, 54: True},
    "string": {},
    "object": {51: ["a"], 52: "a", 53: 7, 54: True},
}
LITERALS = {18: "9" * 5_000, 19: "NaN", 20: "Infinity", 22: "1e400", 29: "007", 30: "-"}
"""On numbers, as they stand in the body."""

IN_QUERY = {
    32: "a%00b",
    39: "%C2%9B",
    40: "%1B%5B31m",
    42: "a%E2%80%AEb",
    106: "%ed%a0%80",
    107: "%ff",
    108: "%zz",
}
QUERY_WRONG = {
    "integer": ("1.9", "abc", "１", "1_0", " 7", "true", "0x10", "1e3", "-1", "9" * 30),
    "boolean": ("yes", "1", "on", "True "),
    "uuid": ("1", "{" + ID + "}", f"urn:uuid:{ID}", "x" * 5_000),
}

IN_PATH = {
    111: "2147483648",
    113: "9" * 5_000,
    114: "-1",
    115: "%D9%A3",
    116: "1%00",
    117: "+1",
    118: "%7B" + ID + "%7D",
    118.1: f"urn:uuid:{ID}",
    118.2: ID.replace("-", ""),
    118.3: ID[:-2] + "_1",
    120: "..%2f..%2fetc",
    121: "%252e%252e",
    122: f"{ID};jsessionid=1",
    124: "x" * 8_192,
    144: "00000000-0000-0000-0000-000000000000",
    106: "%ed%a0%80",
}

ODD = {
    "string": (
        "e\u0301",
        "\U0001f469\u200d\U0001f467",
        "\u05d0\u200f\u05d1",
        "<script>alert(1)</script>",
        "'; DROP TABLE users; --",
        "{{7*7}} %s ${x}",
        "\\",
        "\U00020000\u00df\u0130",
    ),
    "date": ("1970-01-01", "2199-12-31"),
    "date-time": ("1970-01-01T00:00:00Z", "2199-12-31T23:59:59.999999Z", "2028-02-29T00:00:00+14:00"),
    "decimal": ("0", "99999999.99", 0.1),
    "uri": ("https://m\u00fcnchen.example/\u00e4?a=b#c", "http://127.0.0.1:8000/"),
    "email": ("a+b'c@example.org", "A@M\u00dcNCHEN.example", "\xa0a@example.org\n"),
    "boolean": (True, False),
    "number": (0, 99_999.99),
    "uuid": (ID, ID.upper()),
}


@dataclass(frozen=True)
class Operation:
    name: str
    """`POST /courses`, as the tables of other tests have it"""
    document: dict[str, Any] = field(repr=False)
    schemas: dict[str, Any] = field(repr=False)

    @property
    def method(self):
        return self.name.split()[0]

    @property
    def tag(self):
        return self.document["tags"][0]

    @property
    def caller(self):
        roles = self.document.get("x-roles") or ["ADMIN"]
        if "ADMIN" in roles:
            return "admin"
        return {"STUDENT": "student", "INSTRUCTOR": "owner"}[roles[0]]

    @property
    def body(self):
        content = self.document.get("requestBody", {}).get("content", {})
        return content.get("application/json", {}).get("schema")

    def parameters(self, place):
        return [each for each in self.document.get("parameters", []) if each["in"] == place]

    def leaves(self):
        """Every member of the body however deep: its path and what it is."""
        return list(self._leaves(self.body, ())) if self.body else []

    def _leaves(self, schema, path):
        schema = self._resolved(schema)
        for name, declared in schema.get("properties", {}).items():
            member = self._resolved(declared)
            yield (*path, name), member
            if kind_of(member) == "array":
                items = self._resolved(member["items"])
                yield (*path, name, 0), items
                yield from self._leaves(items, (*path, name, 0))

    def _resolved(self, schema):
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rpartition("/")[2]]
        return schema


@dataclass(frozen=True)
class Request:
    """What is sent instead of the good request."""

    about: str
    expects: tuple[int, ...]
    path: str
    query: str = ""
    sends: dict[str, Any] = field(default_factory=dict)
    blames: str | None = None
    """What a 422 has to name."""


def operations_of(document):
    return [
        Operation(
            f"{method.upper()} {path.removeprefix(PREFIX) or '/'}",
            item[method],
            document["components"]["schemas"],
        )
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
        for item in [{**item, method: with_shared(item, method)}]
    ]


def with_shared(item, method):
    """The operation with the parameters of its path."""
    operation = item[method]
    return {**operation, "parameters": [*item.get("parameters", []), *operation.get("parameters", [])]}


def kind_of(schema):
    if "anyOf" in schema:
        return kind_of(of_either(schema)[-1])
    kinds = schema.get("type", "object")
    kind = next((each for each in kinds if each != "null"), "null") if isinstance(kinds, list) else kinds
    if "enum" in schema:
        return "enum"
    return schema.get("format", kind) if kind == "string" and schema.get("format") in WRONG else kind


def of_either(schema):
    """What a value may be that may be several, aside from null."""
    return [each for each in schema["anyOf"] if each.get("type") != "null"]


def is_nullable(schema):
    if "anyOf" in schema:
        return len(of_either(schema)) < len(schema["anyOf"])
    return "null" in schema.get("type", ()) if isinstance(schema.get("type"), list) else False


def refused(operation, scene, longest):
    """What differs from a good request in one value.

    :param longest: how many bytes the operation reads of a body. A longer one is refused for its length.
    """
    for request in _refused(operation, scene):
        body = request.sends.get("data", b"")
        if isinstance(body, bytes | str) and len(body) > longest:
            yield replace(request, expects=TOO_LONG, blames=None)
        else:
            yield request


def _refused(operation, scene):
    path = path_of(operation.name, scene)
    sends = good_body(operation, scene)
    yield from _on_the_body(operation, path, sends)
    for place, schema in operation.leaves():
        yield from _on_a_member(place, schema, path, sends["json"])
    for parameter in operation.parameters("query"):
        yield from _on_a_parameter(parameter, path, sends)
    for unknown in ("surprise=1", "search[]=1", "page[]=1", "&".join(f"p{n}=1" for n in range(500))):
        yield Request(f"89 query {unknown[:20]}", (422,), path, unknown, sends)
    yield from _on_the_path(operation, path, sends, scene)


def opened(form):
    """A form whose files are opened, to be sent once."""
    return {
        name: value if isinstance(value, str) else (io.BytesIO(value), "file") for name, value in form.items()
    }


def good_body(operation, scene):
    good = REQUESTS[operation.name]
    if good.file is not None:
        return FORM | {"data": {**good.form, "file": good.file}}
    return {"json": body_of(operation.name, scene, operation.document)} if operation.body else {}


def _on_the_body(operation, path, sends):
    if operation.body:
        yield from _on_a_json_body(operation, path, sends["json"])
    elif (good := REQUESTS[operation.name]).file is not None:
        yield Request("258 JSON for a form", (415,), path, sends={"json": {}})
        yield Request("258 no file", (422,), path, sends=FORM | {"data": dict(good.form)}, blames="file")
    elif operation.method != "GET":
        yield Request("28 a body where none is taken", (422,), path, sends={"json": {"surprise": 1}})


def _on_a_json_body(operation, path, good):
    for case in SYNTAX:
        if case.number in BROKEN:
            yield Request(f"{case.name}, body", (400, 422), path, sends=as_json(case.raw))
    for media_type in MEDIA_TYPES:
        sent = {"data": json.dumps(good), "content_type": media_type}
        yield Request(f"176 {media_type}", (415,), path, sends=sent)
    members = {place[0] for place, _ in operation.leaves()}
    for key in {"surprise", "__proto__", "id", "created_at", "is_admin"} - members:
        yield Request(f"28 {key}", (422,), path, sends={"json": {**good, key: 1}}, blames=key)
    yield Request("26 8 MB and a byte", TOO_LONG, path, sends=as_json(b" " * (8 * 1024 * 1024 + 1)))


def _on_a_member(place, schema, path, good):
    label = ".".join(map(str, place))
    for number, value in _wrong_values(place, schema):
        sent = json.dumps(put(good, place, value))
        yield Request(f"{number} {label}", (422,), path, sends=as_json(sent), blames=label)
    if kind_of(schema) in {"integer", "number", "decimal"}:
        template = json.dumps(put(good, place, MARK))
        for number, literal in LITERALS.items():
            sent = template.replace(json.dumps(MARK), literal)
            yield Request(f"{number} {label}", (400,), path, sends=as_json(sent))


def _wrong_values(place, schema):
    kind = kind_of(schema)
    yield from WRONG[kind].items()
    if kind not in {"integer", "number", "boolean", "array", "object"}:
        yield from _wrong_texts(place, schema, kind)
    if kind == "integer" and "minimum" in schema:
        yield from {59: schema["minimum"] - 1, 57: schema["maximum"] + 1}.items()
    if not is_nullable(schema):
        yield 55, None


def _wrong_texts(place, schema, kind):
    yield from ((number, value) for number, value in NOT_TEXT.items() if (kind, number) != ("decimal", 53))
    if kind != "string" or place[-1] != 0 or place[-2] not in REPORTED:
        yield from NASTY.items()
    if "maxLength" in schema:
        yield 46, "x" * (schema["maxLength"] + 1)
        if schema["maxLength"] <= LONGEST_LINE:
            yield from LINES.items()
    if schema.get("minLength", 0) > 0:
        yield from BLANK.items()


def as_json(sent):
    return {"data": sent, "content_type": "application/json"}


def put(good, place, value):
    """The good body with another value in one place, which is made where it is not there."""
    body = copy.deepcopy(good)
    at = body
    for step, following in zip(place, (*place[1:], None), strict=True):
        if isinstance(at, list):
            at.extend([{}] * (step + 1 - len(at)))
        if following is None:
            at[step] = value
        elif isinstance(at, dict):
            at = at.setdefault(step, [] if following == 0 else {})
        else:
            at = at[step]
    return body


def _on_a_parameter(parameter, path, sends):
    name, schema = parameter["name"], parameter["schema"]
    kind = kind_of(schema)
    # Any number may be that of a page. It does not exist, unless something else refuses the caller first.
    number_of_page = (422, 404, 403) if name == "page" else (422,)
    for number, written in IN_QUERY.items():
        yield Request(f"{number} ?{name}", (422,), path, f"{name}={written}", sends)
    yield Request(f"88 ?{name} twice", (422,), path, f"{name}=1&{name}=2", sends)
    yield Request(f"97 ?{name} of 60 kB", (414,), path, f"{name}={'x' * 60_000}", sends)
    if "maxLength" in schema:
        yield Request(f"46 ?{name}", (422,), path, f"{name}={'x' * (schema['maxLength'] + 1)}", sends)
    wrong = QUERY_WRONG.get(kind) or [value for value in WRONG[kind].values() if isinstance(value, str)]
    for value in filter(str.strip, wrong):
        expects = number_of_page if value.isdigit() else (422,)
        if len(value) < 5_000:
            yield Request(f"61 ?{name} {value[:20]!r}", expects, path, f"{name}={quote(value)}", sends)
    if kind == "integer":
        for value in (schema.get("minimum", 0) - 1, schema.get("maximum", 2**31 - 1) + 1):
            yield Request(f"57 ?{name} {value}", number_of_page, path, f"{name}={value}", sends)


def _on_the_path(operation, good, sends, scene):
    for parameter in operation.parameters("path"):
        before, _, after = operation.name.split()[1].partition("{" + parameter["name"] + "}")
        # The values of other parameters are good.
        start = filled(operation.name, before, scene)
        for number, value in IN_PATH.items():
            expects = (414,) if number == 124 else (404,)
            yield Request(f"{number} /{parameter['name']}", expects, f"{start}{value}{after}", sends=sends)


def plain(operation, scene):
    """The good request."""
    return Request("as it should be", (), path_of(operation.name, scene), sends=good_body(operation, scene))


def blank(operation, scene):
    """The good request with a parameter that was not filled in."""
    good = plain(operation, scene)
    for parameter in operation.parameters("query"):
        name = parameter["name"]
        for number, value in BLANK.items():
            yield replace(good, about=f"{number} ?{name}", query=f"{name}={quote(value)}")


def allowed(operation, scene):
    """Odd and fine: whatever the answer, it is no failure, and what was taken can be read."""
    path = path_of(operation.name, scene)
    sends = good_body(operation, scene)
    for place, schema in operation.leaves():
        label = ".".join(map(str, place))
        for value in _odd_values(schema):
            yield Request(
                f"{label} = {str(value)[:20]!a}", (), path, sends={"json": put(sends["json"], place, value)}
            )
    for parameter in operation.parameters("query"):
        for value in _odd_values(parameter["schema"]):
            written = str(value).lower() if isinstance(value, bool) else str(value)
            yield Request(
                f"?{parameter['name']}={written[:20]!a}",
                (),
                path,
                f"{parameter['name']}={quote(written)}",
                sends,
            )


def _odd_values(schema):
    schema = of_either(schema)[-1] if "anyOf" in schema else schema
    kind = kind_of(schema)
    if kind == "enum":
        yield from [word.lower() for word in schema["enum"] if isinstance(word, str)]
    elif kind == "integer":
        yield from (schema[bound] for bound in ("minimum", "maximum") if bound in schema)
    else:
        yield from ODD.get(kind, ())
    if kind == "string" and "pattern" not in schema and schema.get("maxLength", 10**9) < 50_000:
        yield "\u20ac" * schema["maxLength"]
        if schema["maxLength"] > LONGEST_LINE:
            yield "a\r\nb\tc\n\n"
