"""Promise 11: the granted scope, what one is asked, and what one took part in; nothing else."""

from datetime import timedelta

import pytest

from approvals import services
from approvals.models import Request, Step
from cockpit.accounts import grants
from tests import cast
from tests.cast import MONDAY

pytestmark = pytest.mark.django_db

BY_MANAGER = """
kind: invoice_release
name: Invoice release
mode: enforce
rules:
  - name: Large
    when: [{fact: amount, op: ">", value: 25000, currency: EUR}]
    ask: [{role: project_manager, within: 4 h}]
"""


@pytest.fixture
def firm():
    made = cast.firm()
    cast.policy(BY_MANAGER)
    return made


def seen(firm, name):
    return set(Request.objects.visible_to(firm.user(name)))


class TestWhoIsAsked:
    """A project manager sees no unit's requests, but those that wait for a project manager of the unit."""

    def test_sees_what_waits_for_them_and_can_decide_it(self, firm):
        request = firm.ask()
        assert seen(firm, "eve") == set()
        grants.grant(firm["eve"], "project_manager", firm.de, actor="system:test", at=MONDAY)
        assert seen(firm, "eve") == {request}
        step = Step.objects.visible_to(firm.user("eve")).get()
        at = MONDAY + timedelta(minutes=5)
        services.decide(
            step.pk, actor=firm["eve"], verdict="reject", snapshot_id=request.snapshot_id, note="No order", at=at
        )
        services.settle_due(at + timedelta(minutes=1))
        assert seen(firm, "eve") == {request}  # she took part

    def test_sees_it_no_longer_once_nobody_is_asked(self, firm):
        request = firm.ask()
        grants.grant(firm["eve"], "project_manager", firm.de, actor="system:test", at=MONDAY)
        services.close(request, Request.Closed.NOT_REQUIRED, at=MONDAY)
        assert seen(firm, "eve") == set()

    def test_sees_nothing_of_another_unit_or_that_she_is_barred_from(self, firm):
        firm.ask(barred=[firm["eve"].pk])
        firm.ask(18, unit=firm.us)
        grants.grant(firm["eve"], "project_manager", firm.de, actor="system:test", at=MONDAY)
        assert seen(firm, "eve") == set()


class TestTheScope:
    def test_of_a_role_shows_its_units_alone(self, firm):
        request = firm.ask()
        assert {name for name in firm.people if request in seen(firm, name)} == {"ann", "dan", "mia", "lea", "ben"}
