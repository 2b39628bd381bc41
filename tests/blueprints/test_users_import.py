"""People by CSV: every row gets a line, whatever is wrong with it."""

import io

import pytest
from sqlalchemy import func, select, text
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.db.session import db
from app.models import User
from tests.support.http import assert_refused, data_of
from tests.support.races import at_once

REQUEST = {"reason": "I have taught this for years.", "qualifications": "A degree in it."}
HEADER = "email,first_name,last_name,username,external_id,department,hired_on,role"


@pytest.fixture
def admin(make):
    return make.admin(email="admin@example.org", username="boss")


@pytest.fixture
def office(api, admin):
    return api.as_(admin)


def send(client, content):
    content = content.encode() if isinstance(content, str) else content
    boundary, form = encode_multipart({"file": FileStorage(io.BytesIO(content), "people.csv")})
    return client.post("/users/import", data=form, content_type=f"multipart/form-data; boundary={boundary}")


def imported(client, *rows, header=HEADER):
    return data_of(send(client, "\n".join([header, *rows])))


def outcomes(report):
    return [(line["outcome"], line["code"], sorted(line["details"])) for line in report["results"]]


def found(office, email):
    return next(person for person in data_of(office.get("/users?page_size=100")) if person["email"] == email)


@pytest.fixture
def ada(make):
    return make.student(
        email="ada@example.org",
        username="ada",
        first_name="Ada",
        last_name="Lovelace",
        external_id="HR-1",
        department="Analysis",
    )


def test_new_people_are_verified_and_invited_to_set_a_password(office, api):
    report = imported(
        office,
        "Grace@Example.org,Grace,Hopper,grace,HR-2,Navy,2026-09-01,instructor",
        "kim@example.org,Kim,,,,,,",
    )

    assert outcomes(report) == [("created", None, []), ("created", None, [])]
    assert [(line["row"], line["input"]) for line in report["results"]] == [
        (1, "HR-2"),
        (2, "kim@example.org"),
    ]
    grace, kim = found(office, "grace@example.org"), found(office, "kim@example.org")
    assert [line["user_id"] for line in report["results"]] == [grace["id"], kim["id"]]
    assert {name: grace[name] for name in ("username", "external_id", "department", "hired_on", "role")} == {
        "username": "grace",
        "external_id": "HR-2",
        "department": "Navy",
        "hired_on": "2026-09-01",
        "role": "INSTRUCTOR",
    }
    assert (kim["username"], kim["last_name"], kim["role"], kim["email_verified"]) == (
        "kim",
        "",
        "STUDENT",
        True,
    )
    told = data_of(office.get("/notices?kind=SET_PASSWORD"))
    assert {notice["user_id"] for notice in told} == {grace["id"], kim["id"]}


def test_the_sums_name_every_outcome(office, ada):
    report = imported(office, "ada@example.org,,,,,,,", "ada@example.org,,,,,,,", "x,,,,,,,")

    assert (report["requested"], report["unique"]) == (3, 2)
    assert report["counts"] == {"created": 0, "updated": 0, "unchanged": 1, "duplicate": 1, "invalid": 1}


@pytest.mark.parametrize(
    ("row", "changed"),
    [
        ("ada@example.org,,,,HR-1,Engines,,", {"department": "Engines"}),
        ("ADA@example.org,,King,,,,,", {"last_name": "King", "full_name": "Ada King"}),
        ("countess@example.org,Ada,Lovelace,,HR-1,,,", {"email": "countess@example.org"}),
        (",,,,HR-1,,2020-02-29,", {"hired_on": "2020-02-29"}),
        ("ada@example.org,,,ada.king,,,,", {"username": "ada.king"}),
        ("ada@example.org,,,,,,,INSTRUCTOR", {"role": "INSTRUCTOR"}),
    ],
)
def test_known_people_are_brought_up_to_date_and_empty_cells_clear_nothing(office, ada, row, changed):
    before = data_of(office.get(f"/users/{ada.id}"))

    report = imported(office, row)

    assert outcomes(report) == [("updated", None, [])]
    assert report["results"][0]["user_id"] == str(ada.id)
    assert data_of(office.get(f"/users/{ada.id}")) == {**before, **changed}


