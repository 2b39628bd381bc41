"""Sheets of people as spreadsheets, HR systems and schools write them. All people are invented."""

import io

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.adapters.sheets.titles import word_of
from app.schemas.users_import_columns import PEOPLE
from tests.support.http import assert_refused, data_of
from tests.support.paths import ROOT

KIM = {"email": "kim@example.org", "first_name": "Kim"}

ONE_ROSTER = (
    "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,"
    "identifier,email,sms,phone,agentSourcedIds,grades,password\n"
    'u-101,active,2026-08-01T00:00:00.000Z,true,"o-1,o-2",student,kim.aro,{LDAP:kim},Kim,Aro,,S-9,kim@example.org,,,,10,'
    "Pa55word-of-kim\n"
    "u-102,,,true,o-1,teacher,lee.berg,,Lee,Berg,,,lee@example.org,,,,,\n"
)
CANVAS = (
    "user_id,integration_id,login_id,password,first_name,last_name,full_name,sortable_name,short_name,email,status\n"
    'SIS-101,,kim@example.org,Pa55word-of-kim,Kim,Aro,Kim Aro,"Aro, Kim",Kim,kim@example.org,active\n'
    'SIS-102,,lee.berg,,Lee,Berg,Lee Berg,"Berg, Lee",Lee,lee@example.org,active\n'
)
MOODLE = (
    "username,password,firstname,lastname,email,idnumber,department,course1,role1,profile_field_floor\n"
    "kim.aro,Pa55word-of-kim,Kim,Aro,kim@example.org,M-101,Physics,PH101,student,2\n"
    "lee.berg,,Lee,Berg,lee@example.org,M-102,Physics,PH101,editingteacher,3\n"
)
HR = (
    "First Name;Last Name;Work Email;Employee ID;Hire Date;Cost Centre\n"
    "Kim;Aro;kim@example.org;00123;01.09.2026;77\n"
    "Lee;Berg;lee@example.org;00124;31.12.2025;78\n"
)


@pytest.fixture
def office(api, make):
    return api.as_(make.admin(email="admin@example.org", username="boss"))


def send(client, content, query=""):
    content = content.encode() if isinstance(content, str) else content
    boundary, form = encode_multipart({"file": FileStorage(io.BytesIO(content), "people.csv")})
    return client.post(
        f"/users/import{query}", data=form, content_type=f"multipart/form-data; boundary={boundary}"
    )


def imported(client, content):
    report = data_of(send(client, content))
    return report, [line["outcome"] for line in report["results"]]


def person(client, email="kim@example.org"):
    (found,) = [each for each in data_of(client.get("/users")) if each["email"] == email]
    return found


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter", "ignored"),
    [
        ("email,first_name,\nkim@example.org,Kim,\n", "utf-8", "comma", []),
        ("email,first_name,,,\nkim@example.org,Kim\n", "utf-8", "comma", []),
        ("email,first_name\nkim@example.org,Kim,,, ,\n", "utf-8", "comma", []),
        ("email,first_name,last_name,department\nkim@example.org,Kim\n", "utf-8", "comma", []),
        ("email,first_name\nkim@example.org ,Kim\n", "utf-8", "comma", []),
        ("email,first_name\nkim@example.org\xa0,\u200bKim\u3000\n", "utf-8", "comma", []),
        ('email,first_name\n"kim@example.org\n","\r\nKim"\n', "utf-8", "comma", []),
        ("email\tfirst_name\nkim@example.org\tKim\n", "utf-8", "tab", []),
        ("email|first_name\nkim@example.org|Kim\n", "utf-8", "bar", []),
        ("sep=;\nemail;first_name\nkim@example.org;Kim\n", "utf-8", "semicolon", []),
        ('\ufeff"sep=\t"\r\nemail\tfirst_name\r\nkim@example.org\tKim\r\n', "utf-8", "tab", []),
        ('"email";"first_name";"a, b, c"\nkim@example.org;Kim;x\n', "utf-8", "semicolon", ["a, b, c"]),
        ("email\tfirst_name\nkim@example.org\tKim\n".encode("utf-16"), "utf-16", "tab", []),
        (b"\xfe\xff" + "email,first_name\nkim@example.org,Kim".encode("utf-16-be"), "utf-16", "comma", []),
        ("email,first_name\rkim@example.org,Kim\r", "utf-8", "comma", []),
        ("E-Mail,First Name [Required],Shoe size\nkim@example.org,Kim,44\n", "utf-8", "comma", ["Shoe size"]),
        ('"Work\nEmail";"First\r\nName"\nkim@example.org;Kim\n', "utf-8", "semicolon", []),
        ('"\nE-Mail"\t"First Name\n(as in a, b, c)"\nkim@example.org\tKim\n', "utf-8", "tab", []),
    ],
    ids=[
        "empty last column",
        "empty last columns",
        "extra empty cells",
        "without the trailing cells",
        "space",
        "spaces that are none",
        "line breaks",
        "tabs",
        "bars",
        "sep",
        "sep of tabs",
        "delimiters in a title",
        "UTF-16",
        "UTF-16, big end first",
        "carriage returns",
        "titles",
        "line breaks in titles",
        "line breaks and commas in titles",
    ],
)
def test_a_sheet_is_read_as_it_comes(office, content, encoding, delimiter, ignored):
    report, outcomes = imported(office, content)

    assert outcomes == ["created"], report["results"]
    assert {name: person(office)[name] for name in KIM} == KIM
    sheet = report["sheet"]
    assert (sheet["encoding"], sheet["delimiter"]) == (encoding, delimiter)
    assert sheet["ignored_columns"] == ignored


