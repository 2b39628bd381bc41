"""Signing up: what it takes, what it makes, and what it refuses."""

import pytest

from tests.support.accounts import ADA
from tests.support.http import assert_refused, data_of


def test_all_that_a_sign_up_lacks_is_reported_at_once(api):
    details = assert_refused(api.post("/auth/register", json={"email": "ada"}), 422, "invalid_request")

    assert set(details) == {"email", "password", "password_confirm", "first_name"}


def test_registering_makes_a_student_with_an_address_to_verify(api):
    made = data_of(api.post("/auth/register", json=ADA), 201)

    assert made["instructor_request"] is None
    user = made["user"]
    assert (user["role"], user["email_verified"], user["is_active"]) == ("STUDENT", False, True)
    assert (user["full_name"], user["username"]) == ("Ada Lovelace", "ada.lovelace")


def test_no_answer_holds_a_password(api):
    response = api.post("/auth/register", json=ADA)

    assert "password" not in response.get_data(as_text=True)


def test_one_full_name_is_split_into_two(api):
    body = {**ADA, "full_name": "Ada King Lovelace"}
    del body["first_name"], body["last_name"]

    user = data_of(api.post("/auth/register", json=body), 201)["user"]

    assert (user["first_name"], user["last_name"]) == ("Ada", "King Lovelace")


def test_namesakes_get_different_usernames(api):
    first = data_of(api.post("/auth/register", json=ADA), 201)["user"]
    second = data_of(api.post("/auth/register", json={**ADA, "email": "other@example.org"}), 201)["user"]

    assert second["username"] != first["username"]
    assert second["username"].startswith("ada.lovelace.")


def test_a_name_without_latin_letters_gives_a_username_too(api):
    user = data_of(api.post("/auth/register", json={**ADA, "first_name": "🙂", "last_name": ""}), 201)["user"]

    assert user["username"].startswith("user")


def test_a_taken_email_is_refused_in_any_case(api, ada):
    response = api.post("/auth/register", json={**ADA, "email": "Ada@Example.org"})

    assert_refused(response, 409, "email_taken")


def test_a_taken_username_is_refused_in_any_case(api, ada):
    response = api.post("/auth/register", json={**ADA, "email": "new@example.org", "username": "ADA"})

    assert_refused(response, 409, "username_taken")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password_confirm": "Another-Engine-1843"}, "password_confirm"),
        ({"email": "ada"}, "email"),
        ({"username": "a@b"}, "username"),
        ({"username": "ab"}, "username"),
        ({"first_name": " "}, "first_name"),
        ({"full_name": "Ada Lovelace"}, "full_name"),
        ({"phone_number": "call me"}, "phone_number"),
        ({"role": "ADMIN"}, "role"),
        ({"role": "KING"}, "role"),
        ({"is_active": True}, "is_active"),
    ],
)
def test_what_is_wrong_with_a_registration_is_named(api, change, field):
    response = api.post("/auth/register", json={**ADA, **change})

    assert list(assert_refused(response, 422, "invalid_request")) == [field]


@pytest.mark.parametrize(
    "password",
    [
        "Short-1",
        "L" + "o" * 128 + "1",
        "lower-case-1843",
        "UPPER-CASE-1843",
        "No-Digit-At-All",
        "Password123",
        "Welcome2024!",
        "Lovelace1815",
        "AdaLovelace-1",
        "Ada@Example.org1",
        "Ada-King-99",
        "\uff30\uff41\uff53\uff53\uff57\uff4f\uff52\uff44\uff11",
        "Password\u00b9",
        "\u24c1ovelace1815",
        "Aa1-\ufdfa",
        "Aa1-" + "\ufdfa" * 20,
    ],
)
def test_a_weak_password_is_refused(api, password):
    body = {**ADA, "username": "ada.king", "password": password, "password_confirm": password}

    response = api.post("/auth/register", json=body)

    assert list(assert_refused(response, 422, "invalid_request")) == ["password"]


def test_a_name_in_wide_letters_is_still_ones_own_name(api):
    body = {**ADA, "last_name": "\uff2c\uff4f\uff56\uff45\uff4c\uff41\uff43\uff45"}
    body |= {"password": "Lovelace1815", "password_confirm": "Lovelace1815"}

    assert list(assert_refused(api.post("/auth/register", json=body), 422, "invalid_request")) == ["password"]


def test_a_weak_password_is_refused_before_a_taken_email(api, ada):
    body = {**ADA, "password": "weak", "password_confirm": "weak"}

    assert_refused(api.post("/auth/register", json=body), 422, "invalid_request")


def test_instructors_sign_up_where_the_house_is_open(api, setting):
    setting(instructor_signup="open")

    user = data_of(api.post("/auth/register", json={**ADA, "role": "instructor"}), 201)["user"]

    assert user["role"] == "INSTRUCTOR"


def test_no_user_signs_up_as_admin_even_where_the_house_is_open(api, setting):
    setting(instructor_signup="open")

    assert_refused(api.post("/auth/register", json={**ADA, "role": "ADMIN"}), 422, "invalid_request")
