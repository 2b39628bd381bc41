"""Open Badges as a verifier of another project takes them: issuer, signature, claims and status, from the JWT alone."""

from urllib.parse import urlsplit

import pytest
from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier

from tests.support.http import data_of

HOST = "learning.example.org"


@pytest.fixture
def certificate(make, setting):
    setting(public_url=f"https://{HOST}")
    learner = make.student(first_name="Ada", last_name="Lovelace")
    return make.certificate(make.course(title="First aid"), learner)


@pytest.fixture
def fetch(app):
    """Resolve what the verifier asks the host for, as it would over HTTPS."""

    def get(url, *_args, **_options):
        asked = urlsplit(url)
        assert (asked.scheme, asked.netloc) == ("https", HOST)
        response = app.test_client().get(asked.path)
        assert response.status_code == 200
        return response.data

    return get


@pytest.fixture
def verify(fetch):
    def check(token):
        verifier = OB3Verifier.for_issuer_did(f"did:web:{HOST}", download=fetch)
        return verifier.verify(token, check_status=True, download=fetch)

    return check


def token_of(fetch, certificate):
    return fetch(f"https://{HOST}/badges/{certificate.number}").decode()


def test_a_badge_is_verified_with_its_status(fetch, verify, certificate):
    credential = verify(token_of(fetch, certificate))

    assert credential.issuer.id == f"did:web:{HOST}"
    assert credential.id == f"https://{HOST}/badges/{certificate.number}"
    assert credential.achievement.name == "First aid"


def test_a_badge_that_was_changed_or_revoked_is_refused(api, make, fetch, verify, certificate):
    token = token_of(fetch, certificate)
    head, claims, signature = token.split(".")

    with pytest.raises(OB3VerificationError):
        verify(f"{head}.{claims}.{signature[:-8]}AAAAAAAA")
    data_of(api.as_(make.admin()).post(f"/certificates/{certificate.id}/revoke", json={}))
    with pytest.raises(OB3VerificationError, match="revocation"):
        verify(token)
