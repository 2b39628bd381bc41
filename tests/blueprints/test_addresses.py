"""An address or a username means the same account at every place that takes, stores or looks for one."""

import io
import json

import pytest
from sqlalchemy import select, update

from app.db.session import transaction
from app.models import MailToken, User
from setting_parsers import Rate
from tests.support.http import data_of

PASSWORD = "Analytical-Engine-1843"

PLAIN, FOREIGN = "ada@example.org", "ada@xn--exmple-cua.org"

SPELLINGS = {
    "as stored": (PLAIN, PLAIN),
    "a space": (PLAIN, f"{PLAIN} "),
    "a no-break space": (PLAIN, f"\xa0{PLAIN}\xa0"),
    "a line break": (PLAIN, f"{PLAIN}\r\n"),
    "another line break": (PLAIN, f"\u2028{PLAIN}"),
    "a zero-width space": (PLAIN, f"{PLAIN}\u200b"),
    "upper case": (PLAIN, "ADA@EXAMPLE.ORG"),
    "its domain in Unicode": (FOREIGN, "ada@ex\xe4mple.org"),
    "its domain in Unicode capitals": (FOREIGN, "Ada@EX\xc4MPLE.ORG "),
    "its domain in two characters a letter": (FOREIGN, "ada@exa\u0308mple.org"),
    "its domain in ASCII": (FOREIGN, "ADA@XN--EXMPLE-CUA.ORG"),
}
"""What is stored, and how it is sent."""

STRANGERS = {
    "U+0130 for i": ("ida@example.org", "\u0130da@example.org"),
    "U+0131 for i": ("ida@example.org", "\u0131da@example.org"),
    "U+212A for k": ("kate@example.org", "\u212aate@example.org"),
    "U+017F for s": ("sue@example.org", "\u017fue@example.org"),
    "U+0130 in the domain": ("ida@iris.org", "ida@\u0130ris.org"),
    "U+212A in the domain": ("ida@kiel.org", "ida@\u212aiel.org"),
    "U+017F in the domain": ("ida@stade.org", "ida@\u017ftade.org"),
}
"""An account, and an address that a careless comparison takes for it."""


class Asker:
    """Every place that takes or looks for an address. Each answers whether the account was found by it."""

    def __init__(self, api, make, stored):
        self.api, self.make, self.stored = api, make, stored
        self.admin = api.as_(make.admin(first_name="Root", email="root@elsewhere.net"))

    def by_login(self, address):
        return self.api.post("/auth/login", json={"email": address, "password": PASSWORD}).status_code == 200

    def by_login_as_username(self, address):
        sent = {"username": address, "password": PASSWORD}
        return self.api.post("/auth/login", json=sent).status_code == 200

    def by_register(self, address):
        body = {"email": address, "password": PASSWORD, "password_confirm": PASSWORD, "first_name": "Bob"}
        return self.api.post("/auth/register", json=body).status_code == 409

    def by_forgot_password(self, address):
        self.api.post("/auth/forgot-password", json={"email": address})
        return self._is_owed("RESET_PASSWORD")

    def by_resend(self, address):
        with self.api.app.app_context(), transaction() as session:
            session.execute(update(User).where(User.first_name == "Owner").values(email_verified=False))
        self.api.post("/auth/resend-verification", json={"email": address})
        return self._is_owed("VERIFY_EMAIL")

    def by_new_user(self, address):
        response = self.admin.post("/users", json={"email": address, "first_name": "Bob"})
        return response.status_code == 409

    def by_patch(self, address):
        other = self.make.student()
        return self.admin.patch(f"/users/{other.id}", json={"email": address}).status_code == 409

    def by_change_email(self, address):
        (owner,) = self.stored(select(User).where(User.first_name == "Owner"))
        body = {"password": PASSWORD, "new_email": address}
        response = self.api.as_(owner).post("/auth/change-email", json=body)
        return response.status_code == 422 and "already" in response.text

    def by_import(self, address):
        sheet = f'email,first_name,department\n"{address}",Owner,Finance\n'.encode()
        files = {"file": (io.BytesIO(sheet), "people.csv")}
        response = self.admin.post("/users/import", data=files, content_type="multipart/form-data")
        return data_of(response)["counts"]["updated"] == 1

    def by_manager_in_a_sheet(self, address):
        sheet = f'email,first_name,manager\nnew@elsewhere.net,New,"{address}"\n'.encode()
        files = {"file": (io.BytesIO(sheet), "people.csv")}
        response = self.admin.post("/users/import", data=files, content_type="multipart/form-data")
        return data_of(response)["counts"]["created"] == 1

    def by_assign(self, address):
        course = self.make.course()
        return self.admin.post(f"/courses/{course.id}/assign", json={"email": address}).status_code == 201

    def by_assign_multiple(self, address):
        course = self.make.course()
        response = self.admin.post(f"/courses/{course.id}/assign-multiple", json={"emails": [address]})
        return data_of(response)["counts"]["assigned"] == 1

    def by_unassign_multiple(self, address):
        (owner,) = self.stored(select(User).where(User.first_name == "Owner"))
        course = self.make.course()
        self.make.enrollment(course, owner)
        response = self.admin.post(f"/courses/{course.id}/unassign-multiple", json={"emails": [address]})
        return data_of(response)["counts"]["unassigned"] == 1

    def by_search(self, address):
        found = self.admin.get("/users", query_string={"search": address}).get_json()
        return found.get("count") == 1

    def by_notices_filter(self, address):
        (owner,) = self.stored(select(User).where(User.first_name == "Owner"))
        self.admin.post(f"/users/{owner.id}/deactivate")
        self.admin.post(f"/users/{owner.id}/activate")
        course = self.make.course()
        self.admin.post(f"/courses/{course.id}/assign", json={"user_id": str(owner.id)})
        found = self.admin.get("/notices", query_string={"user": address}).get_json()
        return bool(found.get("data"))

    def by_create_admin(self, address):
        app = self.api.app
        result = app.test_cli_runner().invoke(
            args=["users", "create-admin", "--email", address, "--password", PASSWORD]
        )
        return result.exit_code == 0 and "was there before" in result.output

    def _is_owed(self, kind):
        path = f"/notices?kind={kind}"
        return bool(self.admin.get(path).get_json()["data"])


