"""Managers and activity in a sheet of people: who reports to whom, and who is let in."""

import io

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.services.people import reporting_lines
from tests.support.http import assert_refused, data_of
from tests.support.races import at_once

HEADER = "email,first_name,external_id,username,manager"


@pytest.fixture
def admin(make):
    return make.admin(email="admin@example.org", username="boss", password="Analytical-Engine-1843")


@pytest.fixture
def office(api, admin):
    return api.as_(admin)


def send(client, *rows, header=HEADER):
    content = "\n".join([header, *rows]).encode()
    boundary, form = encode_multipart({"file": FileStorage(io.BytesIO(content), "people.csv")})
    return client.post("/users/import", data=form, content_type=f"multipart/form-data; boundary={boundary}")


def imported(client, *rows, header=HEADER):
    return data_of(send(client, *rows, header=header))


def lines(report):
    return [(line["outcome"], line["code"], line["details"]) for line in report["results"]]


def managers(client):
    people = {each["id"]: each for each in data_of(client.get("/users?page_size=100"))}
    return {
        each["email"].partition("@")[0]: people[each["manager_id"]]["email"].partition("@")[0]
        for each in people.values()
        if each["manager_id"]
    }


def activity(client, header, *rows):
    return imported(client, *rows, header=f"email,first_name,{header}")


DONE = ("created", None, {})


def test_managers_are_named_in_any_way_and_any_order(office, make):
    make.student(email="old@example.org", username="old.hand", external_id="HR-0")

    report = imported(
        office,
        "a@example.org,A,,,B@Example.org",
        "b@example.org,B,HR-2,,chief",
        "c@example.org,C,,,HR-2",
        "d@example.org,D,,chief,HR-0",
        "e@example.org,E,,,OLD.hand",
        "f@example.org,F,,,old@example.org",
        "g@example.org,G,,,",
    )

    assert lines(report) == [DONE] * 7
    assert managers(office) == {"a": "b", "b": "d", "c": "b", "d": "old", "e": "old", "f": "old"}


def test_a_changed_manager_is_an_update_and_the_same_one_is_not(office, make):
    chief = make.student(email="chief@example.org")
    make.student(email="kim@example.org", manager_id=chief.id)
    make.student(email="other@example.org")
    header = "email,Manager Email,Manager"

    def outcome(*cells):
        return lines(imported(office, ",".join(cells), header=header))

    assert outcome("kim@example.org", "chief@example.org", "The Chief") == [("unchanged", None, {})]
    assert outcome("kim@example.org", "other@example.org", "Some Other") == [("updated", None, {})]
    assert outcome("kim@example.org", "", "") == [("unchanged", None, {})]
    assert managers(office) == {"kim": "other"}


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ("nobody@example.org", "There is no such user. Give an address, a username or an external id."),
        ("Jane Doe", "There is no such user. Give an address, a username or an external id."),
        ("two", "It means more than one user. Give the address."),
        ("kim@example.org", "This user would report to themselves."),
    ],
)
def test_a_manager_who_is_not_known_refuses_the_row_alone(office, make, named, sentence):
    make.student(external_id="two")
    make.student(username="two.more", external_id="three")
    make.student(username="two")

    report = imported(office, f"kim@example.org,Kim,,,{named}", "lee@example.org,Lee,,,")

    assert lines(report) == [("invalid", "invalid_request", {"manager": [sentence]}), DONE]


def test_rows_in_a_circle_are_refused_and_the_others_written(office, make):
    ada = make.student(email="ada@example.org")
    make.student(email="bea@example.org", manager_id=ada.id)

    report = imported(
        office,
        "x@example.org,X,,,y@example.org",
        "y@example.org,Y,,,z@example.org",
        "z@example.org,Z,,,x@example.org",
        "w@example.org,W,,,x@example.org",
        "v@example.org,V,,,w@example.org",
        "ada@example.org,,,,bea@example.org",
        "u@example.org,U,,,ada@example.org",
    )

    circle = "This user would report to themselves."
    told = [line["details"].get("manager", [None])[0] for line in report["results"]]
    in_row = "The manager is in row {}, which was refused: correct that row first.".format
    assert told == [circle] * 3 + [in_row(1), in_row(4), circle, None]
    assert managers(office) == {"bea": "ada", "u": "ada"}