def test_a_sheet_of_windows_is_read_and_named(office):
    content = "email;first_name;department\nkim@example.org;Zoë;Größe – “A”\n".encode("windows-1252")

    report, outcomes = imported(office, content)

    assert outcomes == ["created"]
    assert report["sheet"]["encoding"] == "windows-1252"
    assert (person(office)["first_name"], person(office)["department"]) == ("Zoë", "Größe – “A”")


def test_line_breaks_in_a_cell_become_spaces(office):
    imported(office, 'email,first_name,department\nkim@example.org,"Kim\nAnn","Sales,\r\nnorth\u2028wing"\n')

    assert (person(office)["first_name"], person(office)["department"]) == ("Kim Ann", "Sales, north wing")


@pytest.mark.parametrize(
    ("content", "kim", "ignored"),
    [
        (
            HR,
            {"external_id": "00123", "hired_on": "2026-09-01", "last_name": "Aro"},
            ["Cost Centre"],
        ),
        (
            ONE_ROSTER,
            {"external_id": "u-101", "username": "kim.aro", "role": "STUDENT", "last_name": "Aro"},
            [
                "dateLastModified",
                "orgSourcedIds",
                "userIds",
                "middleName",
                "identifier",
                "sms",
                "phone",
                "agentSourcedIds",
                "grades",
                "password",
            ],
        ),
        (
            CANVAS,
            {"external_id": "SIS-101", "username": "kim.aro", "last_name": "Aro"},
            ["integration_id", "password", "sortable_name", "short_name"],
        ),
        (
            MOODLE,
            {"external_id": "M-101", "username": "kim.aro", "department": "Physics", "role": "STUDENT"},
            ["password", "course1", "role1", "profile_field_floor"],
        ),
    ],
    ids=["HR", "OneRoster", "Canvas", "Moodle"],
)
def test_sheets_of_other_systems_are_read(office, content, kim, ignored):
    report, outcomes = imported(office, content)

    assert outcomes == ["created", "created"], report["results"]
    assert {name: person(office)[name] for name in kim} == kim
    assert report["sheet"]["ignored_columns"] == ignored


def test_a_teacher_of_another_system_is_an_instructor(office):
    imported(office, ONE_ROSTER)

    assert person(office, "lee@example.org")["role"] == "INSTRUCTOR"


@pytest.mark.parametrize("content", [ONE_ROSTER, CANVAS, MOODLE])
def test_a_password_in_a_sheet_is_neither_kept_nor_repeated(office, api, content):
    answer = send(office, content)

    assert "Pa55word" not in answer.text
    login = api.post("/auth/login", json={"email": "kim@example.org", "password": "Pa55word-of-kim"})
    assert_refused(login, 401, "invalid_credentials")


