"""Invisible characters are nothing: no identifier, name or department is made of it, wherever it comes in."""

import pytest

from tests.support.http import assert_refused, data_of

BLANK = ["", " ", "\u200b", "\xad", "\u3000\u2060", "\ufeff"]
NEW = {"email": "new@example.org", "first_name": "New"}
PASSWORD = "Analytical-Engine-1843"


@pytest.fixture
def office(api, make):
    return api.as_(make.admin())


@pytest.mark.parametrize("blank", BLANK, ids=ascii)
@pytest.mark.parametrize("field", ["email", "username", "first_name", "full_name", "external_id"])
def test_what_has_to_be_something_is_refused(api, office, make, field, blank):
    person = make.student(external_id="HR-1")
    body = {name: value for name, value in NEW.items() if field != "full_name" or name != "first_name"}
    calls = [
        (office.post, "/users", {**body, field: blank}),
        (office.patch, f"/users/{person.id}", {field: blank}),
    ]
    if field != "external_id":
        own = {**body, "password": PASSWORD, "password_confirm": PASSWORD}
        calls.append((api.post, "/auth/register", {**own, field: blank}))
    if field not in {"external_id", "email"}:
        calls.append((api.as_(person).patch, "/auth/me", {field: blank}))

    for call, path, sent in calls:
        assert list(assert_refused(call(path, json=sent), 422, "invalid_request")) == [field], path


@pytest.mark.parametrize("blank", BLANK, ids=ascii)
def test_what_may_be_left_out_is_then_left_out(api, office, make, blank):
    person = make.student(department="Hall", bio="Mine", phone_number="+44 20 7946 0958", last_name="Aro")
    empty = {"department": blank, "bio": blank, "phone_number": blank, "last_name": blank}
    given = {name: value for name, value in empty.items() if name != "bio"}

    made = data_of(office.post("/users", json={**NEW, **given}), 201)
    changed = data_of(office.patch(f"/users/{person.id}", json=empty))

    for user in (made, changed):
        assert [user[name] for name in empty] == [None, None, None, ""]
    own = {"bio": blank, "phone_number": blank, "last_name": blank}
    me = data_of(api.as_(person).patch("/auth/me", json=own))
    assert [me[name] for name in own] == [None, None, ""]


@pytest.mark.parametrize("blank", BLANK[1:], ids=ascii)
def test_no_name_is_cut_out_of_invisible_text(office, blank):
    made = data_of(
        office.post("/users", json={"email": NEW["email"], "full_name": f"{blank} Ada {blank} King"}), 201
    )

    assert (made["first_name"], made["last_name"]) == ("Ada", "King")
