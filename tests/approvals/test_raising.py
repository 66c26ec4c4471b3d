"""Asking by form: what a person writes becomes a request, once, and Odoo is not written to."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from approvals import services
from approvals.models import Policy, Request
from approvals.policy_files import read
from cockpit.outbox.models import Message
from tests import cast
from tests.visiting import visitor, words

pytestmark = pytest.mark.django_db
TABLE = """
kind: write_off
name: Write-offs
mode: enforce
rules:
  - name: Any
    when: [{fact: amount, op: ">", value: 100, currency: EUR}]
    ask: [{role: finance, within: 4 h}]
  - name: Little passes
"""
GIVEN = {
    "amount": "1200.50",
    "client": "Brandt AG",
    "invoice": "INV/2026/00007",
    "overdue_days": "95",
    "reason": "Gone",
}


@pytest.fixture
def firm():
    made = cast.firm()
    version = services.draft(read(TABLE), actor="system:test", at=timezone.now())
    services.publish(version, actor="system:test", at=timezone.now())
    return made


def page(kind="write_off"):
    return reverse("ask_for", args=[kind])


def filled(firm, **changes):
    return {**GIVEN, "unit": firm.de.pk, "token": str(uuid4()), **changes}


def decide(request, person):
    step = request.rounds.get().steps.get()
    given = {"verdict": "approve", "snapshot_id": request.snapshot_id, "at": timezone.now()}
    return services.decide(step.pk, actor=person, **given)


class TestTheForm:
    def test_offers_what_policies_ask_about(self, firm):
        said = words(visitor(firm, "ben").get(reverse("ask_kinds")))
        assert "Write-off" in said
        assert "Milestone" not in said
        assert visitor(firm, "ben").get(page("milestone")).status_code == 404

    def test_says_who_can_help_where_no_policy_asks_about_anything(self, firm):
        Policy.objects.filter(kind="write_off").update(mode="off")
        assert "Whoever runs the cockpit can put one in force." in words(visitor(firm, "ben").get(reverse("ask_kinds")))
        cast.hold(firm, ("mia", "operations_admin", firm.de))
        assert "Put one in force on the page Policies" in words(visitor(firm, "mia").get(reverse("ask_kinds")))

    def test_has_a_field_for_each_fact_of_the_kind(self, firm):
        text = visitor(firm, "ben").get(page()).content.decode()
        assert set(re.findall(r'name="(\w+)"', text)) >= {*GIVEN, "unit", "token"}

    def test_offers_only_the_units_one_works_in(self, firm):
        response = visitor(firm, "ben").post(page(), filled(firm, unit=firm.us.pk))
        assert response.status_code == 422
        assert not Request.objects.exists()


class TestAsking:
    def test_leads_to_the_request_that_others_decide(self, firm):
        response = visitor(firm, "ben").post(page(), filled(firm))
        request = Request.objects.get()
        assert response.url == reverse("request", args=[request.pk])
        assert (request.requester, request.barred_persons) == (firm["ben"], [firm["ben"].pk])
        assert request.title == "Write off €1,200.50 of INV/2026/00007, Brandt AG"
        assert request.snapshot.facts["amount"]["company_amount"] == "1200.50"
        assert Request.objects.needing(firm.user("ann")).get() == request

    def test_twice_is_asking_once(self, firm):
        given = filled(firm)
        for _ in range(2):
            visitor(firm, "ben").post(page(), given)
        assert Request.objects.count() == 1

    def test_without_what_is_needed_says_what_is_missing_and_keeps_the_rest(self, firm):
        response = visitor(firm, "ben").post(page(), filled(firm, reason=""))
        assert response.status_code == 422
        assert 'value="Brandt AG"' in response.content.decode()
        assert not Request.objects.exists()

    def test_what_nobody_is_asked_about_says_so(self, firm):
        response = visitor(firm, "ben").post(page(), filled(firm, amount="50"))
        assert response.status_code == 422
        assert "needs no decision" in words(response)

    def test_in_nonsense_is_refused_where_it_stands(self, firm):
        response = visitor(firm, "ben").post(page(), filled(firm, amount="much", overdue_days="many", token="1"))
        assert response.status_code == 422
        assert not Request.objects.exists()


class TestADraft:
    def test_is_kept_offered_again_and_gone_once_it_was_asked(self, firm):
        ben, given = visitor(firm, "ben"), filled(firm, reason="")
        assert ben.post(page(), {**given, "keep": "1"}).url == reverse("ask_kinds")
        assert not Request.objects.exists()
        assert "draft" in words(ben.get(reverse("ask_kinds")))
        text = ben.get(page()).content.decode()
        assert 'value="Brandt AG"' in text
        assert given["token"] in text
        ben.post(page(), {**given, "reason": "Gone"})
        assert Request.objects.count() == 1
        assert "draft" not in words(ben.get(reverse("ask_kinds")))
        assert 'value="Brandt AG"' not in ben.get(page()).content.decode()

    def test_is_what_was_refused_as_well_and_can_be_thrown_away(self, firm):
        ben = visitor(firm, "ben")
        ben.post(page(), filled(firm, amount="much"))
        assert 'value="much"' in ben.get(page()).content.decode()
        ben.post(page(), {"discard": "1"})
        assert 'value="much"' not in ben.get(page()).content.decode()

    def test_is_ones_own(self, firm):
        visitor(firm, "ben").post(page(), {**filled(firm), "keep": "1"})
        assert 'value="Brandt AG"' not in visitor(firm, "lea").get(page()).content.decode()


class TestTheWayThere:
    def test_leads_from_the_queue_and_from_the_palette(self, firm):
        ben = visitor(firm, "ben")
        assert 'data-key="n"' in ben.get("/queue/").content.decode()
        found = words(ben.get("/search/", {"q": "write-off"}))
        assert "Ask for: Write-off" in found
        assert "Ask for: Milestone" not in words(ben.get("/search/", {"q": "milestone"}))


class TestTheDecision:
    def test_writes_nothing_to_odoo_and_its_page_says_so(self, firm):
        visitor(firm, "ben").post(page(), filled(firm))
        request = Request.objects.get()
        said = words(visitor(firm, "ann").get(reverse("request", args=[request.pk])))
        assert "whoever asked carries it out. Odoo is not written to." in said
        decide(request, firm["ann"])
        services.settle_due(timezone.now() + timedelta(minutes=1))
        request.refresh_from_db()
        assert request.state == "approved"
        assert not Message.objects.filter(handler="odoo.push").exists()
        assert "Odoo is being told" not in words(visitor(firm, "ann").get(reverse("request", args=[request.pk])))

    def test_is_never_the_askers_own(self, firm):
        visitor(firm, "ann").post(page(), filled(firm))
        with pytest.raises(services.NotEntitledError):
            decide(Request.objects.get(), firm["ann"])
