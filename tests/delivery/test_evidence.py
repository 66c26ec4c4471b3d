"""What an invoice's attachments are taken for, and how they come into its facts."""

import pytest

from delivery.invoice_release.kinds import INVOICE_RELEASE
from delivery.record_facts import documents
from integrations.mirror.models import Attachment, Invoice
from tests.mirrored import mirrored, vanished


def slot_of(name, mimetype="application/pdf"):
    found = [slot.key for slot in INVOICE_RELEASE.evidence if slot.fits({"name": name, "mimetype": mimetype})]
    return found[0] if found else ""


class TestASlot:
    @pytest.mark.parametrize(
        ("name", "slot"),
        [
            ("Signed acceptance S00046.pdf", "acceptance"),
            ("Abnahmeprotokoll.PDF", "acceptance"),
            ("Invoice S00046.pdf", "invoice"),
            ("INV_2026_00031.pdf", "invoice"),
        ],
    )
    def test_is_filled_by_name(self, name, slot):
        assert slot_of(name) == slot

    def test_of_the_invoice_takes_a_pdf_alone(self):
        assert slot_of("photo.png", "image/png") == ""


@pytest.mark.django_db
class TestFacts:
    def test_name_what_is_attached_by_checksum_and_nothing_that_is_gone_or_elsewhere(self):
        invoice = mirrored(Invoice, 17)
        about = {"res_model": "account.move", "type": "binary", "mimetype": "application/pdf", "checksum": "ab12"}
        mirrored(Attachment, 5, name="Invoice.pdf", res_id=17, file_size=1024, **about)
        mirrored(Attachment, 6, name="Gone.pdf", res_id=17, file_size=1, **about)
        mirrored(Attachment, 7, name="Other.pdf", res_id=18, file_size=1, **about)
        mirrored(Attachment, 8, name="Link", res_id=17, file_size=0, **{**about, "type": "url"})
        vanished(Attachment, 6)
        assert documents("account.move", invoice.pk) == [
            {"id": 5, "name": "Invoice.pdf", "mimetype": "application/pdf", "size": 1024, "checksum": "ab12"}
        ]
