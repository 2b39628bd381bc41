"""Certificates as Open Badges 3.0: what a verifier that knows nothing of us concludes from them.

Signatures are checked by joserfc, which did not make them, with the key that the DID document has.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64encode, urlsafe_b64decode
from datetime import UTC, datetime

import pytest
from joserfc import jws
from joserfc.jwk import OKPKey

from app.services.learning import badges
from tests.support.http import assert_refused, data_of
from tests.support.rows import THEN

# RFC 9864 calls it Ed25519; the verifiers of today know it as EdDSA.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")

DAY = datetime(2026, 6, 27, 12, tzinfo=UTC)
DID = "did:web:rollcall.test"


@pytest.fixture
def certified(make):
    def make_one(**values):
        learner = make.student(first_name="Ada", last_name="Lovelace")
        course = make.course(title="First aid")
        return learner, make.certificate(course, learner, issued_at=DAY, **values)

    return make_one


@pytest.fixture
def site(app):
    return app.test_client()


@pytest.fixture
def verified(site):
    """What a JWT says, verified as OB 3.0 asks: by the key that `kid` names in the DID document of `iss`."""

    def read(token):
        document = json.loads(site.get("/.well-known/did.json").data)
        methods = {method["id"]: method for method in document["verificationMethod"]}
        claims = json.loads(_decoded(token.split(".")[1]))
        header = json.loads(_decoded(token.split(".")[0]))
        assert document["id"] == claims["iss"]
        assert header["kid"] in document["assertionMethod"]
        key = OKPKey.import_key(methods[header["kid"]]["publicKeyJwk"])
        assert jws.deserialize_compact(token, key, algorithms=["EdDSA", "Ed25519"]).payload
        return claims

    return read


def test_a_badge_is_signed_by_the_key_of_its_issuer(api, certified, verified):
    _, certificate = certified()

    badge = data_of(api.get(f"/certificates/verify/{certificate.number}/badge"))

    claims = verified(badge["jwt"])
    assert {name: claims.pop(name) for name in ("iss", "sub", "jti", "nbf")} == {
        "iss": DID,
        "sub": f"urn:uuid:{certificate.enrollment_id}",
        "jti": f"http://rollcall.test/badges/{certificate.number}",
        "nbf": int(DAY.timestamp()),
    }
    assert claims == badge["credential"]
    assert badge["issuer"] == DID
    assert badge["did_document_url"] == "http://rollcall.test/.well-known/did.json"


def test_a_badge_says_who_achieved_what_by_the_data_model_of_open_badges(api, certified):
    _, certificate = certified()

    credential = data_of(api.get(f"/certificates/verify/{certificate.number}/badge"))["credential"]

    assert credential["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert credential["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert credential["validFrom"] == "2026-06-27T12:00:00Z"
    assert credential["issuer"]["id"] == DID
    subject = credential["credentialSubject"]
    assert subject["type"] == ["AchievementSubject"]
    assert subject["identifier"][0]["identityHash"] == "Ada Lovelace"
    achievement = subject["achievement"]
    assert achievement["type"] == ["Achievement"]
    assert achievement["name"] == "First aid"
    assert achievement["criteria"]["narrative"]
    assert achievement["description"]
    assert "@" not in json.dumps(credential).replace("@context", "")


def test_a_badge_changed_on_the_way_does_not_verify(api, certified, verified):
    _, certificate = certified()
    head, body, signature = data_of(api.get(f"/certificates/verify/{certificate.number}/badge"))["jwt"].split(
        "."
    )
    forged = _decoded(body).replace(b"Ada", b"Eve")

    with pytest.raises(Exception, match=r"(?i)signature"):
        verified(".".join([head, b64encode(forged, b"-_").rstrip(b"=").decode(), signature]))


def test_the_badge_alone_is_at_its_own_address_for_verifiers_in_browsers(api, site, certified):
    _, certificate = certified()
    badge = data_of(api.get(f"/certificates/verify/{certificate.number}/badge"))

    alone = site.get(f"/badges/{certificate.number.lower()}")

    assert alone.text == badge["jwt"]
    assert alone.mimetype == "application/vc+jwt"
    assert alone.headers["Access-Control-Allow-Origin"] == "*"
    assert badge["badge_url"] == f"http://rollcall.test/badges/{certificate.number}"


def test_revocation_shows_in_the_status_list_of_the_badge(api, make, site, certified, verified):
    _, kept = certified()
    _, lost = certified()
    entries = {
        certificate.id: data_of(api.get(f"/certificates/verify/{certificate.number}/badge"))["credential"][
            "credentialStatus"
        ]
        for certificate in (kept, lost)
    }

    data_of(api.as_(make.admin()).post(f"/certificates/{lost.id}/revoke", json={}))

    assert _is_revoked(site, verified, entries[lost.id])
    assert not _is_revoked(site, verified, entries[kept.id])
    assert_refused(api.get(f"/certificates/verify/{lost.number}/badge"), 409, "certificate_revoked")


def test_no_badge_names_a_deleted_user(api, make, certified):
    learner, certificate = certified()
    assert api.as_(make.admin()).delete(f"/users/{learner.id}").status_code == 204

    refused = api.get(f"/certificates/verify/{certificate.number}/badge")

    assert_refused(refused, 409, "name_withheld")
    assert "Lovelace" not in refused.text


def test_unknown_numbers_and_lists_are_not_found(api, site, certified):
    certified()

    assert_refused(api.get("/certificates/verify/RC-0/badge"), 404, "not_found")
    assert site.get("/badges/RC-0").status_code == 404
    assert site.get("/badges/status/9999999").status_code == 404


def test_a_former_key_goes_on_verifying_its_badges(api, certified, setting, verified, site):
    _, certificate = certified()
    path = f"/certificates/verify/{certificate.number}/badge"
    before = data_of(api.get(path))["jwt"]
    former = json.loads(site.get("/did.json").data)["verificationMethod"][0]["publicKeyJwk"]["x"]

    setting(badge_signing_key=b64encode(bytes(range(32))).decode(), badge_former_keys=(former,))
    after = data_of(api.get(path))["jwt"]

    assert before != after
    assert verified(before) == verified(after)


def test_production_without_a_key_issues_none(api, certified, setting, site):
    _, certificate = certified()
    setting(app_env="production", force_https="off")

    assert_refused(api.get(f"/certificates/verify/{certificate.number}/badge"), 404, "badges_disabled")
    assert site.get("/.well-known/did.json").status_code == 404


@pytest.mark.parametrize(
    ("public_url", "did", "document"),
    [
        ("https://learn.example.org", "did:web:learn.example.org", "/.well-known/did.json"),
        ("http://localhost:8000", "did:web:localhost%3A8000", "/.well-known/did.json"),
        ("https://example.org/lms/one", "did:web:example.org:lms:one", "/did.json"),
    ],
)
def test_the_issuer_is_did_web_at_public_url(api, certified, setting, public_url, did, document):
    _, certificate = certified()
    setting(public_url=public_url)

    badge = data_of(api.get(f"/certificates/verify/{certificate.number}/badge"))

    assert badge["issuer"] == did
    assert badge["did_document_url"] == public_url + document


def test_a_status_list_is_as_long_as_the_standard_asks(app, certified, verified):
    _, certificate = certified(revoked_at=THEN)
    with app.app_context():
        token = badges.status_list(certificate.status_index // badges.STATUS_LIST_LENGTH)

    subject = verified(token)["credentialSubject"]

    assert subject["statusPurpose"] == "revocation"
    assert len(_bits(subject)) * 8 == 131_072


def _is_revoked(site, verified, entry):
    """As Bitstring Status List 1.0 says: the bit at the index, from the left."""
    token = site.get(entry["statusListCredential"].removeprefix("http://rollcall.test")).text
    claims = verified(token)
    assert claims["id"] == entry["statusListCredential"]
    assert "BitstringStatusListCredential" in claims["type"]
    place = int(entry["statusListIndex"])
    return bool(_bits(claims["credentialSubject"])[place // 8] & (0x80 >> place % 8))


def _bits(subject):
    encoded = subject["encodedList"]
    assert encoded[0] == "u"  # multibase: base64url without padding
    return gzip.decompress(_decoded(encoded[1:]))


def _decoded(part):
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
