"""What a look at one mirrored draft leads to: asked, kept in step, closed."""

from datetime import timedelta

import pytest

from approvals import services
from approvals.models import Decision, Request
from cockpit.accounts.models import Person, Unit
from cockpit.exception_queue.models import Case
from cockpit.outbox.models import Message
from delivery.guards import release_text
from delivery.invoice_release.rules import look
from integrations.mirror.models import Company, Currency, Invoice, InvoiceLine
from tests import cast
from tests.cast import MONDAY, Firm
from tests.mirrored import mirrored, vanished

pytestmark = pytest.mark.django_db
DRAFT, LINE = 17, 170


@pytest.fixture
def firm() -> Firm:
    made = cast.firm()
    cast.policy()
    Unit.objects.filter(pk=made.de.pk).update(odoo_model="res.company", odoo_id=1)
    for number, name in enumerate(("ann", "dan", "ben"), start=6):
        Person.objects.filter(pk=made[name].pk).update(odoo_user_id=number)
    mirrored(Currency, 3, name="EUR")
    mirrored(Company, 1, name=made.de.name, currency_id=3)
    mirrored(
        Invoice,
        DRAFT,
        odoo_state="draft",
        move_type="out_invoice",
        company_id=1,
        currency_id=3,
        partner_id=7,
        amount_total=48_200,
        amount_total_signed=48_200,
        create_uid=8,
    )
    mirrored(InvoiceLine, LINE, move_id=DRAFT, display_type="product", name="Design", quantity=1, price_unit=48_200)
    return made


def asked() -> Request:
    look(DRAFT, at=MONDAY)
    return Request.objects.get()


class TestADraft:
    def test_that_is_emptied_is_no_longer_asked_about(self, firm):
        request = asked()
        vanished(InvoiceLine, LINE)
        mirrored(Invoice, DRAFT, amount_total=0, amount_total_signed=0)
        look(DRAFT, at=MONDAY + timedelta(minutes=1))
        request.refresh_from_db()
        assert (request.state, request.closed_reason) == ("closed", "not_required")

    def test_that_is_still_empty_is_not_asked_about(self, firm):
        vanished(InvoiceLine, LINE)
        look(DRAFT, at=MONDAY)
        assert not Request.objects.exists()

    def test_whose_salesperson_becomes_the_one_who_approved_it_is_asked_anew(self, firm):
        request = asked()
        step = request.rounds.get().steps.get()
        given = {"verdict": "approve", "snapshot_id": request.snapshot_id, "at": MONDAY}
        services.decide(step.pk, actor=firm["ann"], **given)
        mirrored(Invoice, DRAFT, invoice_user_id=6)
        look(DRAFT, at=MONDAY + timedelta(seconds=5))
        request.refresh_from_db()
        assert (request.state, Decision.objects.get().void_at) == ("pending", MONDAY + timedelta(seconds=5))
        with pytest.raises(services.NotEntitledError):
            services.decide(step.pk, actor=firm["ann"], **given)


class TestAWithdrawnRequest:
    def test_does_not_let_its_draft_pass_when_that_is_touched_again(self, firm):
        request = asked()
        services.withdraw(request.pk, actor=firm["ben"], at=MONDAY + timedelta(minutes=1))
        mirrored(Invoice, DRAFT, ref="PO 7")
        look(DRAFT, at=MONDAY + timedelta(minutes=2))
        assert not Message.objects.filter(handler="odoo.push").exists()
        assert not Request.objects.open().exists()


class TestAPostedInvoice:
    def test_that_was_still_waiting_is_a_bypass(self, firm):
        asked()
        mirrored(Invoice, DRAFT, odoo_state="posted", name="INV/2026/00031")
        look(DRAFT, at=MONDAY + timedelta(minutes=1))
        assert Case.objects.get().kind == "invoice.posted_undecided"

    def test_that_an_earlier_round_approved_just_so_is_none(self, firm):
        """Changed and changed back before the approved posting, which had waited for Odoo, came through."""
        request = asked()
        release = release_text(request.snapshot.facts)
        mirrored(Invoice, DRAFT, odoo_state="posted", name="INV/2026/00031", x_cockpit_release=release)
        look(DRAFT, at=MONDAY + timedelta(minutes=1))
        request.refresh_from_db()
        assert (request.state, request.closed_reason) == ("closed", "moved_in_odoo")
        assert not Case.objects.exists()
