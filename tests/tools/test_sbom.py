"""The list of what the image is made of is complete and always the same."""

from tools.sbom import LOCK, bill


def test_every_locked_package_is_listed_with_its_hashes():
    lock = LOCK.read_text(encoding="utf-8")
    pinned = [line for line in lock.splitlines() if "==" in line and not line.startswith((" ", "#"))]

    listed = bill(lock)["components"]

    assert len(listed) == len(pinned) > 20
    assert all(each["externalReferences"][0]["hashes"] for each in listed)


def test_the_same_lock_gives_the_same_bill():
    lock = LOCK.read_text(encoding="utf-8")

    assert bill(lock) == bill(lock)
    assert bill(lock)["serialNumber"] != bill(lock + "\n")["serialNumber"]
