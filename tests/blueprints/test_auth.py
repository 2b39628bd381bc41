"""Sign up, log in, stay logged in, and leave."""

from uuid import uuid4

import jwt
import pytest

from tests.support.http import assert_refused, data_of

PASSWORD = "Analytical-Engine-1843"

ADA = {
    "email": "ada@example.org",
    "password": PASSWORD,
    "password_confirm": PASSWORD,
    "first_name": "Ada",
    "last_name": "Lovelace",
}


def log_in(api, user, password=PASSWORD):
    return data_of(api.post("/auth/login", json={"email": user.email, "password": password}))


@pytest.fixture
def ada(make):
    return make.student(email="ada@example.org", username="ada", password=PASSWORD)


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


@pytest.mark.parametrize("login", [{"email": "ADA@example.org"}, {"username": "Ada"}, {"email": "ada"}])
def test_logging_in_by_email_or_username(api, ada, login):
    session = data_of(api.post("/auth/login", json={**login, "password": PASSWORD}))

    assert session["user"]["id"] == str(ada.id)
    assert set(session["tokens"]) == {"access", "refresh", "token_type", "expires_in"}
    assert session["tokens"]["token_type"] == "Bearer"
    assert session["tokens"]["expires_in"] == 3600
    me = data_of(api.with_token(session["tokens"]["access"]).get("/auth/me"))
    assert me["username"] == "ada"


def test_every_wrong_credential_gets_the_same_answer(api, make, ada):
    make.student(email="shut@example.org", is_active=False, password=PASSWORD)
    make.student(email="none@example.org")
    attempts = [
        {"email": "ada@example.org", "password": "wrong"},
        {"email": "ada@example.org", "password": ""},
        {"email": "nobody@example.org", "password": PASSWORD},
        {"username": "nobody", "password": PASSWORD},
        {"email": "none@example.org", "password": PASSWORD},
        {"email": "shut@example.org", "password": "wrong"},
    ]

    responses = [api.post("/auth/login", json=attempt) for attempt in attempts]

    for response in responses:
        assert_refused(response, 401, "invalid_credentials")
    assert len({response.get_json()["message"] for response in responses}) == 1


def test_the_right_password_learns_that_the_account_is_inactive(api, make):
    make.student(email="shut@example.org", is_active=False, password=PASSWORD)

    response = api.post("/auth/login", json={"email": "shut@example.org", "password": PASSWORD})

    assert_refused(response, 403, "account_inactive")


@pytest.mark.parametrize("login", [{}, {"email": "ada@example.org", "username": "ada"}])
def test_a_login_names_one_account(api, login):
    assert_refused(api.post("/auth/login", json={**login, "password": PASSWORD}), 422, "invalid_request")


def test_logging_in_works_with_a_stale_token_in_the_header(api, ada):
    client = api.with_token("stale")

    assert data_of(client.post("/auth/login", json={"email": ada.email, "password": PASSWORD}))


def test_refreshing_gives_the_next_pair(api, ada):
    tokens = log_in(api, ada)["tokens"]

    fresh = data_of(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}))

    assert fresh["refresh"] != tokens["refresh"]
    assert data_of(api.with_token(fresh["access"]).get("/auth/me"))
    assert data_of(api.with_token(tokens["access"]).get("/auth/me")), "the session is the same"
    assert data_of(api.post("/auth/refresh", json={"refresh": fresh["refresh"]}))


def test_a_token_spent_moments_ago_is_a_conflict_and_changes_nothing(api, ada):
    tokens = log_in(api, ada)["tokens"]
    fresh = data_of(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}))

    response = api.post("/auth/refresh", json={"refresh": tokens["refresh"]})

    assert_refused(response, 409, "already_rotated")
    assert data_of(api.with_token(fresh["access"]).get("/auth/me"))
    assert data_of(api.post("/auth/refresh", json={"refresh": fresh["refresh"]}))


