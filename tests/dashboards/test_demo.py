"""The simulated firm's targets."""

import pytest

from dashboards import demo
from dashboards.models import Target
from delivery.demo import AMERICA, GERMANY, MAIL
from tests import cast
from tests.cast import MONDAY

pytestmark = pytest.mark.django_db


class TestTargets:
    def test_are_set_once_for_each_unit_and_owned_by_who_leads(self):
        firm = cast.firm()
        assert {firm.de.name, firm.us.name} == {GERMANY, AMERICA}
        lea = firm["lea"]
        lea.email = f"lea@{MAIL}"
        lea.save()
        for _ in range(2):
            demo.set_up(at=MONDAY)
        assert {(one.unit.name, one.owner.name) for one in Target.objects.all()} == {
            (GERMANY, "Lea Lindt"),
            (AMERICA, "Lea Lindt"),
            ("Munich", "Lea Lindt"),
        }
        assert Target.objects.count() == 3
