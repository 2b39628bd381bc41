"""An import never makes one person's account another's, whatever the file says their number is."""

import io

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.services.people.users_import_identity import is_same_name
from tests.support.http import data_of

HEADER = "email,first_name,last_name,external_id"


@pytest.fixture
def office(api, make):
    return api.as_(make.admin(email="admin@example.org", username="boss"))


@pytest.fixture
def ann(make):
    return make.student(
        email="ann@example.org", first_name="Ann", last_name="Løve", external_id="HR-1", username="ann"
    )


def imported(client, *rows, header=HEADER, query=""):
    content = "\n".join([header, *rows]).encode()
    boundary, form = encode_multipart({"file": FileStorage(io.BytesIO(content), "people.csv")})
    return data_of(
        client.post(
            f"/users/import{query}", data=form, content_type=f"multipart/form-data; boundary={boundary}"
        )
    )


def lines(report):
    return [(line["outcome"], line["code"], sorted(line["details"])) for line in report["results"]]


CONFLICT = ("invalid", "identity_conflict", ["external_id"])


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("bob@example.org,Bob,Barr,HR-1", CONFLICT),
        ("bob@example.org,,,HR-1", CONFLICT),
        ("bob@example.org,Ann,,HR-1", CONFLICT),
        (",Bob,Barr,HR-1", CONFLICT),
        (",,Barr,HR-1", CONFLICT),
        ("ANN@example.org,Ann,Barr,HR-1", ("updated", None, [])),
        ("ann.new@example.org,Ann,Løve,HR-1", ("updated", None, [])),
        ("ann.new@example.org,LOVE,ann,HR-1", ("updated", None, [])),
        (",Ann,Løve,HR-1", ("unchanged", None, [])),
        (",,,HR-1", ("unchanged", None, [])),
    ],
)
def test_an_external_id_needs_the_address_or_the_name_beside_it(office, ann, row, expected):
    before = data_of(office.get(f"/users/{ann.id}"))

    report = imported(office, row)

    assert lines(report) == [expected]
    if expected[0] == "invalid":
        assert report["results"][0]["user_id"] is None
        assert data_of(office.get(f"/users/{ann.id}")) == before


def test_next_weeks_file_does_not_give_an_account_to_another_user(office, api, ann):
    session = api.as_(ann)

    imported(office, "bob@example.org,Bob,Barr,HR-1")

    me = data_of(session.get("/auth/me"))
    assert (me["email"], me["first_name"]) == ("ann@example.org", "Ann")


def test_two_people_with_one_external_id_in_a_file_are_both_named(office):
    report = imported(office, "kim@example.org,Kim,Aro,HR-9", "lee@example.org,Lee,Berg,HR-9")

    assert lines(report) == [("created", None, []), CONFLICT]


def test_an_address_and_an_external_id_of_two_accounts_are_refused_either_way(office, make, ann):
    make.student(email="bob@example.org", external_id="HR-2")

    for query in ("", "?on_conflict=update"):
        report = imported(office, "bob@example.org,Ann,Løve,HR-1", query=query)
        assert lines(report) == [("invalid", "identity_conflict", ["email"])]


def test_the_external_id_decides_where_the_admin_says_so_and_the_line_says_it(office, ann):
    report = imported(
        office,
        "ann.barr@example.org,Anna,Barr,HR-1",
        "other@example.org,Anna,Barr,HR-1",
        "kim@example.org,Kim,Aro,HR-9",
        query="?on_conflict=update",
    )

    assert lines(report) == [
        ("updated", "identity_conflict", []),
        ("duplicate", "identity_conflict", []),
        ("created", None, []),
    ]
    changed = data_of(office.get(f"/users/{ann.id}"))
    assert (changed["email"], changed["full_name"]) == ("ann.barr@example.org", "Anna Barr")


DAMAGED = [
    "1.23457E+11",
    "1,23457e+11",
    "1E+15",
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#NAME?",
    "#DIV/0!",
    "#BEZUG!",
    "########",
    "Err:502",
    "NULL",
    "None",
    "nan",
    "N/A",
    "20077.0",
    "20077,00",
    "TBD",
    "unknown",
    "FALSE",
    "-",
    "–",
]


@pytest.mark.parametrize("damaged", DAMAGED)
def test_an_identifier_that_a_spreadsheet_destroyed_is_nobodys(office, damaged):
    cell = f'"{damaged}"'
    report = imported(
        office,
        f"kim@example.org,Kim,Aro,{cell},",
        f"lee@example.org,Lee,Berg,{cell},",
        f"mia@example.org,Mia,Cole,,{cell}",
        f"{cell},Noa,Dahl,HR-4,",
        header=f"{HEADER},username",
    )

    assert lines(report) == [
        ("invalid", "damaged_identifier", ["external_id"]),
        ("invalid", "damaged_identifier", ["external_id"]),
        ("invalid", "damaged_identifier", ["username"]),
        ("invalid", "damaged_identifier", ["email"]),
    ]
    assert report["results"][0]["input"] == damaged


@pytest.mark.parametrize("fine", ["12E4", "E+11", "N-1", "#12", "none-1", "0", "1.5"])
def test_an_identifier_that_only_looks_strange_is_taken(office, fine):
    assert lines(imported(office, f"kim@example.org,Kim,Aro,{fine}")) == [("created", None, [])]


@pytest.mark.parametrize("written", ['="00123"', '"=""00123"""', "'00123", "' 00123"])
def test_an_identifier_in_its_protection_is_unwrapped(office, written):
    report = imported(office, f"kim@example.org,Kim,Aro,{written}")

    person = data_of(office.get(f"/users/{report['results'][0]['user_id']}"))
    assert person["external_id"] == "00123"


def test_what_our_own_sheets_protect_comes_back_as_it_was(office):
    report = imported(office, "kim@example.org,'t Hooft,'-Aro,", "lee@example.org,#REF!,Berg,")

    assert lines(report) == [("created", None, []), ("invalid", "invalid_request", ["first_name"])]
    person = data_of(office.get(f"/users/{report['results'][0]['user_id']}"))
    assert (person["first_name"], person["last_name"]) == ("'t Hooft", "-Aro")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ada Lovelace", "LOVELACE, Ada", True),
        ("Zoë O'Brien", "Zoe O’Brien", True),
        ("Łukasz Strauß", "lukasz strauss", True),
        ("Jean-Luc Roy", "Jean Luc Roy", True),
        ("Мария Чайка", "МАРИЯ ЧАИКА", True),
        ("Ada Lovelace", "Ada K. Lovelace", False),
        ("Ada", "Ada Lovelace", False),
        ("李明", "黎明", False),
        ("कुमार", "कमर", False),
        ("रानी", "रीना", False),
        ("দীপা", "দিপী", False),
        ("นารี", "นาริ", False),
        ("रानी देवी", "देवी रानी", True),
        ("★", "♥", False),
        ("★", "★", True),
        ("co\u00adleen", "Coleen", True),
        ("ハナ", "バナ", False),
    ],
)
def test_a_name_is_the_same_without_case_accents_and_order(one, other, same):
    assert is_same_name(one, other) is same
