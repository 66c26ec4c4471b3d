"""The document: one key away, only for who sees the request, and a sentence when it cannot be had."""

import hashlib

import pytest

from approvals import services
from cockpit.pages.documents import LIMIT, Content, DocumentError, check_kind
from tests import cast
from tests.approvals.conftest import NOW
from tests.visiting import form_of, words

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4 the invoice"
SUM = hashlib.sha1(PDF, usedforsecurity=False).hexdigest()
INVOICE = {"id": 5, "name": "Invoice S00046.pdf", "mimetype": "application/pdf", "size": len(PDF), "checksum": SUM}
ACCEPTANCE = {**INVOICE, "id": 6, "name": "Signed acceptance.pdf"}

answers = {}


def fetch(subject, document, *, at):
    """Stands for Odoo."""
    answer = answers[subject, document]
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.fixture(autouse=True)
def elsewhere(settings):
    settings.DOCUMENTS = "tests.approvals.test_documents.fetch"
    answers.clear()
    answers["odoo.account.move:17", 5] = Content("Invoice S00046.pdf", "application/pdf", PDF)


@pytest.fixture
def request_(open_firm):
    return open_firm.ask(evidence=[INVOICE])


def content(client, request, document=5, query=""):
    return client.get(f"/queue/R-{request.pk}/documents/{document}/content/{query}")


class TestEvidence:
    def test_says_what_is_there_and_what_is_missing(self, request_, visit):
        shown = words(visit("ann").get(f"/queue/R-{request_.pk}/"))
        assert (
            "Invoice S00046.pdf E The invoice’s PDF · 20 bytes The client’s acceptance is not attached in Odoo" in shown
        )

    def test_fills_each_slot_with_another_document(self, open_firm, visit):
        request = open_firm.ask(evidence=[ACCEPTANCE, INVOICE])
        shown = words(visit("ann").get(f"/queue/R-{request.pk}/"))
        assert "Signed acceptance.pdf E The client’s acceptance" in shown
        assert "Invoice S00046.pdf The invoice’s PDF" in shown
        assert "is not attached" not in shown

    def test_is_what_a_decision_is_bound_to(self, request_, visit, open_firm):
        ann = visit("ann")
        ann.post(f"/queue/R-{request_.pk}/decide/", form_of(ann.get(f"/queue/R-{request_.pk}/")))
        decision = request_.rounds.get().decisions.get()
        assert decision.snapshot.facts["evidence"][0]["checksum"] == SUM

    def test_that_comes_later_is_taken_in_and_voids_nothing(self, request_, open_firm):
        step = request_.rounds.get().steps.get()
        services.decide(step.pk, actor=open_firm["ann"], verdict="approve", snapshot_id=request_.snapshot_id, at=NOW)
        facts = cast.invoice_facts(open_firm.de, evidence=[INVOICE, ACCEPTANCE])
        services.refresh_facts(request_, facts, at=NOW)
        assert not request_.rounds.get().decisions.get().void_at


class TestADocument:
    def test_is_shown_in_a_frame_with_its_checksum(self, request_, visit):
        page = visit("ann").get(f"/queue/R-{request_.pk}/documents/5/")
        assert f'src="/queue/R-{request_.pk}/documents/5/content/#navpanes=0"' in page.content.decode()
        assert SUM in words(page)
        assert "frame-src 'self'" in page["Content-Security-Policy"]

    def test_comes_as_it_is_and_is_kept_nowhere(self, request_, visit):
        answer = content(visit("ann"), request_)
        assert answer.content == PDF
        assert answer["Content-Type"] == "application/pdf"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Disposition"].startswith("inline")
        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Frame-Options"] == "SAMEORIGIN"
        assert "default-src 'none'" in answer["Content-Security-Policy"]

    def test_can_be_taken_along(self, request_, visit):
        answer = content(visit("ann"), request_, query="?download=1")
        assert answer["Content-Disposition"] == 'attachment; filename="Invoice S00046.pdf"'
        assert answer["Content-Type"] == "application/octet-stream"

    def test_of_text_or_an_image_runs_in_a_sandbox(self, open_firm, visit):
        note = {**INVOICE, "id": 7, "name": "note.txt", "mimetype": "text/plain"}
        request = open_firm.ask(evidence=[note])
        answers["odoo.account.move:17", 7] = Content("note.txt", "text/plain", PDF)
        ann = visit("ann")
        assert content(ann, request, 7)["Content-Security-Policy"].endswith("; sandbox")
        assert "sandbox" in ann.get(f"/queue/R-{request.pk}/documents/7/").content.decode()

    def test_is_for_those_who_see_the_request_alone(self, request_, visit):
        for name in ("frank", "eve"):
            assert content(visit(name), request_).status_code == 404
            assert visit(name).get(f"/queue/R-{request_.pk}/documents/5/").status_code == 404

    def test_is_only_one_that_the_request_names(self, request_, visit):
        answers["odoo.account.move:17", 99] = Content("secret.pdf", "application/pdf", PDF)
        assert content(visit("ann"), request_, 99).status_code == 404

    def test_with_another_content_than_the_request_names_is_not_shown(self, request_, visit):
        answers["odoo.account.move:17", 5] = Content("Invoice.pdf", "application/pdf", b"%PDF-1.4 another")
        answer = content(visit("ann"), request_)
        assert answer.status_code == 409
        assert "It was replaced in Odoo a moment ago." in words(answer)

    def test_that_cannot_be_had_says_why(self, request_, visit):
        answers["odoo.account.move:17", 5] = DocumentError("Odoo cannot be reached now.", 503)
        answer = content(visit("ann"), request_)
        assert answer.status_code == 503
        assert "The document cannot be shown Odoo cannot be reached now." in words(answer)
        assert b"<script" not in answer.content


class TestAKind:
    @pytest.mark.parametrize(
        "mimetype", ["text/html", "image/svg+xml", "application/javascript", "", "application/x-sh"]
    )
    def test_that_could_run_is_never_opened(self, mimetype):
        with pytest.raises(DocumentError, match="Open it in Odoo"):
            check_kind(mimetype, 1)

    def test_may_be_so_large_and_no_larger(self):
        check_kind("application/pdf", LIMIT)
        with pytest.raises(DocumentError, match="larger than 20 MB"):
            check_kind("application/pdf", LIMIT + 1)
