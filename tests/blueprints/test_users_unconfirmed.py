"""A stranger signs up with the address of another person, and an admin gives rights to that account."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.enums import NoticeKind
from app.models import Notice, User
from tests.support.http import assert_refused, data_of
from tests.support.mail import token_in

ADDRESS = "helen@example.org"
STRANGERS, OWNERS = "Strangers-engine-77", "Owners-engine-88"


@pytest.fixture
def office(api, make):
    return api.as_(make.admin())


@pytest.fixture
def account(api, stored):
    """The id of an account that a stranger opened under Helen's address."""
    sign_up = {"email": ADDRESS, "password": STRANGERS, "password_confirm": STRANGERS, "first_name": "Eve"}
    data_of(api.post("/auth/register", json={**sign_up, "role": "INSTRUCTOR"}), 201)
    return stored(select(User).where(User.email == ADDRESS))[0].id


def imports(office, _account, cells="email\nhelen@example.org"):
    boundary, form = encode_multipart({"file": FileStorage(io.BytesIO(cells.encode()), "people.csv")})
    content_type = f"multipart/form-data; boundary={boundary}"
    return office.post("/users/import", data=form, content_type=content_type)


def imports_a_role(office, account):
    return imports(office, account, "email,role,external_id\nhelen@example.org,INSTRUCTOR,HR-9")


def gives_a_role(office, account):
    return office.post(f"/users/{account}/role", json={"role": "ADMIN"})


def gives_an_external_id(office, account):
    return office.patch(f"/users/{account}", json={"external_id": "HR-9"})


def trusts(office, account):
    return office.post(f"/users/{account}/grant-self-publish")


def approves(office, _account):
    (request,) = data_of(office.get("/instructor-requests"))
    return office.post(f"/instructor-requests/{request['id']}/review", json={"status": "APPROVED"})


def approves_many(office, _account):
    (request,) = data_of(office.get("/instructor-requests"))
    body = {"request_ids": [request["id"]], "status": "APPROVED"}
    return office.post("/instructor-requests/review-multiple", json=body)


GIFTS = [
    imports,
    imports_a_role,
    gives_a_role,
    gives_an_external_id,
    trusts,
    approves,
    approves_many,
]


def log_in(api, password, address=ADDRESS):
    return api.post("/auth/login", json={"email": address, "password": password})


def set_password(api, token):
    body = {"token": token, "new_password": OWNERS, "new_password_confirm": OWNERS}
    return api.post("/auth/reset-password", json=body)


@pytest.mark.parametrize("gift", GIFTS)
def test_what_an_admin_gives_is_for_the_owner_of_the_mailbox(api, office, account, mailbox, gift):
    (asked,) = mailbox(ADDRESS)

    data_of(gift(office, account))

    assert_refused(log_in(api, STRANGERS), 401, "invalid_credentials")
    assert_refused(api.post("/auth/verify-email", json={"token": token_in(asked)}), 400, "token_invalid")
    (sent,) = [mail for mail in mailbox(ADDRESS) if "/mail/set-password" in mail.as_string()]
    data_of(set_password(api, token_in(sent)))
    assert data_of(log_in(api, OWNERS))["user"]["email_verified"] is True
    assert_refused(log_in(api, STRANGERS), 401, "invalid_credentials")


@pytest.mark.parametrize("gift", GIFTS)
def test_the_stranger_is_logged_out_and_their_mails_are_void(api, office, account, mailbox, stored, gift):
    (user,) = stored(select(User).where(User.id == account))
    stranger = api.as_(user)
    wish = {"new_email": "eve@example.com", "password": STRANGERS}
    data_of(stranger.post("/auth/change-email", json=wish))
    (wished,) = mailbox("eve@example.com")
    data_of(api.post("/auth/forgot-password", json={"email": ADDRESS}))

    data_of(gift(office, account))

    assert_refused(stranger.get("/auth/me"), 401, "unauthenticated")
    assert_refused(api.post("/auth/confirm-email", json={"token": token_in(wished)}), 400, "token_invalid")
    waiting = select(Notice).where(Notice.kind == NoticeKind.RESET_PASSWORD)
    assert [(notice.state, notice.reason) for notice in stored(waiting)] == [("SUPPRESSED", "superseded")]


def test_another_address_from_an_admin_is_invited_to_set_the_password(api, office, account, mailbox):
    data_of(office.patch(f"/users/{account}", json={"email": "real@example.org"}))

    (sent,) = mailbox("real@example.org")
    data_of(set_password(api, token_in(sent)))
    assert_refused(log_in(api, STRANGERS, "real@example.org"), 401, "invalid_credentials")


def test_people_of_a_file_are_verified_and_their_request_is_notified(office, account, stored):
    report = data_of(imports(office, account))

    assert report["counts"]["updated"] == 1
    assert data_of(office.get(f"/users/{account}"))["email_verified"] is True
    assert len(data_of(office.get("/notices?kind=INSTRUCTOR_REQUEST"))) == 2


def test_a_second_import_leaves_them_in_peace(api, office, account, mailbox):
    data_of(imports(office, account))
    (*_, sent) = mailbox(ADDRESS)
    data_of(set_password(api, token_in(sent)))

    again = data_of(imports(office, account))

    assert again["counts"]["unchanged"] == 1
    assert data_of(log_in(api, OWNERS))


def test_a_row_that_is_refused_takes_nothing(api, office, account, make):
    make.student(username="taken")

    report = data_of(imports(office, account, "email,username\nhelen@example.org,taken"))

    assert report["counts"]["invalid"] == 1
    assert_refused(log_in(api, STRANGERS), 403, "email_not_verified")


@pytest.mark.parametrize(
    "act",
    [
        lambda office, account: office.patch(f"/users/{account}", json={"department": "Sales"}),
        lambda office, account: office.patch(f"/users/{account}", json={"email": ADDRESS}),
        lambda office, account: office.post(f"/users/{account}/role", json={"role": "STUDENT"}),
    ],
    ids=["department", "the same address", "the same role"],
)
def test_what_gives_nothing_leaves_the_password_of_the_sign_up(api, office, account, act):
    data_of(act(office, account))

    assert_refused(log_in(api, STRANGERS), 403, "email_not_verified")


@pytest.mark.parametrize("gift", [imports_a_role, gives_a_role, gives_an_external_id, trusts])
def test_a_user_who_has_confirmed_the_address_keeps_password_and_sessions(api, office, make, gift):
    user = make.student(email=ADDRESS, password=OWNERS)
    client = api.as_(user)

    data_of(gift(office, user.id))

    assert data_of(client.get("/auth/me"))["email"] == ADDRESS
    assert data_of(log_in(api, OWNERS))
    assert data_of(office.get("/notices?kind=SET_PASSWORD")) == []
