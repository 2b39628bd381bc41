"""The one spelling of an address is that of IDNA, and takes no time to find."""

from __future__ import annotations

import pytest
from email_validator import validate_email

from app.values import names
from tests.support.effort import seconds

DOMAINS = (
    "ex\xe4mple.org",
    "EX\xc4MPLE.Org",
    "exa\u0308mple.org",
    "stra\xdfe.de",
    "STRA\u1e9eE.de",
    "b\xfccher.\u4f8b\u5b50",
    "\u03b1\u03c3.gr",
    "\u0391\u03a3.gr",
    "\u03b1\u03c2.gr",
    "\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444",
    "\u0645\u062b\u0627\u0644.\u0645\u0635\u0631",
    "\u0909\u0926\u093e\u0939\u0930\u0923.\u092d\u093e\u0930\u0924",
    "\u4f8b\u3048.\u30c6\u30b9\u30c8.jp",
    "\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45.org",
    "ex\xe4mple\u3002org",
    "\uc608.\ud55c\uad6d",
    "\u0131stanbul.org",
    "d\xe9j\xe0-vu.example.com",
    "\u212bngstr\xf6m.se",
)


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_domain_has_the_ascii_form_that_idna_gives_it(domain):
    checked = validate_email(f"ada@{domain}", check_deliverability=False)

    assert names.address(f"Ada@{domain}") == f"ada@{checked.ascii_domain}".lower()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ada",
        "ada@",
        "@example.org",
        "a b@example.org",
        "a@b@c.org",
        "a@b c.org",
        "a\0@b.org",
        "a@" + "x" * 300,
    ],
)
def test_what_cannot_be_an_address_is_none(text):
    assert names.address(text) is None


@pytest.mark.parametrize("label", ["\xfc", "\u4f8b", "".join(map(chr, range(0x4E00, 0x4E78)))])
def test_thousands_of_addresses_of_as_many_domains_are_read_at_once(label):
    odd = [f"a@{label}{number}.org" for number in range(2_000)]

    assert seconds(lambda: [names.address(text) for text in odd]) < 2


@pytest.mark.parametrize("domain", ["acme.test", "office.local", "localhost"])
def test_a_reserved_domain_is_named_as_the_reason(api, domain):
    response = api.post("/auth/forgot-password", json={"email": f"ada@{domain}"})

    said = response.get_json()["error"]["details"]["email"]
    assert said == ["The domain of this address is reserved: no mail can be sent there."]