PLACES = sorted(name for name in vars(Asker) if name.startswith("by_"))
FOLDING = {"by_search"}
"""A search for people is by beginnings of words and folds accents, so it may find more than was meant."""


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_place_knows_an_address_in_every_spelling(api, make, stored, place, spelling):
    kept, sent = SPELLINGS[spelling]
    make.student(email=kept, first_name="Owner", password=PASSWORD)

    assert getattr(Asker(api, make, stored), place)(sent)


@pytest.mark.parametrize("place", [place for place in PLACES if place not in FOLDING])
@pytest.mark.parametrize("stranger", STRANGERS)
def test_no_place_takes_a_letter_for_one_that_it_folds_to(api, make, stored, place, stranger):
    kept, sent = STRANGERS[stranger]
    make.student(email=kept, first_name="Owner", password=PASSWORD)

    assert not getattr(Asker(api, make, stored), place)(sent)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_address_is_stored_in_one_spelling_however_it_is_sent(api, make, stored, spelling):
    kept, sent = SPELLINGS[spelling]
    asker = Asker(api, make, stored)
    doors = {
        "register": lambda: asker.by_register(sent),
        "new user": lambda: asker.by_new_user(sent),
        "patch": lambda: asker.by_patch(sent),
        "import": lambda: asker.by_import(sent),
        "create-admin": lambda: asker.by_create_admin(sent),
    }
    for name, door in doors.items():
        with api.app.app_context(), transaction() as session:
            session.execute(MailToken.__table__.delete())
            session.execute(
                User.__table__.update()
                .where(User.email == kept)
                .values(email=f"{len(name)}.{name[:3]}@old.org")
            )

        door()

        assert len(stored(select(User).where(User.email == kept))) == 1, name


@pytest.mark.parametrize("sent", ["\u0130da", "\u212aate", "\u017fue", "ka\u0301te"])
def test_usernames_are_ascii(api, make, sent):
    body = {"email": "x@example.org", "first_name": "X", "username": f"{sent}.x"}

    response = api.as_(make.admin()).post("/users", json=body)

    assert response.status_code == 422, response.text
    assert "username" in response.get_json()["error"]["details"]


@pytest.mark.parametrize(("kept", "sent"), [("ida", "\u0130da"), ("kate", "\u212aate"), ("sue", "\u017fue")])
def test_a_letter_that_folds_to_ascii_finds_no_username(api, make, kept, sent):
    owner = make.student(username=kept, password=PASSWORD)
    admin, course = api.as_(make.admin()), make.course(instructor=make.instructor(username=f"{kept}.i"))

    login = api.post("/auth/login", json={"username": sent, "password": PASSWORD})
    one = admin.post(f"/courses/{course.id}/assign", json={"username": sent})
    many = admin.post(f"/courses/{course.id}/assign-multiple", json={"usernames": [sent, kept.upper()]})
    taught = api.get("/courses", query_string={"instructor": f"{sent}.i"})
    notices = admin.get("/notices", query_string={"user": sent})
    sheet = {"file": (io.BytesIO(f"email,first_name,manager\nn@m.org,New,{sent}\n".encode()), "people.csv")}
    reports = admin.post("/users/import", data=sheet, content_type="multipart/form-data")

    assert (login.status_code, one.status_code) == (401, 404)
    assert data_of(reports)["counts"]["invalid"] == 1
    assert [line["outcome"] for line in data_of(many)["results"]] == ["not_found", "assigned"]
    assert data_of(many)["results"][1]["user_id"] == str(owner.id)
    assert (taught.get_json()["count"], notices.get_json()["data"]) == (0, [])


@pytest.mark.parametrize("sent", ["ada.l ", "\xa0ADA.L", "Ada.l\n", "ada.l\u2028"])
def test_a_username_is_found_with_white_space_around_it(api, make, sent):
    make.student(username="ada.l", password=PASSWORD)
    course = make.course()

    login = api.post("/auth/login", json={"username": sent, "password": PASSWORD})
    one = api.as_(make.admin()).post(f"/courses/{course.id}/assign", json={"username": sent})

    assert (login.status_code, one.status_code) == (200, 201), (login.text, one.text)


def test_failed_logins_count_for_the_account_in_every_spelling(api, make, setting):
    setting(ratelimit_enabled=True, ratelimit_login_name=Rate(3, 300))
    make.student(email=FOREIGN, password=PASSWORD)
    for sent in ("ada@ex\xe4mple.org", f"{FOREIGN} ", "ADA@EX\xc4MPLE.org"):
        assert api.post("/auth/login", json={"email": sent, "password": "wrong"}).status_code == 401

    response = api.post("/auth/login", json={"email": FOREIGN, "password": "wrong"})

    assert response.status_code == 429


def test_a_local_part_outside_ascii_is_refused_where_it_is_stored(api):
    body = {
        "email": "j\xf6sef@example.org",
        "password": PASSWORD,
        "password_confirm": PASSWORD,
        "first_name": "J",
    }

    response = api.post("/auth/register", data=json.dumps(body), content_type="application/json")

    assert response.status_code == 422
    assert "email" in response.get_json()["error"]["details"]