def test_a_day_in_another_spelling_is_refused_with_the_right_one(office):
    report = imported(office, "kim@example.org,Kim,,,,,31/01/26,")

    assert report["results"][0]["details"] == {"hired_on": ["Give a day such as 2026-09-01."]}


def test_a_second_import_of_the_same_file_changes_nothing(office):
    rows = [
        f"p{number}@example.org,Person,{number},,HR-{number},Hall,2026-01-01,STUDENT" for number in range(30)
    ]
    first = imported(office, *rows)

    second = imported(office, *rows)

    assert first["counts"]["created"] == second["counts"]["unchanged"] == 30
    assert [line["user_id"] for line in first["results"]] == [line["user_id"] for line in second["results"]]
    assert len(data_of(office.get("/notices?kind=SET_PASSWORD&page_size=100"))) == 30


def test_a_user_without_an_external_id_gets_it_by_email(office, make):
    kim = make.student(email="kim@example.org")

    assert outcomes(imported(office, "kim@example.org,,,,HR-9,,,")) == [("updated", None, [])]
    assert data_of(office.get(f"/users/{kim.id}"))["external_id"] == "HR-9"


@pytest.mark.parametrize(
    ("row", "code", "fields"),
    [
        ("not an address,Kim,,,,,,", "invalid_request", ["email"]),
        ("kim@example.org,,Kim,,,,,", "invalid_request", ["first_name"]),
        (",Kim,,,HR-9,,,", "invalid_request", ["email"]),
        ("kim@example.org,Kim,,a b,,,yesterday,", "invalid_request", ["hired_on", "username"]),
        ("kim@example.org,Kim,,,,,,ADMIN", "invalid_request", ["role"]),
        ("kim@example.org,Kim,,,,,,KING", "invalid_request", ["role"]),
        ("admin@example.org,,,,,,,STUDENT", "invalid_request", ["role"]),
        ("kim@example.org,Kim,,,,,,,,x", "invalid_request", ["row"]),
        (f"kim@example.org,{'x' * 101},,,,,,", "invalid_request", ["first_name"]),
        ("kim@example.org,Ki\0m,,,,,,", "invalid_request", ["first_name"]),
        ("kim@example.org,Kim,,ADA,,,,", "username_taken", ["username"]),
        ("ada@example.org,Kim,,,HR-9,,,", "email_taken", ["email"]),
        ("ada@example.org,,,,HR-7,,,", "identity_conflict", ["email"]),
    ],
)
def test_a_bad_row_says_what_is_wrong_and_fails_no_other(office, make, ada, row, code, fields):
    make.student(external_id="HR-7")

    report = imported(office, "a@example.org,A,,,,,,", row, "b@example.org,B,,,,,,")

    assert outcomes(report) == [("created", None, []), ("invalid", code, fields), ("created", None, [])]
    assert report["results"][1]["user_id"] is None


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("k@example.org,Kim,,,,,,", "K@example.org,Kim,,,,,,", ("duplicate", None)),
        ("k@example.org,Kim,,,HR-9,,,", "l@example.org,Kim,,,HR-9,,,", ("invalid", "identity_conflict")),
        ("k@example.org,Kim,,,HR-9,,,", "K@example.org,Kim,,,HR-9,,,", ("duplicate", None)),
        ("k@example.org,Kim,,,HR-9,,,", ",Kim,,,HR-9,,,", ("duplicate", None)),
        ("k@example.org,Kim,,,HR-9,,,", "k@example.org,Kim,,,HR-8,,,", ("invalid", "email_taken")),
        ("k@example.org,Kim,,kim,,,,", "l@example.org,Lee,,KIM,,,,", ("invalid", "username_taken")),
        ("ada@example.org,,,,,,,", ",,,,HR-1,,,", ("duplicate", None)),
        ("a@example.org,Lovelace,ADA,,HR-1,,,", "a@example.org,Abe,,,,,,", ("duplicate", None)),
        ("a@example.org,Lovelace,ADA,,HR-1,,,", "ada@example.org,Abe,,,HR-2,,,", ("invalid", "email_taken")),
        ("k@example.org,Ada,,,,,,", "l@example.org,Ada,,,,,,", ("created", None)),
    ],
)
def test_what_a_row_was_given_a_second_does_not_get(office, ada, first, second, expected):
    report = imported(office, first, second)

    line = report["results"][1]
    assert report["results"][0]["outcome"] in {"created", "updated", "unchanged"}
    assert (line["outcome"], line["code"]) == expected