def test_two_people_change_places(office, make):
    ada = make.student(email="ada@example.org")
    make.student(email="bea@example.org", manager_id=ada.id)
    make.student(email="top@example.org")

    report = imported(office, "ada@example.org,,,,bea@example.org", "bea@example.org,,,,top@example.org")

    assert lines(report) == [("updated", None, {})] * 2
    assert managers(office) == {"ada": "bea", "bea": "top"}


def test_a_manager_that_stays_because_a_row_was_refused_closes_no_circle(office, make):
    """Of X the row is refused, so that X goes on reporting to Y: then Y cannot come to report to X."""
    y = make.student(email="y@example.org")
    make.student(email="x@example.org", manager_id=y.id)

    report = imported(
        office,
        "x@example.org,,,,z@example.org",
        "y@example.org,,,,x@example.org",
        "z@example.org,Z,,,x@example.org",
    )

    assert [line["outcome"] for line in report["results"]] == ["invalid"] * 3
    assert managers(office) == {"x": "y"}


def test_a_chain_of_thousands_takes_few_statements(office, statements):
    def cost(name, count):
        rows = [f"{name}{n}@example.org,N,,,{name}{n + 1}@example.org" for n in range(count)]
        with statements() as seen:
            report = imported(office, *rows, f"{name}{count}@example.org,N,,,")
        assert report["counts"]["created"] == count + 1
        return len(seen)

    assert cost("few", 2) == cost("many", 3_000)


def test_every_user_is_looked_at_once_for_circles():
    chain = {number: number + 1 for number in range(200_000)}

    assert reporting_lines.circles(chain) == set()
    assert len(reporting_lines.circles({**chain, 200_000: 100_000})) == 100_001


def test_two_imports_never_close_a_circle_together(office, make):
    for attempt in range(5):
        one, two = (make.student(email=f"{name}{attempt}@example.org") for name in ("one", "two"))

        at_once(
            lambda one=one, two=two: send(office, f"{one.email},{two.email}", header="email,manager"),
            lambda one=one, two=two: send(office, f"{two.email},{one.email}", header="email,manager"),
        )

        pair = {f"one{attempt}", f"two{attempt}"}
        assert len(pair & managers(office).keys()) == 1


@pytest.mark.parametrize(
    ("header", "cell", "is_active"),
    [
        ("is_active", "false", False),
        ("Active", "No", False),
        ("enabledUser", "FALSE", False),
        ("status", "suspended", False),
        ("status", "tobedeleted", False),
        ("suspended", "1", False),
        ("deleted", "1", False),
        ("is_active", "yes", True),
        ("status", "active", True),
        ("suspended", "0", True),
        ("status", "", True),
    ],
)
def test_activity_is_read_in_the_words_of_other_systems(office, make, header, cell, is_active):
    kim = make.student(email="kim@example.org", first_name="Kim")

    report = activity(office, header, f"kim@example.org,Kim,{cell}")

    expected = ("unchanged", None, {}) if is_active else ("updated", "user_inactive", {})
    assert lines(report) == [expected]
    assert data_of(office.get(f"/users/{kim.id}"))["is_active"] is is_active


def test_one_column_that_says_no_is_enough(office, make):
    make.student(email="kim@example.org", first_name="Kim")

    report = activity(office, "enabledUser,status", "kim@example.org,Kim,true,tobedeleted")

    assert lines(report) == [("updated", "user_inactive", {})]


def test_an_unknown_status_shuts_no_user_out(office, make):
    make.student(email="kim@example.org", first_name="Kim")

    report = activity(office, "status", "kim@example.org,Kim,Full-time")

    assert lines(report) == [("invalid", "invalid_request", {"status": ["Give active or inactive."]})]


def test_who_is_deactivated_by_a_file_is_out_at_once_and_comes_back_by_one(office, api, make):
    kim = make.student(email="kim@example.org", password="Analytical-Engine-1843")
    session = api.as_(kim)

    activity(office, "is_active", "kim@example.org,,no")
    assert_refused(session.get("/auth/me"), 401, "unauthenticated")

    report = activity(office, "is_active", "kim@example.org,,yes")
    assert lines(report) == [("updated", None, {})]
    login = api.post("/auth/login", json={"email": "kim@example.org", "password": "Analytical-Engine-1843"})
    assert login.status_code == 200