def test_a_token_spent_long_ago_ends_the_session(api, ada, setting):
    tokens = log_in(api, ada)["tokens"]
    fresh = data_of(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}))
    setting(refresh_grace_seconds=0)

    response = api.post("/auth/refresh", json={"refresh": tokens["refresh"]})

    assert_refused(response, 401, "token_invalid")
    assert_refused(api.with_token(fresh["access"]).get("/auth/me"), 401, "unauthenticated")
    assert_refused(api.post("/auth/refresh", json={"refresh": fresh["refresh"]}), 401, "token_invalid")


def test_a_stolen_token_ends_only_its_own_session(api, ada, setting):
    tokens, elsewhere = log_in(api, ada)["tokens"], log_in(api, ada)["tokens"]
    data_of(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}))
    setting(refresh_grace_seconds=0)

    assert_refused(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}), 401, "token_invalid")

    assert data_of(api.with_token(elsewhere["access"]).get("/auth/me"))


def test_tokens_of_the_wrong_kind_are_refused(api, ada):
    tokens = log_in(api, ada)["tokens"]

    as_refresh = api.post("/auth/refresh", json={"refresh": tokens["access"]})
    as_access = api.with_token(tokens["refresh"]).get("/auth/me")

    assert_refused(as_refresh, 401, "token_invalid")
    assert_refused(as_access, 401, "token_invalid")


def forged(config, token, *, secret=None, algorithm="HS256", **claims):
    known = jwt.decode(token, options={"verify_signature": False})
    key = config.jwt_secret_key if secret is None else secret
    return jwt.encode({**known, **claims}, key if algorithm != "none" else None, algorithm=algorithm)


@pytest.mark.parametrize(
    "change",
    [
        {"secret": "the secret of another server, just as long"},
        {"algorithm": "none"},
        {"exp": 1_000_000_000},
        {"sid": "not-a-uuid"},
        {"type": "other"},
    ],
)
def test_a_tampered_access_token_is_refused(api, config, ada, change):
    token = log_in(api, ada)["tokens"]["access"]

    response = api.with_token(forged(config, token, **change)).get("/auth/me")

    assert_refused(response, 401, "token_invalid")


def test_a_refresh_token_that_is_not_stored_is_refused_and_ends_nothing(api, config, ada):
    tokens = log_in(api, ada)["tokens"]
    forgotten = forged(config, tokens["refresh"], jti=str(uuid4()))

    assert_refused(api.post("/auth/refresh", json={"refresh": forgotten}), 401, "token_invalid")

    assert data_of(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}))


def test_a_token_for_the_session_of_another_user_is_refused(api, config, make, ada):
    mine, theirs = log_in(api, ada)["tokens"], make.student(password=PASSWORD)

    token = forged(config, mine["access"], sub=str(theirs.id))

    assert_refused(api.with_token(token).get("/auth/me"), 401, "unauthenticated")


def test_the_session_goes_before_the_refresh_token_does(api, ada):
    tokens = log_in(api, ada)["tokens"]
    data_of(api.with_token(tokens["access"]).post("/auth/logout"))

    assert_refused(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}), 401, "token_invalid")


def test_good_tokens_are_distinguished_from_bad_ones(api, ada):
    tokens = log_in(api, ada)["tokens"]

    access = data_of(api.post("/auth/verify", json={"token": tokens["access"]}))
    refresh = data_of(api.post("/auth/verify", json={"token": tokens["refresh"]}))
    nonsense = data_of(api.post("/auth/verify", json={"token": "nonsense"}))

    assert (access["valid"], access["kind"], access["user_id"]) == (True, "access", str(ada.id))
    assert access["expires_at"].endswith("Z")
    assert (refresh["valid"], refresh["kind"]) == (True, "refresh")
    assert nonsense["valid"] is False
    assert nonsense["user_id"] is None


def test_a_spent_token_and_one_of_an_ended_session_are_not_valid(api, ada):
    tokens = log_in(api, ada)["tokens"]
    fresh = data_of(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}))

    spent = data_of(api.post("/auth/verify", json={"token": tokens["refresh"]}))
    data_of(api.with_token(fresh["access"]).post("/auth/logout"))
    ended = data_of(api.post("/auth/verify", json={"token": fresh["access"]}))

    assert (spent["valid"], ended["valid"]) == (False, False)