def test_people_of_one_name_get_usernames_of_their_own(office):
    report = imported(office, *[f"p{number}@example.org,Ada,Lovelace,,,,," for number in range(20)])

    assert report["counts"]["created"] == 20
    names = {found(office, f"p{number}@example.org")["username"] for number in range(20)}
    assert len(names) == 20
    assert all(name.startswith("ada.lovelace") for name in names)


@pytest.mark.parametrize(
    "content",
    [
        f"\ufeff{HEADER}\r\nk@example.org,Kim,,,,,,\r\n",
        "email;first_name\nk@example.org;Kim\n",
        "First_Name , EMAIL\nKim,k@example.org",
        'email,first_name\n\n"k@example.org","Kim"\n\n,\n',
        'email,first_name,department\nk@example.org,Kim,"Sales, ""north"" and south"\n',
    ],
    ids=["mark", "semicolons", "order", "blank lines", "quotes"],
)
def test_spreadsheets_may_write_as_they_do(office, content):
    report = data_of(send(office, content))

    assert outcomes(report) == [("created", None, [])]
    assert found(office, "k@example.org")["first_name"] == "Kim"


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b'email,first_name\n"k@example.org,Kim', 400, "invalid_request"),
        (b'email,first_name\n"k@example.org"x,Kim', 400, "invalid_request"),
        (b"email," + b"x" * 200_000 + b"\n", 400, "invalid_request"),
        (b"email\nk@example.org" + b"," * 100_000, 400, "invalid_request"),
        (b"email\n" + b'"\n",' * 26_000, 400, "invalid_request"),
        (b"email,email\nk@example.org,x", 422, "invalid_request"),
        (b"first_name\nKim", 422, "invalid_request"),
        (b"k@example.org,Kim\n", 422, "invalid_request"),
        (b"\n\n", 422, "invalid_request"),
        (b"", 422, "invalid_request"),
        (b"email\n" + b"x@example.org\n" * 10_001, 422, "too_many_people"),
        (b"email\n" + b"x" * 4_200_000, 413, "too_large"),
    ],
    ids=[
        "open quote",
        "text after quote",
        "huge cell",
        "huge row",
        "huge row of many lines",
        "column twice",
        "no key",
        "no header",
        "blank",
        "empty",
        "too many",
        "too large",
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(office, content, status, code):
    assert_refused(send(office, content), status, code)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('email,first_name\n"k@example.org",Kim\n"l@example.org"x,Lou\n', 3),
        ('email,first_name\nk@example.org,"Kim\nKey"\n"l@example.org"x,Lou\n', 4),
        ('email,first_name\nk@example.org,"Kim\nKey', 2),
        ("email" + "," * 100_000, 1),
        ("email\n\nk@example.org\n" + "," * 100_001, 4),
        ('email\nk@example.org\n"' + "\n" * 100_001 + '"', 3),
    ],
)
def test_the_line_is_named_on_which_a_row_begins_that_cannot_be_read(office, content, line):
    response = send(office, content)

    assert_refused(response, 400, "invalid_request")
    assert response.get_json()["message"].startswith(f"Line {line} cannot be read as CSV")


