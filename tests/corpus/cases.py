"""The numbered cases of the bad-input corpus that need no server of their own, by group.

Where several requests share a number, they are spellings of one case.
"""

from __future__ import annotations

import json

from tests.corpus.harness import Case

TITLE = {"title": "A title", "short_description": "About it."}
ID = "0198f3a0-7c1e-7f00-8000-000000000001"
BAD = (400, 422)


def raw(number, about, body, expects=400, **more):
    return Case(number, about, expects, raw=body, **more)


def course(number, about, expects=422, **fields):
    return Case(number, about, expects, json={**TITLE, **fields})


def titled(number, about, title, expects=422):
    return course(number, about, expects, title=title)


def written(number, about, literal, expects, field="total_seats"):
    """A literal of JSON as written, which Python would write differently."""
    return raw(number, about, json.dumps({**TITLE, field: "@"}).replace('"@"', literal), expects)


def asked(number, about, query, expects=422, path="/courses"):
    return Case(number, about, expects, method="GET", path=path, query=query)


def found(number, about, path, expects=404, **more):
    return Case(number, about, expects, method="GET", path=path, caller="admin", **more)


def assigned(number, about, expects, **fields):
    return Case(number, about, expects, path="/courses/{course}/assign-multiple", json=fields)


SYNTAX = [
    raw(1, "empty body", b"", 422),
    raw(2, "null", b"null", 422),
    raw(3, "array", b"[]", 422),
    raw(4, "string", b'"x"', 422),
    raw(5, "number", b"1", 422),
    raw(6, "truncated", b'{"title": "A'),
    raw(7, "trailing comma", b'{"title": "A",}'),
    raw(8, "single quotes", b"{'title': 'A'}"),
    raw(9, "comments", b'{"title": "A"} // why'),
    raw(10, "two documents", b'{"title": "A"}{"title": "B"}'),
    raw(11, "byte order mark", b'\xef\xbb\xbf{"title": "A", "short_description": "b"}'),
    raw(12, "UTF-16", json.dumps(TITLE).encode("utf-16")),
    raw(13, "invalid UTF-8", b'{"title": "\xff", "short_description": "b"}'),
    raw(14, "array depth 100k", b"[" * 100_000 + b"]" * 100_000),
    raw(14, "array depth 1,900", b"[" * 1_900 + b"]" * 1_900),
    raw(15, "object depth 50k", b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    raw(15, "object depth 600", b'{"a":' * 600 + b"1" + b"}" * 600),
    raw(16, "200k unclosed brackets", b"[" * 200_000),
    raw(16, "3,900 unclosed brackets", b"[" * 3_900),
    raw(17, "depth 33", b'{"a":' + b"[" * 32 + b"]" * 32 + b"}"),
    written(18, "number of 5,000 digits", "9" * 5_000, 400),
    written(19, "NaN", "NaN", 400),
    written(20, "Infinity", "Infinity", 400),
    written(21, "-Infinity", "-Infinity", 400),
    written(22, "1e400", "1e400", 400, field="price"),
    raw(23, "key given twice", b'{"title": "A", "title": "B", "short_description": "c"}'),
    raw(24, "key given twice by escape", rb'{"title": "A", "t\u0069tle": "B", "short_description": "c"}'),
    raw(25, "100k keys", json.dumps(dict.fromkeys(map(str, range(100_000)), 1)), (400, 413)),
    raw(26, "1 MB and a byte", b'{"title": "' + b"x" * (1024 * 1024 - 12) + b'"}', 413),
    raw(27, "key of 100 kB", json.dumps({**TITLE, "k" * 100_000: 1})),
    raw(27, "key of 3 kB", json.dumps({**TITLE, "k" * 3_000: 1})),
    raw(28, "__proto__", json.dumps({**TITLE, "__proto__": {"is_admin": True}}), 422),
    raw(28, "constructor", json.dumps({**TITLE, "constructor": {"prototype": {}}}), 422),
    written(29, "leading zeros", "007", 400),
    written(30, "a lone minus", "-", 400),
]

TEXT = [
    titled(31, "NUL", "A\x00B"),
    asked(32, "NUL in query", "search=a%00b"),
    found(33, "NUL in path", "/courses/a%00b"),
    raw(34, "NUL in a key", json.dumps({**TITLE, "a\x00b": 1}), 422),
    titled(35, "half of a pair", "A\ud800B"),
    raw(36, "half of a pair in a key", json.dumps({**TITLE, "\udc00": 1}), 422),
    assigned(36, "half of a pair among identifiers", 422, emails=["ada\ud800@example.org"]),
    titled(37, "reversed pair", "A\udc00\ud800B"),
    titled(38, "U+FFFE", "A\ufffeB"),
    titled(38, "U+1FFFF", "A\U0001ffffB"),
    titled(39, "DEL", "A\x7fB"),
    titled(39, "C1", "A\x9bB"),
    titled(40, "ESC [31m", "A\x1b[31mB"),
    titled(41, "CR", "A\rB"),
    titled(41, "LF", "A\nB"),
    titled(41, "CRLF", "A\r\nB"),
    titled(41, "line separator", "A\u2028B"),
    titled(42, "bidi override", "A\u202eB"),
    titled(42, "bidi isolate", "A\u2066B"),
    titled(43, "zero width only", "\u200b\u200d\ufeff"),
    titled(44, "blanks only", " \t\u00a0\u3000 "),
    titled(45, "empty", ""),
    titled(46, "one too many", "x" * 201),
    titled(47, "201 code points in 67 graphemes", "q\u0323\u030a" * 67),
    titled(48, "1 MB of accents", "\u0301" * 520_000, 413),
    titled(48, "150 kB of accents", "\u0316\u0301" * 37_000),
    course(48, "accents in a long text", 201, description="\u0316\u0301" * 10_000),
    Case(49, "NFD twin of a name", 409, path="/categories", json={"name": "Cafe\u0301"}, caller="admin"),
    Case(
        50,
        "twin with a Cyrillic letter",
        422,
        path="/auth/forgot-password",
        json={"email": "\u0430da@example.org"},
    ),
    titled(51, "list", ["A"]),
    titled(52, "object", {"a": 1}),
    titled(53, "number", 7),
    titled(54, "bool", True),
    titled(55, "null", None),
    titled(
        56,
        "joined emoji at the cut",
        "x" * 195 + "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    ),
    titled(56, "joined emoji", "\U0001f469\u200d\U0001f467", 201),
]

NUMBERS = [
    course(57, "int4 + 1", total_seats=2**31),
    course(58, "int8 + 1", total_seats=2**63),
    course(59, "-1 seats", total_seats=-1),
    course(60, "0 seats", total_seats=0),
    course(61, "1.9", total_seats=1.9),
    course(61, "7.0", total_seats=7.0),
    course(62, "fullwidth digits", total_seats="１２"),
    course(63, "underscore", total_seats="1_0"),
    course(64, "blanks around", total_seats=" 7 \n"),
    course(65, "true", total_seats=True),
    course(66, "1e3 as a string", total_seats="1e3"),
    course(67, "0x10", total_seats="0x10"),
    course(68, "price -1", price="-1"),
    course(68, "price -1 as a number", price=-1),
    course(69, "price 1e12", price="1000000000000"),
    written(69, "price 1e12 as a number", "1e12", 422, field="price"),
    course(70, "1e1000", price="1e1000"),
    written(71, "1e-999999", "1e-999999", BAD, field="price"),
    course(71, "1e-999999 as a string", price="1e-999999"),
    course(72, "sNaN", price="sNaN"),
    course(73, "Infinity", price="Infinity"),
    course(74, "three decimals", price="1.005"),
    written(74, "three decimals, rounded away", "49.999999999999999999", BAD, field="price"),
    course(75, "Arabic digits", price="٤٩"),
    course(76, "-0.00", price="-0.00"),
    written(76, "-0.00 as a number", "-0.00", 422, field="price"),
    *(
        Case(
            77,
            f"rating {rating!r}",
            422,
            path="/courses/{course}/reviews",
            json={"rating": rating},
            caller="student",
        )
        for rating in (0, 6, 4.5, "5", True, None)
    ),
    raw(
        78,
        "NaN below",
        '{"section_id": "' + ID + '", "lessons": [{"duration_seconds": NaN}]}',
        path="/lessons/bulk",
    ),
    raw(
        79,
        "1e400 below",
        '{"section_id": "' + ID + '", "lessons": [{"duration_seconds": 1e400}]}',
        path="/lessons/bulk",
    ),
    Case(
        80,
        "more than 10^9 seconds",
        422,
        path="/courses/{course}/lessons",
        json={"title": "A", "type": "VIDEO", "duration_seconds": 10**9 + 1},
    ),
]

QUERY = [
    asked(81, "page 0", "page=0"),
    asked(82, "page -1", "page=-1"),
    asked(83, "page 2^63-1", f"page={2**63 - 1}", 404),
    asked(84, "page 10^23", f"page={10**23}", (404, 422)),
    asked(85, "size 0", "page_size=0"),
    asked(86, "size 101", "page_size=101"),
    asked(87, "size 10^9", "page_size=1000000000"),
    asked(88, "page twice", "page=1&page=2"),
    asked(89, "unknown key", "sort_by=title"),
    asked(90, "q[]", "search[]=1"),
    asked(91, "nothing for a category", "category=", 200),
    asked(91, "a blank for an instructor", "instructor=%20", 200),
    asked(91, "nothing for a level", "level=", 200),
    asked(92, "int4 + 1", f"rating={2**31}", path="/reviews"),
    asked(93, "20 digits", "rating=12345678901234567890", path="/reviews"),
    asked(94, "ordering with SQL", "ordering=title;drop%20table%20users"),
    asked(95, "ordering by what is hidden", "ordering=password_hash"),
    asked(96, "ordering -", "ordering=-"),
    asked(96, "ordering --title", "ordering=--title"),
    asked(96, "ordering by 50 keys", "ordering=" + ",".join(["title"] * 50)),
    asked(97, "search of 60 kB", "search=" + "x" * 60_000, 414),
    asked(98, "2,000 wild cards", "search=" + "%25_" * 2_000, (414, 422)),
    asked(98, "wild cards", "search=%25_%25_", 200),
    asked(99, "a backslash", "search=%5C", 200),
    *(
        asked(100, f"search operators {operators}", f"search={operators}", 200)
        for operators in ("%26%7C!", "a%20%26%20!", "%3A*", "((a", "'%3Ab", "%3C-%3E", "a%3A*%3AB%20%7C")
    ),
    asked(101, "bad cursor", "after=abc"),
    asked(101, "empty cursor", "after=", 200),
    asked(102, "tampered cursor", "after=eyJwYXRoIjoiL2FwaS92MS9jb3Vyc2VzIn0.AAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    asked(104, "after and before", "after=abc&before=abc"),
    asked(104, "from above to", "min_price=10&max_price=5", 200),
    asked(105, "include", "include=instructor.courses.instructor"),
    asked(106, "half of a pair", "search=%ed%a0%80"),
    asked(107, "%ff", "search=%ff"),
    asked(108, "%zz", "search=%zz"),
    asked(109, "10,000 parameters", "&".join(f"p{number}=1" for number in range(10_000)), 414),
    asked(109, "1,000 parameters", "&".join(f"p{number}=1" for number in range(1_000))),
    asked(110, "yes for a flag", "is_free=yes"),
    asked(110, "1 for a flag", "is_free=1"),
]

PATH = [
    found(111, "int4 + 1", f"/users/{2**31}"),
    found(112, "int8 + 1", f"/users/{2**63}"),
    found(113, "5,000 digits", "/users/" + "9" * 5_000),
    found(113, "5,000 digits for a course", "/courses/" + "9" * 5_000),
    found(114, "-1", "/courses/-1"),
    found(115, "Arabic digit", "/courses/%D9%A3"),
    found(116, "1%00", "/users/1%00"),
    found(117, "1.0", "/users/1.0"),
    found(117, "01", "/courses/01"),
    found(117, "+1", "/courses/+1"),
    found(118, "id in braces", "/courses/{{course}}"),
    found(118, "id as a URN", "/courses/urn:uuid:{course}"),
    found(118, "id without hyphens", "/courses/0198f3a07c1e7f008000000000000001"),
    found(119, "slug with NUL", "/categories/a%00b"),
    found(120, "dots and slashes", "/courses/..%2f..%2fetc%2fpasswd"),
    found(120, "dots and backslashes", "/courses/..%5c..%5cetc"),
    found(121, "escaped twice", "/courses/%252e%252e%252f"),
    found(122, ";jsessionid", "/courses/{course};jsessionid=1"),
    found(123, "trailing slash", "/courses/{course}/", 200),
    found(123, "two trailing slashes", "/courses/{course}//"),
    found(124, "8 kB", "/courses/" + "x" * 8_192, 414),
    found(125, "id of something else", "/courses/{lesson}"),
    found(125, "id of something else", "/lessons/{course}"),
]


def due(number, about, moment, expects=422):
    return Case(
        number,
        about,
        expects,
        path="/courses/{course}/assign",
        json={"user_id": "{person}", "due_at": moment},
    )


DATES = [
    due(126, "year 1, far east", "0001-01-01T00:00:00+14:00"),
    due(127, "year 9999, far west", "9999-12-31T23:59:59-14:00"),
    *(
        asked(128, f"filter {moment}", f"due_before={moment}", path="/enrollments")
        for moment in ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00")
    ),
    course(129, "February 30", class_starts="2027-02-30"),
    due(129, "February 30", "2027-02-30T00:00:00Z"),
    due(130, "no offset", "2027-01-01T00:00:00"),
    due(131, "+24:00", "2027-01-01T00:00:00+24:00"),
    due(132, "+99:99", "2027-01-01T00:00:00+99:99"),
    due(133, "+23:59", "2027-01-01T00:00:00+23:59"),
    due(134, "seconds since 1970", 1_800_000_000),
    due(135, "year 0", "0000-01-01T00:00:00Z"),
    course(135, "year 0", class_starts="0000-01-01"),
    due(136, "year 10000", "10000-01-01T00:00:00Z"),
    course(136, "year 10000", class_starts="10000-01-01"),
    due(137, "fullwidth digits", "２０２７-01-01T00:00:00Z"),
    course(137, "fullwidth digits", class_starts="２０２７-01-01"),
    due(138, "leap second", "2027-06-30T23:59:60Z"),
    course(139, "deadline in the past", admission_deadline="2020-01-01"),
    course(140, "starts before admission closes", class_starts="2098-01-01", admission_deadline="2098-02-01"),
    due(141, "zone name", "2027-03-28T02:30:00[Europe/Berlin]"),
    due(141, "week date", "2027-W01-1T00:00:00Z"),
]

VALUES = [
    course(142, "id as a number", category_id=1),
    course(143, "id of 100 kB", category_id="a" * 100_000),
    course(143, "id with an underscore", category_id="0198f3a0-7c1e-7f00-8000-00000000_001"),
    course(144, "nil id", category_id="00000000-0000-0000-0000-000000000000"),
    course(145, "unknown word", level="EXPERT"),
    course(146, "word in another case", 201, level="beginner"),
    course(146, "word in a lookalike", level="ADVANCED".replace("S", "ſ") + "ſ"),
    course(147, "word with a blank", level=" BEGINNER"),
    course(148, "list for a flag", enforce_order=[True]),
    course(149, "yes for a flag", enforce_order="yes"),
    course(149, "1 for a flag", enforce_order=1),
    course(150, "an id of one's own", id=ID),
    *(
        course(151, f"{name} of one's own", **{name: value})
        for name, value in {
            "status": "PUBLISHED",
            "average_rating": 5,
            "enrollment_count": 99,
            "created_at": "2020-01-01T00:00:00Z",
            "reviewed_by": ID,
        }.items()
    ),
    Case(151, "role of one's own", 422, "PATCH", "/auth/me", json={"role": "ADMIN"}, caller="student"),
    Case(
        151, "verified by oneself", 422, "PATCH", "/auth/me", json={"email_verified": True}, caller="student"
    ),
    course(152, "somebody else's instructor", (403, 422), instructor_id="{other}"),
    Case(
        152,
        "an enrollment for somebody else",
        422,
        path="/enrollments",
        json={"course_id": "{free_course}", "user_id": "{person}"},
        caller="student",
    ),
    assigned(153, "one id twice", 200, user_ids=["{person}", "{person}"], mode="run"),
    assigned(154, "300,000 ids", 413, user_ids=[ID] * 300_000),
    assigned(154, "100,001 ids, all or nothing", 422, user_ids=[ID] * 100_001, atomic=True),
    assigned(155, "no ids", 422, user_ids=[]),
    assigned(156, "known and unknown ids", 200, user_ids=["{person}", ID, "no id", "a\x00b"]),
    course(157, "object for an id", category_id={"id": ID}),
]


def addressed(number, about, email, expects=422):
    return Case(
        number, about, expects, path="/users", json={"email": email, "first_name": "A"}, caller="admin"
    )


def linked(number, about, url, expects=422):
    return course(number, about, expects, preview_video=url)


def passworded(number, about, password):
    return Case(
        number,
        about,
        422,
        path="/auth/register",
        json={
            "email": "brand.new@example.org",
            "first_name": "Zoe",
            "password": password,
            "password_confirm": password,
        },
        caller=None,
    )


FORMATS = [
    addressed(158, "CRLF", "a@example.org\r\nBcc: b@example.org"),
    addressed(159, "newline inside", "a@exam\nple.org"),
    addressed(160, "255 characters", "a@" + ("x" * 60 + ".") * 4 + "example.org"),
    addressed(160, "100 kB", "a@" + "x" * 100_000 + ".org", expects=413),
    addressed(161, "list", ["a@example.org"]),
    addressed(162, "quoted local part", '"a b"@example.org'),
    addressed(163, "Cyrillic local part", "\u0430@example.org"),
    addressed(164, "two @", "a@b@example.org"),
    addressed(165, "NUL", "a\x00@example.org"),
    linked(166, "javascript:", "javascript:alert(1)"),
    linked(167, "data:", "data:text/html,<script>alert(1)</script>"),
    linked(168, "ftp:", "ftp://example.org/a.mp4"),
    linked(169, "userinfo", "https://user:secret@example.org/a.mp4"),
    linked(169, "user", "https://user@example.org/a.mp4"),
    linked(170, "port 99999", "https://example.org:99999/a.mp4"),
    linked(170, "port 0", "https://example.org:0/a.mp4"),
    linked(171, "half a bracket", "https://[::1/a.mp4"),
    linked(173, "30k labels", "https://" + "a." * 30_000 + "org/"),
    passworded(174, "7 characters", "Aa1aaaa"),
    passworded(174, "1,025 bytes", "Aa1" + "x" * 1_022),
    passworded(174, "NUL", "Aa1\x00Analytical"),
    passworded(174, "common", "Password1"),
    passworded(174, "one's address", "Brand.New1@example.org"),
    *(course(175, f"slug {slug!r}", slug=slug) for slug in ("a--b", "-a", "mine", "Ünder", "a b", "A", ID)),
]

BODY = json.dumps(TITLE)


def typed(number, about, content_type, expects=415, body=BODY):
    return Case(number, about, expects, raw=body, sends={"content_type": content_type})


def pictured(number, about, data, expects=422, **more):
    return Case(
        number,
        about,
        expects,
        "PUT",
        "/auth/me/picture",
        caller="student",
        sends={"data": data, "content_type": "multipart/form-data", **more},
    )


def parts(*heads, boundary="b"):
    return (
        b"".join(f"--{boundary}\r\n{head}\r\n\r\nx\r\n".encode() for head in heads)
        + f"--{boundary}--\r\n".encode()
    )


FORM = "multipart/form-data; boundary=b"

HTTP = [
    typed(176, "text/plain", "text/plain"),
    typed(176, "a type of its own", "application/vnd.api+json"),
    typed(177, "no type", ""),
    typed(178, "form", "application/x-www-form-urlencoded", body="title=A"),
    typed(179, "utf-7", "application/json; charset=utf-7"),
    typed(180, "garbage charset", "application/json; charset=klingon"),
    typed(180, "another charset", "application/json; charset=latin-1"),
    typed(180, "UTF-8, said", "application/json; charset=UTF-8", 201),
    Case(181, "gzip", 415, raw=BODY, headers={"Content-Encoding": "gzip"}),
    Case(181, "deflate, gzip", 415, raw=BODY, headers={"Content-Encoding": "deflate, gzip"}),
    pictured(182, "no boundary", b"x", BAD, content_type="multipart/form-data"),
    pictured(
        183,
        "1,001 parts",
        parts(*['Content-Disposition: form-data; name="a"'] * 1_001),
        413,
        content_type=FORM,
    ),
    pictured(184, "part without a name", parts("Content-Disposition: form-data"), BAD, content_type=FORM),
    pictured(184, "part without a head", parts("X: y"), BAD, content_type=FORM),
    Case(185, "wrong method", 405, "PUT", "/courses/{course}/submit"),
    Case(186, "TRACE", 405, "TRACE", "/courses"),
    Case(187, "unknown method", 405, "BREW", "/courses"),
    Case(
        188,
        "override header",
        200,
        "GET",
        "/courses/{free_course}",
        headers={"X-HTTP-Method-Override": "DELETE"},
    ),
    Case(189, "text/html wanted", 200, "GET", "/courses/{course}", headers={"Accept": "text/html"}),
    *(
        Case(
            190,
            f"If-Match {tag!r}",
            412,
            "PATCH",
            "/courses/{course}",
            json={"venue": "Here"},
            headers={"If-Match": tag},
        )
        for tag in ("abc", '"', "W/", '"' + "x" * 4_000 + '"')
    ),
    Case(191, "bad Range", 200, "GET", "/courses/{course}", headers={"Range": "bytes=9-1,abc"}),
]

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)