def test_logging_out_ends_this_session_at_the_next_request(api, ada):
    here, elsewhere = log_in(api, ada)["tokens"], log_in(api, ada)["tokens"]

    response = api.with_token(here["access"]).post("/auth/logout")

    assert data_of(response) is None
    assert_refused(api.with_token(here["access"]).get("/auth/me"), 401, "unauthenticated")
    assert data_of(api.with_token(elsewhere["access"]).get("/auth/me"))


def test_logging_out_by_refresh_token_ends_that_session(api, ada):
    here, elsewhere = log_in(api, ada)["tokens"], log_in(api, ada)["tokens"]

    data_of(api.with_token(here["access"]).post("/auth/logout", json={"refresh": elsewhere["refresh"]}))

    assert_refused(api.with_token(elsewhere["access"]).get("/auth/me"), 401, "unauthenticated")
    assert data_of(api.with_token(here["access"]).get("/auth/me"))


def test_no_user_logs_out_another_user(api, make, ada):
    theirs = log_in(api, ada)["tokens"]

    response = api.as_(make.student()).post("/auth/logout", json={"refresh": theirs["refresh"]})

    assert_refused(response, 401, "token_invalid")
    assert data_of(api.with_token(theirs["access"]).get("/auth/me"))


def test_logging_out_everywhere_ends_all_of_ones_sessions(api, make, ada):
    here, elsewhere, other = log_in(api, ada)["tokens"], log_in(api, ada)["tokens"], api.as_(make.student())

    data_of(api.with_token(here["access"]).post("/auth/logout-all"))

    for tokens in (here, elsewhere):
        assert_refused(api.with_token(tokens["access"]).get("/auth/me"), 401, "unauthenticated")
    assert data_of(other.get("/auth/me"))


def test_the_list_of_sessions_distinguishes_devices(api, ada):
    login = {"email": ada.email, "password": PASSWORD}
    api.post("/auth/login", json=login, headers={"User-Agent": "Phone"})
    here = data_of(api.post("/auth/login", json=login, headers={"User-Agent": "Laptop"}))["tokens"]["access"]

    listed = data_of(api.with_token(here).get("/auth/sessions"))

    seen = [(session["user_agent"], session["ip_address"], session["is_current"]) for session in listed]
    assert seen == [("Laptop", "127.0.0.1", True), ("Phone", "127.0.0.1", False)]


def test_one_session_is_ended_without_the_others(api, make, ada):
    here, elsewhere, stranger = api.as_(ada), api.as_(ada), api.as_(make.student())
    lost = next(row["id"] for row in data_of(elsewhere.get("/auth/sessions")) if row["is_current"])

    assert_refused(stranger.delete(f"/auth/sessions/{lost}"), 404, "not_found")
    assert here.delete(f"/auth/sessions/{lost}").status_code == 204
    assert_refused(elsewhere.get("/auth/me"), 401, "unauthenticated")
    assert_refused(here.delete(f"/auth/sessions/{lost}"), 404, "not_found")
    assert len(data_of(here.get("/auth/sessions"))) == 1


def test_logging_in_and_refreshing_cost_a_few_statements(api, ada, statements):
    tokens = log_in(api, ada)["tokens"]

    with statements() as login:
        log_in(api, ada)
    with statements() as refresh:
        api.post("/auth/refresh", json={"refresh": tokens["refresh"]})

    assert (len(login), len(refresh)) == (3, 3)


def change_to(new, old=PASSWORD, confirm=None):
    return {"old_password": old, "new_password": new, "new_password_confirm": confirm or new}


def test_changing_the_password_keeps_this_session_and_ends_the_others(api, ada):
    here, elsewhere = log_in(api, ada)["tokens"], log_in(api, ada)["tokens"]
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
    assert log_in(api, ada, "Difference-Engine-1822")


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
    assert log_in(api, user)


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
