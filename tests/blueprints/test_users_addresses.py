"""An admin corrects an address: links and requests of another person before that are void."""

from __future__ import annotations

import io
from threading import Event
from time import sleep

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.models import User
from app.services.people import users_addresses
from tests.support.http import assert_refused, data_of
from tests.support.mail import token_in
from tests.support.races import at_once

PASSWORD, NEW_PASSWORD = "Analytical-Engine-1843", "Difference-Engine-1822"
OLD, REPAIRED, THIEFS = "ada@example.org", "ada@example.net", "eve@example.com"


@pytest.fixture
def office(api, make):
    return api.as_(make.admin())


@pytest.fixture
def ada(make):
    return make.student(email=OLD, external_id="HR-1", first_name="Ada", password=PASSWORD)


@pytest.fixture
def wished(api, ada, mailbox):
    """The token of a mail to a thief who knows the password and wants the account for another address."""
    data_of(api.as_(ada).post("/auth/change-email", json={"new_email": THIEFS, "password": PASSWORD}))
    return token_in(mailbox(THIEFS)[0])


def readdress(office, person, address=REPAIRED):
    return data_of(office.patch(f"/users/{person.id}", json={"email": address}))


def import_address(office, person, address=REPAIRED):
    names = f"{person.first_name},{person.last_name}"
    cells = f"external_id,first_name,last_name,email\n{person.external_id},{names},{address}".encode()
    boundary, form = encode_multipart({"file": FileStorage(io.BytesIO(cells), "people.csv")})
    content_type = f"multipart/form-data; boundary={boundary}"
    return data_of(office.post("/users/import", data=form, content_type=content_type))


def shut_out(office, person):
    data_of(office.post(f"/users/{person.id}/deactivate"))
    data_of(office.post(f"/users/{person.id}/activate"))


def shut_out_many(office, person):
    for act in ("deactivate", "activate"):
        data_of(office.post(f"/users/{act}-multiple", json={"user_ids": [str(person.id)]}))


READDRESSING, SHUTTING_OUT = [readdress, import_address], [shut_out, shut_out_many]


def confirm(api, token):
    return api.post("/auth/confirm-email", json={"token": token})


def reset(api, token):
    body = {"token": token, "new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD}
    return api.post("/auth/reset-password", json=body)


def address_of(office, person):
    return data_of(office.get(f"/users/{person.id}"))["email"]


@pytest.mark.parametrize("repair", [*READDRESSING, *SHUTTING_OUT])
def test_a_repair_calls_off_the_wish_for_another_address(api, office, ada, wished, repair):
    repair(office, ada)

    assert_refused(confirm(api, wished), 400, "token_invalid")
    assert address_of(office, ada) == (REPAIRED if repair in READDRESSING else OLD)


@pytest.mark.parametrize("repair", [*READDRESSING, *SHUTTING_OUT])
def test_a_repair_voids_what_was_sent_to_the_old_mailbox(api, office, ada, mailbox, repair):
    data_of(api.post("/auth/forgot-password", json={"email": OLD}))
    token = token_in(mailbox(OLD)[0])

    repair(office, ada)
    readdress(office, ada, OLD)

    assert_refused(reset(api, token), 400, "token_invalid")


@pytest.mark.parametrize("act", READDRESSING)
def test_the_old_address_is_notified_of_the_new_one(office, ada, mailbox, act):
    act(office, ada)

    [told] = mailbox(OLD)
    assert told["Subject"] == "Your email address was changed"
    assert f"is now {REPAIRED};" in told.get_body(("plain",)).get_content()
    assert mailbox(REPAIRED) == []


@pytest.mark.parametrize("act", READDRESSING)
def test_another_address_keeps_password_and_sessions(api, office, ada, act):
    client = api.as_(ada)

    act(office, ada)

    assert data_of(client.get("/auth/me"))["email_verified"] is True
    assert data_of(api.post("/auth/login", json={"email": REPAIRED, "password": PASSWORD}))


@pytest.mark.parametrize("act", READDRESSING)
def test_no_address_is_notified_where_it_stays(office, make, mailbox, act):
    person = make.student(email=OLD, external_id="HR-1", password=PASSWORD)

    act(office, person, OLD.upper())

    assert mailbox(OLD) == []


@pytest.mark.parametrize("act", READDRESSING)
def test_who_was_invited_at_a_wrong_address_is_invited_at_the_right_one(api, office, mailbox, stored, act):
    person = {"email": OLD, "first_name": "Ada", "external_id": "HR-1"}
    data_of(office.post("/users", json=person), 201)
    [stray] = mailbox(OLD)

    act(office, stored(select(User).where(User.email == OLD))[0])

    [invitation] = mailbox(REPAIRED)
    assert mailbox(OLD) == [stray]
    assert_refused(reset(api, token_in(stray)), 400, "token_invalid")
    data_of(reset(api, token_in(invitation)))
    assert data_of(api.post("/auth/login", json={"email": REPAIRED, "password": NEW_PASSWORD}))


@pytest.mark.parametrize("act", SHUTTING_OUT)
def test_an_invitation_waits_for_a_user_who_is_activated_again(api, office, mailbox, stored, act):
    data_of(office.post("/users", json={"email": OLD, "first_name": "Ada"}), 201)
    [invitation] = mailbox(OLD)

    act(office, stored(select(User).where(User.email == OLD))[0])

    data_of(reset(api, token_in(invitation)))


def test_a_confirmation_in_the_middle_of_a_repair_comes_too_late(api, office, ada, wished, monkeypatch):
    follow, half_way = users_addresses.follow, Event()

    def dawdling_follow(old_addresses):
        half_way.set()
        sleep(0.3)
        follow(old_addresses)

    monkeypatch.setattr(users_addresses, "follow", dawdling_follow)

    def answer():
        half_way.wait()
        return confirm(api, wished)

    _, confirmed = at_once(lambda: readdress(office, ada), answer)

    assert_refused(confirmed, 400, "token_invalid")
    assert address_of(office, ada) == REPAIRED
