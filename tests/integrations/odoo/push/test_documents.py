"""Reading a document from Odoo: the very content, or a sentence that says why not."""

import base64

import pytest

from cockpit.pages.documents import LIMIT, Content, DocumentError
from integrations.odoo.client import AccessRefusedError
from integrations.odoo.documents import fetch
from integrations.odoo.push import connection
from tests.integrations.odoo.push.pushes import AT

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4 the invoice"


@pytest.fixture
def attach(bed):
    def attach(content=PDF, name="Invoice.pdf", record=0, **more):
        values = {"name": name, "res_model": "account.move", "res_id": record or bed.invoice, **more}
        values["datas"] = base64.b64encode(content).decode()
        return bed.admin.call("ir.attachment", "create", vals_list=[values])[0]

    return attach


def read(bed, document):
    return fetch(f"odoo.account.move:{bed.invoice}", document, at=AT)


def refusal(bed, document):
    with pytest.raises(DocumentError) as caught:
        read(bed, document)
    return caught.value.status, str(caught.value.sentence)


class TestReading:
    @pytest.mark.parametrize("transport", ["json2", "jsonrpc"])
    def test_gives_the_content_as_it_is(self, bed, attach, settings, transport):
        settings.ODOO = {**settings.ODOO, "TRANSPORT": transport}
        assert read(bed, attach()) == Content("Invoice.pdf", "application/pdf", PDF)

    def test_is_of_that_record_alone(self, bed, attach):
        other = attach(record=bed.draft())
        assert refusal(bed, other) == (404, "It was deleted in Odoo, or taken off this record.")

    def test_says_when_it_is_gone(self, bed, attach):
        document = attach()
        bed.admin.call("ir.attachment", "unlink", [document])
        assert refusal(bed, document)[0] == 404

    def test_fetches_nothing_that_could_run_or_is_too_large(self, bed, attach, monkeypatch):
        page = attach(name="page.html", content=b"<script>")
        assert refusal(bed, page)[0] == 415
        monkeypatch.setattr("cockpit.pages.documents.LIMIT", 10)
        document = attach()
        bed.calls.clear()
        assert refusal(bed, document)[0] == 413
        assert bed.count("read") == 0
        assert LIMIT == 20 * 2**20

    def test_says_when_the_cockpit_may_not_read_it(self, bed, attach, monkeypatch):
        def refused(*args, **kwargs):
            raise AccessRefusedError("no")

        monkeypatch.setattr("integrations.odoo.documents._about", refused)
        assert refusal(bed, attach()) == (
            403,
            "Odoo does not let the cockpit read it. Whoever runs Odoo can give its user the right.",
        )

    def test_says_when_odoo_fails(self, bed, attach):
        document = attach()
        bed.fault("500", model="ir.attachment", method="search_read")
        assert refusal(bed, document)[0] == 502

    def test_says_when_odoo_is_away_and_comes_back_with_it(self, bed, attach):
        document = attach()
        bed.stop()
        connection.forget()
        try:
            status, sentence = refusal(bed, document)
        finally:
            bed.start()
        assert (status, sentence) == (
            503,
            "Odoo cannot be reached now. You can decide without it, or try again in a minute.",
        )
        assert read(bed, document).data == PDF
