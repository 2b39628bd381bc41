"""The planted faults are still faults of this code: every one of them can be planted."""

import pytest

from tests.security.planted import FAULTS
from tests.support.paths import ROOT

APP = ROOT / "app"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_can_be_planted(fault):
    assert (APP / fault.path).read_text(encoding="utf-8").count(fault.old) == 1


def test_there_are_thirty_at_least():
    assert len({fault.name for fault in FAULTS}) >= 30
