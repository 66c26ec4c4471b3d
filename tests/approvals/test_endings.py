"""What became of a request whose invoice Odoo moved on before anybody decided."""

import pytest
from django.urls import reverse

from approvals import services
from cockpit.exception_queue.services import open_case
from integrations.mirror.models import Invoice, OdooUser
from tests.approvals.conftest import NOW
from tests.mirrored import mirrored
from tests.visiting import words

pytestmark = pytest.mark.django_db
UNDECIDED = "Posted in Odoo as INV/2026/00063 without a decision."


@pytest.fixture
def ended(open_firm, visit):
    """`ended(odoo_state="posted")`: closed, its invoice as given; what Ann then reads of it, and of the list."""

    def close(**columns):
        request = open_firm.ask()
        services.close(request, "moved_in_odoo", at=NOW)
        mirrored(OdooUser, 108, name="Ola Okafor")
        mirrored(Invoice, 17, write_uid=108, name="INV/2026/00063", **columns)
        ann = visit("ann")
        (group,) = ann.get("/queue/?tab=done").context["screen"].listing.groups
        return words(ann.get(reverse("request", args=[request.pk]))), group.rows[0]

    return close


def case_about(unit):
    return open_case("invoice.bypass:17", kind="invoice.posted_undecided", title="Posted", at=NOW, unit=unit)


class TestPosted:
    def test_undecided_says_so_in_the_colour_of_what_is_late(self, ended):
        text, row = ended(odoo_state="posted")
        assert UNDECIDED in text
        assert "moved on" not in text.partition("Timeline")[0]
        assert (row.note, row.state) == ("posted undecided", "late")

    def test_undecided_names_who_wrote_it_last_as_odoo_noted(self, ended):
        text, _row = ended(odoo_state="posted")
        assert f"{UNDECIDED} Last written there by Ola Okafor, Monday 23 November 2026, 09:00:00 CET." in text

    def test_by_emergency_is_told_apart(self, ended):
        text, row = ended(odoo_state="posted", x_cockpit_emergency="Month end")
        assert "Posted in Odoo as INV/2026/00063 by emergency release, without a decision." in text
        assert (row.note, row.state) == ("posted by emergency release", "late")

    def test_leads_to_its_case_those_who_may_see_that(self, ended, open_firm, visit):
        case = case_about(open_firm.de)
        text, row = ended(odoo_state="posted")
        assert f"{case.number} among the exceptions is about it: open." in text
        asker = visit("ben").get(reverse("request", args=[row.request.pk]))
        assert UNDECIDED in words(asker)
        assert case.number not in words(asker)


class TestOtherwise:
    @pytest.mark.parametrize(
        ("state", "sentence", "short"),
        [
            ("cancel", "Cancelled in Odoo.", "cancelled in Odoo"),
            ("draft", "It is a draft in Odoo again.", "a draft again"),
        ],
    )
    def test_it_says_what_odoo_did(self, ended, state, sentence, short):
        text, row = ended(odoo_state=state)
        assert sentence in text
        assert (row.note, row.state) == (short, "")

    def test_it_says_no_more_than_the_reason_while_the_mirror_holds_nothing(self, open_firm, visit):
        request = open_firm.ask()
        services.close(request, "moved_in_odoo", at=NOW)
        text = words(visit("ann").get(reverse("request", args=[request.pk])))
        assert "Closed without a decision: the record moved on in Odoo." in text