@pytest.mark.parametrize("door", ["import", "activate", "activate-multiple"])
def test_a_user_made_inactive_is_invited_when_activated(office, door):
    report = activity(office, "is_active", "kim@example.org,Kim,no", "lee@example.org,Lee,no")
    kim, _ = (line["user_id"] for line in report["results"])

    def invited():
        rows = data_of(office.get("/notices?kind=SET_PASSWORD"))
        return [row["user_id"] for row in rows if row["state"] != "SUPPRESSED"]

    assert invited() == []
    if door == "import":
        activity(office, "is_active", "kim@example.org,,yes", "lee@example.org,,no")
    elif door == "activate":
        data_of(office.post(f"/users/{kim}/activate"))
    else:
        data_of(office.post("/users/activate-multiple", json={"user_ids": [kim]}))

    assert invited() == [kim]


@pytest.mark.parametrize("values", [{"password": "Analytical-Engine-1843"}, {"email_verified": False}])
def test_activation_invites_no_user_who_has_a_password_or_has_to_confirm_an_address(office, make, values):
    kim = make.student(email="kim@example.org", is_active=False, **values)

    data_of(office.post(f"/users/{kim.id}/activate"))

    assert data_of(office.get("/notices?kind=SET_PASSWORD")) == []


def test_a_row_about_an_inactive_user_says_so(office, make):
    make.student(email="kim@example.org", first_name="Kim", is_active=False)

    same = activity(office, "last_name", "kim@example.org,Kim,", "new@example.org,New,")
    changed = activity(office, "department", "kim@example.org,Kim,Hall")
    made = activity(office, "is_active", "lee@example.org,Lee,no")

    assert lines(same) == [("unchanged", "user_inactive", {}), DONE]
    assert lines(changed) == [("updated", "user_inactive", {})]
    assert lines(made) == [("created", "user_inactive", {})]
    assert not data_of(office.get(f"/users/{made['results'][0]['user_id']}"))["is_active"]


def test_a_file_leaves_the_last_admin_who_can_log_in(office, make):
    make.admin(email="second@example.org", password="Analytical-Engine-1843")
    make.admin(email="third@example.org")

    report = activity(
        office, "is_active", "second@example.org,,no", "third@example.org,,no", "admin@example.org,,no"
    )

    assert [(line["outcome"], line["code"]) for line in report["results"]] == [
        ("updated", "user_inactive"),
        ("updated", "user_inactive"),
        ("invalid", "last_admin"),
    ]
    assert data_of(office.get("/auth/me"))["is_active"]


def test_two_admins_who_shut_each_other_out_leave_one(api, make, admin):
    for attempt in range(5):
        other = make.admin(email=f"other{attempt}@example.org", password="Analytical-Engine-1843")
        first, second = api.as_(admin), api.as_(other)

        answers = at_once(
            lambda first=first, other=other: send(first, f"{other.email},no", header="email,is_active"),
            lambda second=second: send(second, f"{admin.email},no", header="email,is_active"),
        )

        counts = sorted(answer.status_code for answer in answers)
        assert counts[0] == 200
        me = first if first.get("/auth/me").status_code == 200 else second
        active = data_of(me.get("/users?role=ADMIN&is_active=true"))
        assert len(active) == 1
        survivor = active[0]["email"]
        if survivor != admin.email:
            activity(second, "is_active", f"{admin.email},,yes")
            first = api.as_(admin)
            activity(first, "is_active", f"{other.email},,no")


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ("boss@example.org,,HR-1,,", "boss@example.org"),
        ("boss@example.org,,HR-1,,", "HR-1"),
        (f"boss@example.org,{'x' * 101},HR-1,,", "BOSS@example.org"),
        ("boss@example.org,Bo,HR-1,,unknown@example.org", "boss@example.org"),
    ],
)
def test_a_manager_whose_row_is_refused_is_found_by_its_number(office, row, named):
    report = imported(office, "lee@example.org,Lee,,,", row, f"kim@example.org,Kim,,,{named}")

    assert lines(report)[0] == DONE
    assert lines(report)[1][0] == "invalid"
    sentence = "The manager is in row 2, which was refused: correct that row first."
    assert lines(report)[2] == ("invalid", "invalid_request", {"manager": [sentence]})
