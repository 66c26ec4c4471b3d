"""Attachments of an invoice: digest, size and kind, who sees them, and what goes with what."""

import base64
import hashlib

import pytest

from integrations.odoo.client import AccessRefusedError, OdooError
from tests.contract.world import QUIET

CONTENT = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"
ABOUT = ["name", "mimetype", "file_size", "checksum", "res_model", "res_id", "company_id", "type"]


def encoded(content):
    return base64.b64encode(content).decode()


@pytest.fixture
def invoice(odoo):
    return odoo.invoice(400)


def attach(odoo, invoice, name="Invoice.pdf", content=CONTENT, by="cockpit", **more):
    values = {"name": name, "res_model": "account.move", "res_id": invoice, "datas": encoded(content), **more}
    return odoo.as_user(by).call("ir.attachment", "create", vals_list=[values])[0]


def found(odoo, invoice, fields=ABOUT, by="cockpit"):
    domain = [["res_model", "=", "account.move"], ["res_id", "=", invoice]]
    return odoo.as_user(by).search_read("ir.attachment", domain, list(fields), order="id")


class TestAttachments:
    def test_say_what_they_hold(self, odoo, invoice):
        attachment = attach(odoo, invoice)
        assert found(odoo, invoice) == [
            {
                "id": attachment,
                "name": "Invoice.pdf",
                "mimetype": "application/pdf",
                "file_size": len(CONTENT),
                "checksum": hashlib.sha1(CONTENT, usedforsecurity=False).hexdigest(),
                "res_model": "account.move",
                "res_id": invoice,
                "company_id": odoo.companies["de"],
                "type": "binary",
            }
        ]

    def test_give_their_content_in_base64(self, odoo, invoice):
        row = odoo.client.call("ir.attachment", "read", [attach(odoo, invoice)], fields=["datas"], load=None)[0]
        assert base64.b64decode(row["datas"]) == CONTENT

    @pytest.mark.parametrize(
        ("name", "more", "kind"),
        [
            ("scan", {}, "application/pdf"),
            ("notes.txt", {}, "text/plain"),
            ("notes.txt", {"mimetype": "application/pdf"}, "application/pdf"),
        ],
    )
    def test_know_their_kind_by_word_name_or_content(self, odoo, invoice, name, more, kind):
        attach(odoo, invoice, name, **more)
        assert found(odoo, invoice, ["mimetype"])[0]["mimetype"] == kind

    def test_that_are_empty_say_so(self, odoo, invoice):
        values = {"name": "Nothing", "res_model": "account.move", "res_id": invoice}
        odoo.client.call("ir.attachment", "create", vals_list=[values])
        row = found(odoo, invoice, ["datas", "checksum", "file_size"])[0]
        assert (row["datas"], row["checksum"], row["file_size"]) == ("", False, 0)

    def test_change_with_their_content(self, odoo, invoice):
        attachment = attach(odoo, invoice)
        odoo.client.call("ir.attachment", "write", [attachment], vals={"datas": encoded(CONTENT + b"2")})
        row = found(odoo, invoice)[0]
        assert (row["file_size"], row["checksum"]) == (
            len(CONTENT) + 1,
            hashlib.sha1(CONTENT + b"2", usedforsecurity=False).hexdigest(),
        )

    def test_are_seen_with_their_invoice_alone(self, odoo, invoice):
        attachment = attach(odoo, invoice)
        assert found(odoo, invoice, ["name"], by="ann")
        assert found(odoo, invoice, ["name"], by="frank") == []
        assert odoo.as_user("eve").search_read("ir.attachment", [["id", "=", attachment]], ["name"]) == []
        with pytest.raises(AccessRefusedError):
            found(odoo, invoice, ["name"], by="eve")
        with pytest.raises(AccessRefusedError):
            odoo.as_user("eve").call("ir.attachment", "read", [attachment], fields=["name"], load=None)

    def test_are_made_by_those_who_may_write_the_invoice(self, odoo, invoice):
        with pytest.raises(AccessRefusedError, match="not allowed to access this document"):
            attach(odoo, invoice, by="eve")
        assert found(odoo, invoice) == []

    def test_cannot_be_searched_by_content(self, odoo):
        with pytest.raises(OdooError, match="not stored"):
            odoo.client.search_read("ir.attachment", [["datas", "!=", False]], ["name"], limit=1)

    def test_of_a_message_are_shown_beside_the_invoice(self, odoo, invoice):
        attachment = attach(odoo, invoice)
        assert odoo.move(invoice, "message_main_attachment_id")["message_main_attachment_id"] is False
        odoo.client.call("account.move", "message_post", [invoice], body="See", message_type="comment",
                         attachment_ids=[attachment])  # fmt: skip
        assert odoo.move(invoice, "message_main_attachment_id")["message_main_attachment_id"] == attachment
        odoo.client.call("ir.attachment", "unlink", [attachment])
        assert odoo.move(invoice, "message_main_attachment_id")["message_main_attachment_id"] is False

    def test_go_with_their_invoice(self, odoo, invoice):
        attachment = attach(odoo, invoice)
        odoo.client.call("account.move", "unlink", [invoice], context=QUIET)
        assert odoo.client.search_read("ir.attachment", [["id", "=", attachment]], ["name"]) == []