def test_the_report_says_which_column_was_taken_for_what(office):
    report, _ = imported(
        office, "Work  Email;Mail;Given Name;Employee ID\nkim@example.org;old@example.org;Kim;7\n"
    )

    assert report["sheet"] == {
        "encoding": "utf-8",
        "delimiter": "semicolon",
        "columns": {"email": "Work Email", "first_name": "Given Name", "external_id": "Employee ID"},
        "ignored_columns": ["Mail"],
    }


def test_a_strict_import_refuses_columns_that_are_not_known(office):
    content = "email,first_name,Shoe size,Hobby\nkim@example.org,Kim,44,chess\n"

    details = assert_refused(send(office, content, "?strict=true"), 422, "invalid_request")

    assert details == {"file": ["Unknown column: Shoe size.", "Unknown column: Hobby."]}
    assert data_of(send(office, content, "?strict=false"))["counts"]["created"] == 1


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04\x14\x00\x06\x00\x08\x00xl/workbook.xml",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40),
        b"\x1f\x8b\x08" + bytes(9),
        b"\n<html><table><tr><td>email</td></tr></table></html>",
        b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>",
        b"\x89PNG\r\n\x1a\n" + bytes(20),
        b"\xff\xd8\xff\xe0" + bytes(20),
    ],
    ids=["xlsx or ods", "xls", "gzip", "web page", "xml", "png", "jpeg"],
)
def test_a_workbook_is_to_be_saved_as_csv(office, content):
    response = send(office, content)

    assert_refused(response, 415, "unsupported_media_type")
    assert "Save it as CSV" in response.get_json()["message"]


@pytest.mark.parametrize(
    "content",
    [
        "email,first_name\nkim@example.org,Kim".encode("utf-16-le"),
        b"\xff\xfee\x00m\x00a",
        "email,first_name\nkim@example.org,Zoë".encode() + b"\xe9\n",
        b"email,first_name\nkim@example.org,Ki\x81m",
    ],
    ids=["UTF-16 without its mark", "half a character", "broken UTF-8", "no letter of Windows-1252"],
)
def test_a_sheet_of_no_known_encoding_is_refused(office, content):
    response = send(office, content)

    assert_refused(response, 400, "invalid_request")
    assert "Save it as CSV in UTF-8" in response.get_json()["message"]


@pytest.mark.parametrize(
    "row", ["kim@example.org,Kim,Sales, north", "kim@example.org,Kim,,x", ",kim@example.org,,,Kim"]
)
def test_a_row_with_a_value_beyond_its_titles_is_not_guessed(office, row):
    report, outcomes = imported(office, f"email,first_name,department\n{row}\nlee@example.org,Lee,\n")

    assert outcomes == ["invalid", "created"]
    assert list(report["results"][0]["details"]) == ["row"]


