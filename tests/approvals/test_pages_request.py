"""The request page: everything one needs to decide, and afterwards what came of it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from approvals import services
from approvals.models import Request, Step
from cockpit.outbox.models import Destination
from tests import cast
from tests.approvals.conftest import NOW
from tests.visiting import answered, put_effects, words

pytestmark = pytest.mark.django_db


def page(client, request):
    return client.get(reverse("request", args=[request.pk]))


def says(client, request) -> str:
    return words(page(client, request))


def decide(request, person, verdict="approve", note="", at=NOW):
    step = Step.objects.get(round__request=request, state=Step.State.OPEN)
    services.decide(step.pk, actor=person, verdict=verdict, snapshot_id=request.snapshot_id, at=at, note=note)


def approved(firm, at=NOW):
    """A request whose approval has taken effect, and its messages as nobody has touched them yet."""
    request = firm.ask()
    decide(request, firm["ann"], at=at)
    services.settle_due(at + timedelta(seconds=20))
    request.refresh_from_db()
    return request, put_effects(request, at=at)


class TestBesideTheList:
    def test_gives_the_window_its_name_whether_it_comes_alone_or_with_the_list(self, open_firm, visit):
        request = open_firm.ask()
        address = reverse("request", args=[request.pk])
        part = visit("ann").get(address, headers={"HX-Request": "true", "HX-Target": "request"}).text
        assert f"<title>{request.number} Queue · Cockpit</title>" in part
        assert part.count("<title>") == 1
        assert visit("ann").get(address).text.count("<title>") == 1


class TestToDecide:
    def test_says_what_happens_either_way(self, open_firm, visit):
        text = says(visit("ann"), open_firm.ask())
        assert (
            "If you approve: Odoo posts this draft (€48,200.00) and numbers it; the client owes it by 23 Dec 2026."
            in text
        )
        assert "You can undo for 20 seconds." in text
        assert "If you reject: The draft stays as it is; Ben Brook reads the reason on the invoice in Odoo." in text

    def test_shows_money_with_its_currency_and_the_unknown_as_such(self, open_firm, visit):
        request = open_firm.ask(reference=None, salesperson=None)
        text = says(visit("ann"), request)
        assert "Amount, with tax €48,200.00" in text
        assert "Client’s reference — not known" in text
        assert (
            "What is billed Quantity Unit price With tax Go-live Munich, milestone 3 1 €48,200.00 €48,200.00"
            " Amount, net €48,200.00 Amount, with tax €48,200.00"
        ) in text

    def test_shows_a_foreign_amount_also_in_the_companys_currency(self, open_firm, visit):
        money = {"amount": "52020.00", "currency": "USD", "company_amount": "47290.91", "company_currency": "EUR"}
        request = open_firm.ask()
        services.refresh_facts(request, {**cast.invoice_facts(open_firm.de), "amount": money}, at=NOW)
        text = says(visit("ann"), request)
        assert "$52,020.00 €47,290.91 at its rate" in text
        assert "Amount, with tax above €25,000.00. Here it is $52,020.00, which is €47,290.91." in text

    def test_shows_what_changes(self, open_firm, visit):
        text = says(visit("ann"), open_firm.ask())
        assert "Owed by the client €12,900.00 €61,100.00" in text
        unknown = open_firm.ask(18, receivable=None)
        assert [change.label for change in page(visit("ann"), unknown).context["page"].changes] == ["Invoice"]

    def test_says_beside_the_buttons_and_in_the_row_what_moved_and_what_is_missing(self, open_firm, visit):
        request = open_firm.ask(evidence=[])
        facts = cast.invoice_facts(open_firm.de, 59_979, evidence=[])
        services.refresh_facts(request, facts, at=NOW)
        services.refresh_facts(request, {**facts, "due_date": "2026-12-30"}, at=NOW + timedelta(minutes=1))
        response = page(visit("ann"), request)
        moved = "Amount changed 10:42: €48,200.00 → €59,979.00"
        assert f"{moved} Evidence 0 of 2: acceptance missing, PDF missing Approve" in words(response)
        (group,) = response.context["screen"].listing.groups
        assert group.rows[0].warnings == (moved, "acceptance missing", "PDF missing")

    def test_names_the_moment_of_what_the_client_owes(self, open_firm, visit):
        text = says(visit("ann"), open_firm.ask())
        assert "Owed by this client €12,900.00 as of 10:00" in text
        assert "Only what changes As of 10:00 After" in text

    def test_shows_lines_as_the_document_has_them(self, open_firm, visit):
        net, gross = ({"amount": one, "currency": "EUR"} for one in ("34980.00", "41626.20"))
        line = {
            "product": 3,
            "text": "Analyst",
            "quantity": "212.0",
            "unit_price": "183.333333",
            "discount": "10.0",
            "net": net,
            "price": gross,
        }
        text = says(visit("ann"), open_firm.ask(amount="41626.20", net=net, lines=[line]))
        assert (
            "Quantity Unit price Discount Net Analyst 212 183.333333 EUR 10 % €34,980.00"
            " Amount, net €34,980.00 Amount, with tax €41,626.20" in text
        )

    def test_says_when_the_clock_starts_while_it_stands_still(self, open_firm, visit, now):
        sunday = cast.MONDAY - timedelta(hours=18)
        now.move_to(sunday)
        assert "4 h of 4 h left, clock starts Mon 09:00" in says(visit("ann"), open_firm.ask(at=sunday))
        now.move_to(cast.MONDAY)
        assert "clock starts" not in says(visit("ann"), Request.objects.get())

    def test_says_why_it_is_theirs_and_what_would_have_changed_it(self, open_firm, visit):
        text = says(visit("ann"), open_firm.ask())
        assert "You are Finance for Halden & Roth GmbH." in text
        assert (
            "Invoice release v1, row 1 “Large in Germany”: Amount, with tax above €25,000.00. Here it is €48,200.00."
            " It would differ at “Amount, with tax of €25,000.00 or less”: nobody would be asked." in text
        )

    def test_says_who_decides_to_those_who_may_not(self, open_firm, visit):
        request = open_firm.ask()
        assert "deciding it belongs to the role named here" in says(visit("mia"), request)
        assert "You asked for this, wrote it or gain from it, so somebody else decides." in says(visit("ben"), request)
        for name in ("mia", "ben"):
            assert "/decide/" not in page(visit(name), request).content.decode()

    def test_shows_the_path_with_odoos_part(self, open_firm, visit):
        stages = page(visit("ann"), open_firm.ask()).context["page"].path
        assert [(stage.state, stage.who, stage.does, stage.small) for stage in stages] == [
            ("done", "Ben Brook", "asked", "10:00"),
            ("now", "Finance, Halden & Roth GmbH", "decides", "due 14:00"),
            ("todo", "Odoo", "posts the invoice", "after 20 s to undo"),
        ]

    def test_counts_business_time_and_accounts_for_it(self, open_firm, visit, now):
        request = open_firm.ask(at=cast.MONDAY - timedelta(hours=18))  # Sunday
        text = says(visit("ann"), request)
        assert "2 h 18 of 4 h left" in text  # nine o'clock in Berlin was 102 minutes ago
        assert "1 h 42 of 4 h of business time used" in text
        assert text.count("of business time used") == 1  # that of the whole request would say the same
        assert "weekend until Mon 09:00" in text

    def test_tells_the_times_in_the_viewers_zone(self, open_firm, visit):
        american = open_firm.ask(2, 52_000, unit=open_firm.us)
        assert ", 04:00 ·" in says(visit("frank"), american)
        assert ", 10:00 ·" in says(visit("lea"), american)

    def test_tells_where_the_clock_counts_when_that_is_elsewhere(self, open_firm, visit):
        american = open_firm.ask(2, 52_000, unit=open_firm.us)
        assert "in America/New York" in page(visit("lea"), american).content.decode()

    def test_links_to_the_record_and_to_nothing_that_is_no_web_address(self, open_firm, visit):
        ann = visit("ann")
        assert 'href="http://127.0.0.1:8069/odoo/account.move/17"' in page(ann, open_firm.ask()).content.decode()
        trap = open_firm.ask(18, odoo={"text": "here", "url": "javascript:alert(1)"})
        assert "javascript:" not in page(ann, trap).content.decode()

    def test_takes_hostile_words_as_words(self, open_firm, visit):
        request = open_firm.ask(client={"id": 7, "name": "<script>alert(1)</script>"}, reference='"><img src=x>')
        shown = page(visit("ann"), request).content.decode()
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown

    def test_asks_again_only_while_something_is_under_way(self, open_firm, visit):
        ann, request = visit("ann"), open_firm.ask()
        polls = f"/queue/R-{request.pk}/status/"
        assert polls not in page(ann, request).content.decode()
        decide(request, open_firm["ann"])
        assert polls in page(ann, request).content.decode()


class TestTimeline:
    def test_tells_in_words_who_did_what(self, open_firm, visit, now):
        request = open_firm.ask()
        decide(request, open_firm["dan"], "reject", "The PO is last year's.")
        services.undo(request.pk, actor=open_firm["dan"], at=NOW + timedelta(seconds=5))
        decide(request, open_firm["ann"], at=NOW + timedelta(seconds=9))
        services.settle_due(NOW + timedelta(minutes=1))
        told = [(one.text, one.quote) for one in page(visit("ann"), request).context["page"].timeline]
        assert told == [
            ("The approval took effect", ""),
            ("Ann Albers approved it as Finance", ""),
            ("Dan Dietz took the decision back", ""),
            ("Dan Dietz rejected it as Finance", "The PO is last year's."),
            ("Invoice release v1 asked Finance", ""),
        ]

    def test_tells_that_the_record_changed(self, open_firm, visit):
        request = open_firm.ask()
        services.refresh_facts(request, cast.invoice_facts(open_firm.de, 46_900), at=NOW)
        text = says(visit("ann"), request)
        assert "The record changed in Odoo; nothing was decided yet" in text
        assert "what was decided stands" not in text
        assert "Amount, with tax : €48,200.00 → €46,900.00" in text.partition("Timeline")[2]

    def test_says_that_a_decision_stands_only_after_one_that_counted(self, open_firm, visit):
        request = open_firm.ask()
        decide(request, open_firm["ann"])
        later = NOW + timedelta(seconds=5)
        services.refresh_facts(request, cast.invoice_facts(open_firm.de, due_date="2026-12-30"), at=later)
        services.undo(request.pk, actor=open_firm["ann"], at=NOW + timedelta(seconds=9))
        again = NOW + timedelta(seconds=12)
        services.refresh_facts(request, cast.invoice_facts(open_firm.de, due_date="2026-12-31"), at=again)
        told = [one.text for one in page(visit("ann"), request).context["page"].timeline if one.moved]
        assert told == [
            "The record changed in Odoo; nothing was decided yet",
            "The record changed in Odoo; what was decided stands",
        ]


class TestDecided:
    def test_counts_the_seconds_down_and_offers_undo_to_who_decided(self, open_firm, visit):
        request = open_firm.ask()
        decide(request, open_firm["ann"], at=NOW - timedelta(seconds=2))
        mine, others = page(visit("ann"), request), page(visit("dan"), request)
        assert 'data-countdown="18"' in mine.content.decode()
        assert f"/queue/R-{request.pk}/undo/" in mine.content.decode()
        assert "Ann Albers approved it." in words(others)
        assert "/undo/" not in others.content.decode()

    def test_says_that_odoo_is_being_told(self, open_firm, visit):
        request, _messages = approved(open_firm)
        assert "Odoo is being told now." in says(visit("ann"), request)

    def test_says_what_odoo_made_of_it(self, open_firm, visit):
        request, messages = approved(open_firm)
        values = {"name": "INV/2026/00031"}
        for message in messages.values():
            result = {"at": "2026-11-23T13:04:09+00:00", "values": values}
            answered(message, state="done", done_at=NOW, outcome="verified", result=result)
        shown = page(visit("ann"), request)
        assert "Posted in Odoo at 14:04:09 as INV/2026/00031" in words(shown)
        assert [(stage.state, stage.small) for stage in shown.context["page"].path][-1] == ("done", "in Odoo")
        assert "status/?seen" not in shown.content.decode().replace("&amp;", "&")

    def test_gives_odoos_refusal_in_its_words(self, open_firm, visit):
        request, messages = approved(open_firm)
        answered(
            messages["release"],
            state="dead",
            dead_at=NOW,
            outcome="refused",
            last_error="Odoo refused.",
            result={"refused": "The journal is locked."},
        )
        text = says(visit("ann"), request)
        assert "Odoo refused it at 10:42:00, in these words: The journal is locked." in text
        assert "It is among the exceptions" in text

    def test_says_that_odoo_is_away_since_when_and_when_it_is_tried_again(self, open_firm, visit):
        request, messages = approved(open_firm)
        Destination.objects.create(
            name="odoo", breaker="open", opened_at=NOW - timedelta(minutes=2), next_probe_at=NOW + timedelta(minutes=1)
        )
        for message in messages.values():
            answered(message, last_error="Odoo does not answer.", not_before=NOW + timedelta(minutes=1))
        text = says(visit("ann"), request)
        assert (
            "Odoo cannot be reached since 10:40. The decision waits here and is sent again at 10:43."
            " Odoo does not answer." in text
        )

    def test_says_that_the_record_changed_before_odoo_was_told(self, open_firm, visit):
        request, messages = approved(open_firm)
        difference = {
            "model": "account.move",
            "id": 17,
            "field": "amount_total",
            "expected": "48200.00",
            "actual": "46900.00",
        }
        answered(
            messages["release"],
            state="done",
            done_at=NOW,
            outcome="refused",
            result={"reason": "changed", "differences": [difference]},
        )
        text = says(visit("ann"), request)
        assert "The record changed in Odoo after the decision, so nothing was forced." in text
        assert "amount_total: 48200.00 → 46900.00" in text

    def test_of_an_earlier_round_is_not_taken_for_the_present_one(self, open_firm, visit, now):
        request, messages = approved(open_firm)
        for message in messages.values():
            answered(message, state="done", done_at=NOW, outcome="verified", result={"values": {"name": "INV/1"}})
        again = open_firm.ask(amount=60_000)
        assert (again.pk, again.state) == (request.pk, Request.State.PENDING)
        text = says(visit("ann"), request)
        assert "If you approve:" in text
        assert "Posted in Odoo at 10:42:00 as INV/1" in text.partition("Timeline")[2]
        assert "Posted in Odoo" not in text.partition("Timeline")[0]
        decide(again, open_firm["ann"])
        services.settle_due(NOW + timedelta(minutes=1))
        assert "Odoo is being told now." in says(visit("ann"), request)

    def test_against_gives_the_reason(self, open_firm, visit):
        request = open_firm.ask()
        decide(request, open_firm["ann"], "reject", "The PO is last year's.")
        services.settle_due(NOW + timedelta(seconds=20))
        text = says(visit("ben"), request)
        assert "Ann Albers rejected it. The PO is last year's." in text

    def test_by_nobody_says_why_it_is_closed(self, open_firm, visit):
        request = open_firm.ask()
        services.close(request, "subject_gone", at=NOW)
        assert "Closed without a decision: the record was deleted in Odoo." in says(visit("ann"), request)

    def test_only_observed_says_that_nothing_is_held_back(self, open_firm, visit):
        cast.observe()
        assert "Would have been asked. The policy only observes" in says(visit("ann"), open_firm.ask())


class TestFromOdoo:
    def test_its_refusal_leads_to_the_request_about_that_record(self, open_firm, visit):
        request = open_firm.ask()
        there = visit("ann").get(reverse("about", args=["account.move", 17]))
        assert there["Location"] == reverse("request", args=[request.pk])

    def test_a_record_that_nobody_asked_about_is_said_kindly(self, open_firm, visit):
        there = visit("ann").get(reverse("about", args=["account.move", 18]))
        assert there.status_code == 404
        assert "You have no request about this record" in words(there)
