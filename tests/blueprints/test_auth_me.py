"""The account of the caller: its profile and its password."""

import pytest

from tests.support.accounts import session_of
from tests.support.http import assert_refused, data_of
from tests.support.rows import PASSWORD


def change_to(new, old=PASSWORD, confirm=None):
    return {"old_password": old, "new_password": new, "new_password_confirm": confirm or new}


def test_changing_the_password_keeps_this_session_and_ends_the_others(api, ada):
    here, elsewhere = session_of(api, ada)["tokens"], session_of(api, ada)["tokens"]
    client = api.with_token(here["access"])

    fresh = data_of(client.post("/auth/change-password", json=change_to("Difference-Engine-1822")))

    assert data_of(api.with_token(fresh["access"]).get("/auth/me"))
    assert data_of(client.get("/auth/me"))
    assert data_of(api.post("/auth/refresh", json={"refresh": fresh["refresh"]}))
    assert_refused(api.with_token(elsewhere["access"]).get("/auth/me"), 401, "unauthenticated")
    assert_refused(api.post("/auth/refresh", json={"refresh": elsewhere["refresh"]}), 401, "token_invalid")
    assert_refused(api.post("/auth/refresh", json={"refresh": here["refresh"]}), 409, "already_rotated")
    login = {"email": ada.email, "password": PASSWORD}
    assert_refused(api.post("/auth/login", json=login), 401, "invalid_credentials")
    assert session_of(api, ada, "Difference-Engine-1822")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (change_to("Difference-Engine-1822", old="wrong"), "old_password"),
        (change_to("weak"), "new_password"),
        (change_to("Adalovelace1"), "new_password"),
        (change_to("Difference-Engine-1822", confirm="Difference-Engine-1823"), "new_password_confirm"),
    ],
)
def test_what_is_wrong_with_a_password_change_is_named(api, make, change, field):
    user = make.student(first_name="Ada", last_name="Lovelace", password=PASSWORD)

    response = api.as_(user).post("/auth/change-password", json=change)

    assert list(assert_refused(response, 422, "invalid_request")) == [field]
    assert session_of(api, user)


def test_me_is_the_account_without_its_secrets(api, ada):
    me = data_of(api.as_(ada).get("/auth/me"))

    assert me["email"] == "ada@example.org"
    assert not {"password", "password_hash", "deleted_at"} & set(me)


def test_changing_some_of_me_keeps_the_rest(api, make):
    user = make.student(phone_number="+49 30 1234", last_name="Byron")

    me = data_of(api.as_(user).patch("/auth/me", json={"first_name": "Augusta", "bio": "Poet's daughter"}))

    assert (me["full_name"], me["bio"], me["phone_number"]) == (
        "Augusta Byron",
        "Poet's daughter",
        "+49 30 1234",
    )
    assert data_of(api.as_(user).get("/auth/me")) == me


def test_an_empty_phone_number_is_none(api, ada):
    client = api.as_(ada)

    assert data_of(client.patch("/auth/me", json={"phone_number": ""}))["phone_number"] is None


def test_replacing_me_empties_what_is_left_out(api, make):
    user = make.student(phone_number="+49 30 1234", bio="Long", username="kept")

    me = data_of(api.as_(user).put("/auth/me", json={"full_name": "Augusta Ada King"}))

    assert (me["first_name"], me["last_name"]) == ("Augusta", "Ada King")
    assert (me["phone_number"], me["bio"], me["username"]) == (None, None, "kept")


@pytest.mark.parametrize("field", ["role", "email", "is_active", "can_self_publish", "department", "id"])
def test_people_do_not_change_what_is_not_theirs(api, make, field):
    response = api.as_(make.student()).patch("/auth/me", json={field: "ADMIN"})

    assert list(assert_refused(response, 422, "invalid_request")) == [field]


def test_a_taken_username_cannot_be_taken_again(api, make, ada):
    response = api.as_(make.student()).patch("/auth/me", json={"username": "Ada"})

    assert_refused(response, 409, "username_taken")


def test_an_authenticated_read_of_me_is_two_statements(api, make, statements):
    client = api.as_(make.student())

    with statements() as seen:
        client.get("/auth/me")

    assert len(seen) == 2  # the caller, the account


def test_an_authenticated_change_needs_nothing_to_be_read_back(api, make, statements):
    client = api.as_(make.student())

    with statements() as seen:
        client.patch("/auth/me", json={"bio": "New"})

    assert [statement.split()[0] for statement in seen] == ["EXECUTE", "SELECT", "UPDATE"]