@pytest.mark.parametrize("blank", ["\u200b", "\xad", "\u2060\ufeff", "\u3000", " \u200d ", '"\n"'])
def test_invisible_text_is_an_empty_cell(office, make, blank):
    kim = make.student(email="kim@example.org", first_name="Kim", department="Hall", external_id="HR-1")

    report, outcomes = imported(
        office,
        f"email,first_name,department,external_id\nkim@example.org,{blank},{blank},{blank}\n"
        f"lee@example.org,Lee,{blank},{blank}\nmia@example.org,Mia,{blank},{blank}\nnoa@example.org,{blank},,\n",
    )

    assert outcomes == ["unchanged", "created", "created", "invalid"]
    assert list(report["results"][3]["details"]) == ["first_name"]
    before = data_of(office.get(f"/users/{kim.id}"))
    assert (before["first_name"], before["department"], before["external_id"]) == ("Kim", "Hall", "HR-1")
    assert [person(office, f"{name}@example.org")["external_id"] for name in ("lee", "mia")] == [None, None]
    assert person(office, "lee@example.org")["department"] is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-09-01", "2026-09-01"),
        ("2026/9/1", "2026-09-01"),
        ("2026-09-01T00:00:00.000Z", "2026-09-01"),
        ("2026-09-01 00:00:00", "2026-09-01"),
        ("31.12.2026", "2026-12-31"),
        ("1.2.2026", "2026-02-01"),
        ("12/31/2026", "2026-12-31"),
        ("31-12-2026", "2026-12-31"),
        ("5/5/2026", "2026-05-05"),
        ("1-Sep-2026", "2026-09-01"),
        ("01 September 2026", "2026-09-01"),
    ],
)
def test_a_day_is_read_that_can_be_read_in_one_way_only(office, written, read):
    imported(office, f"email,first_name,Start Date\nkim@example.org,Kim,{written}\n")

    assert person(office)["hired_on"] == read


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("01/02/2026", "This could be 2026-02-01 or 2026-01-02: write the date as YYYY-MM-DD."),
        ("1-2-2026", "This could be 2026-02-01 or 2026-01-02: write the date as YYYY-MM-DD."),
        ("31/31/2026", "There is no such day. Give a day such as 2026-09-01."),
        ("1-Sex-2026", "Give a day such as 2026-09-01."),
        ("01/02/26", "Give a day such as 2026-09-01."),
        ("46266", "Give a day such as 2026-09-01."),
        ("soon", "Give a day such as 2026-09-01."),
    ],
)
def test_a_day_that_may_be_another_one_is_not_guessed(office, written, sentence):
    report, outcomes = imported(office, f"email,first_name,hired_on\nkim@example.org,Kim,{written}\n")

    assert outcomes == ["invalid"]
    assert report["results"][0]["details"] == {"hired_on": [sentence]}


@pytest.mark.parametrize(
    ("name", "names"),
    [("Kim Aro", ("Kim", "Aro")), ("Kim", ("Kim", "")), ("Kim van Aro", ("Kim", "van Aro"))],
)
def test_a_name_in_one_cell_is_cut_after_the_first_word(office, name, names):
    imported(office, f"email,Name\nkim@example.org,{name}\n")

    assert (person(office)["first_name"], person(office)["last_name"]) == names


@pytest.mark.parametrize("name", ["Kim", "Kim Aro"])
def test_a_name_beside_a_last_name_is_the_first_one_or_both(office, name):
    imported(office, f"email,Name,Surname\nkim@example.org,{name},Aro\n")

    assert (person(office)["first_name"], person(office)["last_name"]) == ("Kim", "Aro")


def test_a_name_in_one_cell_with_the_last_name_first_is_not_guessed(office):
    for content in (
        'email,Name\nk@example.org,"Aro, Kim"\n',
        'email,Name,Surname\nk@example.org,"Aro, Kim",Aro\n',
    ):
        report, outcomes = imported(office, content)

        assert outcomes == ["invalid"]
        assert "full_name" in report["results"][0]["details"]


def test_a_column_given_twice_is_refused(office):
    details = assert_refused(
        send(office, "email,E-Mail,first_name\nk@example.org,,K\n"), 422, "invalid_request"
    )

    assert details == {"file": ["Column given more than once: email (email and E-Mail)."]}


def test_a_sheet_with_too_many_columns_is_refused(office):
    header = ",".join(["email", *(f"c{number}" for number in range(500))])

    assert_refused(send(office, f"{header}\nk@example.org\n"), 422, "invalid_request")


def test_a_sheet_with_too_many_empty_titles_is_refused(office):
    """Each row is compared with every column, including those without a title."""
    response = send(office, f"email{',' * 90_000}x\nkim@example.org\n")

    details = assert_refused(response, 422, "invalid_request")

    assert details == {"file": ["The first line has more than 500 columns."]}


def test_no_title_means_two_columns():
    words = [word_of(title) for column in PEOPLE for title in column.words]

    assert len(words) == len(set(words))


def test_the_page_lists_every_title_in_its_order():
    page = (ROOT / "docs" / "importing.md").read_text(encoding="utf-8")
    table = page.partition("| column | also called |\n| --- | --- |\n")[2].partition("\n\n")[0]

    written = [line.strip("| ").replace("`", "").split(" | ") for line in table.splitlines()]
    assert written == [
        [column.name, ", ".join(column.words[column.words[0] == column.name :])] for column in PEOPLE
    ]
