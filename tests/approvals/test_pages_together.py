"""Several at once: only what is alike, unchanged and small; sum and what stands out before, a result each after."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from approvals import kinds, services
from approvals.models import Decision, Request, Step
from approvals.policy import PolicyError
from approvals.policy_files import read, write
from tests import cast
from tests.approvals.conftest import NOW
from tests.visiting import words

pytestmark = pytest.mark.django_db
BULK = "/queue/bulk/"


@pytest.fixture(autouse=True)
def _limit(monkeypatch):
    """Invoices up to 60,000 may be decided together."""
    known = dict(kinds.registry())
    known[cast.KIND] = replace(known[cast.KIND], bulk_below=Decimal(60_000))
    monkeypatch.setattr(kinds, "registry", lambda: known)


def ask(client, *requests):
    return client.get(BULK, {"pick": [one.pk for one in requests]})


def items(response) -> list[str]:
    return re.findall(r'name="item" value="([^"]*)"', response.content.decode())


def left_out(response) -> dict[int, str]:
    return {one.request.pk: one.why for one in response.context["batch"].left_out}


def send(client, given, verdict="approve", note=""):
    return client.post(BULK, {"item": given, "verdict": verdict, "note": note})


class TestBefore:
    def test_shows_the_sum_and_what_stands_out_first(self, open_firm, visit):
        small = [open_firm.ask(number, 26_000) for number in (1, 2, 3)]
        odd = open_firm.ask(4, 26_000)
        Request.objects.filter(pk=odd.pk).update(amount=59_000, amount_reporting=59_000)
        Request.objects.filter(pk__in=[one.pk for one in small]).update(amount_reporting=15_000)
        response = ask(visit("ann"), *small, odd)
        batch = response.context["batch"]
        assert [item.request for item in batch.outliers] == [odd]
        assert batch.items[0].request == odd
        assert "4 requests, Release an invoice, asked of Finance." in words(response) or batch.role == "Finance"
        assert "€137,000.00" in words(response)

    def test_leaves_out_what_is_not_alike_changed_large_taken_or_not_ones_own(self, open_firm, visit):
        ok = [open_firm.ask(number, 30_000) for number in (1, 2)]
        large, changed, taken, foreign = (open_firm.ask(number, 30_000) for number in (3, 4, 5, 6))
        large = open_firm.ask(7, 90_000)
        services.refresh_facts(changed, cast.invoice_facts(open_firm.de, 31_000), at=NOW)
        services.claim(Step.objects.get(round__request=taken).pk, actor=open_firm["dan"], at=NOW)
        Request.objects.filter(pk=foreign.pk).update(barred_persons=[open_firm["ann"].pk])
        cast.policy(cast.TABLE, at=NOW)
        other = open_firm.ask(8, 30_000, at=NOW)
        response = ask(visit("ann"), *ok, large, changed, taken, foreign, other)
        assert {item.request for item in response.context["batch"].items} == set(ok)
        said = left_out(response)
        assert "above the limit" in said[large.pk]
        assert "has changed" in said[changed.pk]
        assert "Dan Dietz has taken this on" in said[taken.pk]
        assert "does not wait for you" in said[foreign.pk]
        assert "not alike" in said[other.pk]

    def test_shows_nothing_that_one_may_not_see_and_takes_no_nonsense(self, open_firm, visit):
        request = open_firm.ask(1, 30_000)
        response = ask(visit("eve"), request)
        assert "Brandt" not in words(response)
        assert visit("ann").get(BULK, {"pick": ["x", "9" * 40, "-1", ""]}).status_code == 200


class TestDeciding:
    def test_decides_each_by_itself_with_a_result_each(self, open_firm, visit):
        ann, requests = visit("ann"), [open_firm.ask(number, 30_000) for number in (1, 2, 3)]
        given = items(ask(ann, *requests))
        step = Step.objects.get(round__request=requests[1])
        services.decide(
            step.pk, actor=open_firm["dan"], verdict="reject", snapshot_id=requests[1].snapshot_id, at=NOW, note="No."
        )
        response = send(ann, given)
        assert "2 of 3 decided." in words(response)
        assert "Dan Dietz has already rejected it." in words(response)
        assert Decision.objects.filter(person=open_firm["ann"]).count() == 2

    def test_sent_twice_is_done_once(self, open_firm, visit):
        ann, requests = visit("ann"), [open_firm.ask(number, 30_000) for number in (1, 2)]
        given = items(ask(ann, *requests))
        said = [words(send(ann, given)) for _twice in range(2)]
        assert ["2 of 2 decided." in text for text in said] == [True, True]
        assert Decision.objects.count() == 2

    def test_of_what_moved_meanwhile_is_refused(self, open_firm, visit):
        ann, requests = visit("ann"), [open_firm.ask(number, 30_000) for number in (1, 2)]
        given = items(ask(ann, *requests))
        services.refresh_facts(requests[0], cast.invoice_facts(open_firm.de, 31_000), at=NOW)
        assert "1 of 2 decided." in words(send(ann, given))
        assert Decision.objects.get().step.round.request == requests[1]

    def test_of_what_is_too_large_or_foreign_by_a_made_up_form_is_refused(self, open_firm, visit):
        small, large = open_firm.ask(1, 30_000), open_firm.ask(2, 90_000)
        steps = [Step.objects.get(round__request=one) for one in (small, large)]
        given = [f"{step.pk}:{one.snapshot_id}" for step, one in zip(steps, (small, large), strict=True)]
        assert "1 of 2 decided." in words(send(visit("ann"), given))
        assert "0 of 0 decided." in words(send(visit("eve"), given))
        assert Decision.objects.get().step == steps[0]

    def test_to_reject_needs_a_reason_and_keeps_what_was_ticked(self, open_firm, visit):
        ann, request = visit("ann"), open_firm.ask(1, 30_000)
        given = items(ask(ann, request))
        response = ann.post(BULK, {"item": given, "pick": request.pk, "verdict": "reject", "note": " "})
        assert response.status_code == 422
        assert "Say why, so that whoever asked can mend it." in words(response)
        assert items(response) == given
        assert "1 of 1 decided." in words(send(ann, given, "reject", "The PO is old."))

    @pytest.mark.parametrize("given", [[], ["x"], ["1"], ["1:"], ["1:2:3"], ["9" * 30 + ":1"]])
    def test_with_a_malformed_form_does_nothing(self, open_firm, visit, given):
        assert send(visit("ann"), given).status_code == 422
        assert not Decision.objects.exists()


class TestRows:
    def test_can_be_ticked_where_their_kind_and_amount_allow_it(self, open_firm, visit):
        small, large = open_firm.ask(1, 30_000), open_firm.ask(2, 90_000)
        shown = visit("ann").get("/queue/").content.decode()
        assert re.findall(r'name="pick"\s+value="(\d+)"', shown) == [str(small.pk)]
        assert str(large.pk) in shown
        assert 'name="pick"' not in visit("mia").get("/queue/?tab=waiting").content.decode()


class TestTheLimit:
    """Without a limit patched in: the kind's own, or what the policy's version says."""

    TABLE = "kind: write_off\nname: W\nmode: enforce\n{limit}rules:\n  - {{name: all, ask: [{{role: finance}}]}}\n"

    def asked(self, firm, limit, *, amount=200):
        cast.policy(self.TABLE.format(limit=limit), at=NOW)
        money = {"amount": f"{amount}.00", "currency": "EUR", "company_amount": f"{amount}.00"}
        facts = {"amount": {**money, "company_currency": "EUR", "rates": {}}, "reason": "Gone"}
        return services.ask("write_off", subject=f"form.write_off:{limit}", unit=firm.de, facts=facts, at=NOW)

    def tickable(self, visit, request) -> bool:
        listed = visit("ann").get("/queue/").context["screen"].listing.groups
        return next(row.tickable for group in listed for row in group.rows if row.request == request)

    @pytest.mark.parametrize(
        ("limit", "amount", "may"),
        [
            ("", 200, True),
            ("", 300, False),
            ("bulk_below: 100\n", 200, False),
            ("bulk_below: 400\n", 300, True),
            ("bulk_below: 0\n", 1, False),
        ],
    )
    def test_is_the_kinds_or_the_policys(self, open_firm, visit, limit, amount, may):
        request = self.asked(open_firm, limit, amount=amount)
        assert self.tickable(visit, request) is may
        assert (request.pk in left_out(ask(visit("ann"), request))) is not may

    def test_is_that_of_the_version_it_was_asked_under(self, open_firm, visit):
        request = self.asked(open_firm, "bulk_below: 400\n", amount=300)
        cast.policy(self.TABLE.format(limit="bulk_below: 0\n"), at=NOW)
        assert self.tickable(visit, request)

    def test_is_refused_for_what_has_to_be_looked_at_one_by_one(self, open_firm):
        with pytest.raises(PolicyError, match="decided one by one"):
            cast.policy(self.TABLE.replace("write_off", "milestone").format(limit="bulk_below: 5\n"), at=NOW)

    @pytest.mark.parametrize("said", ["much", "-1", "true", "1e40", ".nan"])
    def test_in_nonsense_is_refused(self, said):
        with pytest.raises(PolicyError, match="bulk_below is an amount"):
            read(self.TABLE.format(limit=f"bulk_below: {said}\n"))

    def test_is_written_as_it_is_read(self):
        for limit in ("", "bulk_below: 500\n", "bulk_below: '12.50'\n"):
            text = read(self.TABLE.format(limit=limit))
            assert read(write(text)) == text