def test_a_row_that_is_long_is_read_however_many_were_before_it(office):
    note = "x" * 60_000

    report = imported(office, f"{note},k", f"{note},k", header="email,department")

    assert [outcome for outcome, *_ in outcomes(report)] == ["invalid", "invalid"]


def test_a_file_comes_in_a_form(office):
    assert_refused(office.post("/users/import", json={"file": "x"}), 415, "unsupported_media_type")


def test_a_header_alone_imports_no_user(office):
    assert data_of(send(office, HEADER))["results"] == []


def test_a_lower_role_ends_the_sessions_of_those_who_had_the_higher(office, api, make, ada):
    teacher = make.instructor(email="t@example.org")
    first, second = api.as_(teacher), api.as_(ada)

    imported(office, "t@example.org,,,,,,,STUDENT", "ada@example.org,,,,,,,INSTRUCTOR")

    assert_refused(first.get("/auth/me"), 401, "unauthenticated")
    assert data_of(second.get("/auth/me"))["role"] == "INSTRUCTOR"


def test_a_renamed_instructor_is_found_by_the_new_name(office, api, make):
    course = make.course(instructor=make.instructor(email="ines@example.org", last_name="Quill"))

    imported(office, "ines@example.org,,Zimmermann,,,,,")

    assert [each["id"] for each in data_of(api.get("/courses?search=zimmermann"))] == [str(course.id)]


def test_who_is_not_renamed_costs_no_write_to_what_search_reads(app, office, api, ada):
    data_of(api.as_(ada).post("/instructor-requests", json=REQUEST), 201)

    def version():
        with app.app_context():
            return db.session.scalar(text("SELECT xmin::text FROM instructor_requests"))

    before = version()
    imported(office, "ada@example.org,Ada,Lovelace,ada,HR-1,Engines,,")
    assert version() == before

    imported(office, "ada@example.org,,King,,,,,")
    assert version() != before
    assert len(data_of(office.get("/instructor-requests?search=king"))) == 1


def test_a_demoted_owner_of_a_course_is_found_by_the_new_name(office, api, make):
    course = make.course(instructor=make.student(email="ines@example.org", last_name="Quill"))

    imported(office, "ines@example.org,,Zimmermann,,,,,")

    assert [each["id"] for each in data_of(api.get("/courses?search=zimmermann"))] == [str(course.id)]


def test_trust_to_publish_ends_with_the_role(office, make):
    former = make.instructor(email="former@example.org", can_self_publish=True)
    future = make.student(email="future@example.org", can_self_publish=True)

    imported(office, "former@example.org,,,,,,,STUDENT", "future@example.org,,,,,,,STUDENT")

    trust = [data_of(office.get(f"/users/{person.id}"))["can_self_publish"] for person in (former, future)]
    assert trust == [False, True]


def test_an_import_costs_the_same_for_many_as_for_few(office, make, statements):
    def cost(name, count):
        people = [make.instructor(email=f"{name}{number}@example.org") for number in range(count)]
        rows = [f"{person.email},,Renamed,,,,,STUDENT" for person in people]
        # Of other names than before: a username that is taken costs another try.
        rows += [f"new.{person.email},New,{name.title()},,,,," for person in people]
        with statements() as seen:
            report = imported(office, *rows)
        assert report["counts"]["updated"] == report["counts"]["created"] == count
        return len(seen)

    assert cost("few", 2) == cost("many", 60)


@pytest.mark.parametrize("attempt", range(5))
def test_concurrent_imports_create_every_user_once(app, office, attempt):
    rows = [f"p{number}@example.org,Person,{number},,HR-{number},,," for number in range(60)]

    answers = at_once(*[lambda: send(office, "\n".join([HEADER, *rows]))] * 3)

    counts = [data_of(answer)["counts"] for answer in answers]
    assert sum(count["created"] for count in counts) == 60
    assert sum(count["unchanged"] for count in counts) == 120
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 61
