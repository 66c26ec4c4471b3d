"""The back-test: what another table would have meant for what was asked."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.management import CommandError, call_command

from approvals import services
from approvals.models import PolicyVersion, Request, Step
from approvals.policy import Condition, Rule, StepSpec, Version
from approvals.policy_files import read
from approvals.reading import past
from approvals.what_if import Record, predicted, what_if
from cockpit.audit.models import Entry
from tests import cast
from tests.cast import MONDAY
from tests.visiting import words

FINANCE, PARTNER = StepSpec("finance", goal_s=3600), StepSpec("partner", order=2, goal_s=7200)
HOLDERS = {"finance": frozenset({1, 2}), "partner": frozenset({3})}
ABOVE = Condition("amount", ">", "10000", "EUR")


def euros(amount):
    return {"amount": {"amount": str(amount), "currency": "EUR"}}


def record(number, amount, before=(FINANCE,), **more):
    return Record(number, (7,), euros(amount), before, Decimal(amount), **more)


def table(*rules):
    return Version(1, 1, "invoice_release", rules)


def whom(step, one):
    return HOLDERS[step.role]


LARGE = table(Rule(1, "Large", (FINANCE, PARTNER), (ABOVE,)), Rule(2, "Rest", ()))


class TestWhatIf:
    def test_counts_who_is_asked_and_what_passes(self):
        found = what_if([record(1, 9_000), record(2, 12_000)], LARGE, whom=whom, spent={})
        assert (found.records, found.before.asked, found.after.asked, found.after.passed) == (2, 2, 1, 1)
        assert (found.before.passed_amount, found.after.passed_amount) == (0, 9_000)

    def test_lists_whose_path_is_another_with_both(self):
        same = record(3, 20_000, before=(FINANCE, PARTNER))
        found = what_if([record(1, 9_000), same], LARGE, whom=whom, spent={})
        assert [(path.record.id, path.record.before, path.after) for path in found.changed] == [(1, (FINANCE,), ())]

    def test_shares_a_step_among_those_who_may_answer_it(self):
        found = what_if([record(number, 20_000) for number in range(4)], LARGE, whom=whom, spent={})
        loads = found.after.loads
        assert {person: (load.steps, load.share) for person, load in loads.items()} == {
            1: (4, 2.0), 2: (4, 2.0), 3: (4, 4.0),
        }  # fmt: skip

    def test_asks_nobody_who_is_barred(self):
        found = what_if([record(1, 20_000, barred=frozenset({1}))], LARGE, whom=whom, spent={})
        assert 1 not in found.after.loads
        assert found.after.loads[2].share == 1

    @pytest.mark.parametrize(
        ("barred", "steps", "stuck"),
        [
            (set(), (FINANCE, PARTNER), False),
            ({3}, (FINANCE, PARTNER), True),  # nobody is left
            (set(), (StepSpec("finance", quorum=3),), True),  # more than there are
            ({1}, (FINANCE, StepSpec("finance", order=2)), True),  # one person decides once
            ({1}, (StepSpec("finance", quorum=0),), False),
        ],
    )
    def test_names_what_would_wait_for_ever(self, barred, steps, stuck):
        one = record(1, 20_000, barred=frozenset(barred))
        found = what_if([one], table(Rule(1, "All", steps)), whom=whom, spent={})
        assert bool(found.stuck) is stuck

    def test_of_nothing_is_nothing(self):
        found = what_if([], LARGE, whom=whom, spent={})
        assert (found.records, found.after.p50_s, found.changed) == (0, None, [])


class TestPredicted:
    def test_is_the_time_that_past_steps_took(self):
        p50, p85, guessed = predicted({(FINANCE,): 10}, {"finance": [600.0]})
        assert (p50, p85, guessed) == (600, 600, frozenset())

    def test_adds_what_comes_after_another_and_takes_the_slowest_of_what_is_side_by_side(self):
        spent = {"finance": [600.0], "partner": [900.0]}
        assert predicted({(FINANCE, PARTNER): 1}, spent)[0] == 1500
        assert predicted({(FINANCE, StepSpec("partner")): 1}, spent)[0] == 900

    def test_takes_the_time_limit_where_nothing_is_known_and_says_so(self):
        assert predicted({(FINANCE, PARTNER): 1}, {"finance": [600.0]}) == (7800, 7800, frozenset({"partner"}))

    def test_weighs_routes_by_how_often_they_are_taken(self):
        spent = {"finance": [600.0], "partner": [900.0]}
        alone = (StepSpec("partner"),)
        assert predicted({(FINANCE,): 90, alone: 10}, spent)[:2] == (600, 600)
        assert predicted({(FINANCE,): 80, alone: 20}, spent)[:2] == (600, 900)

    def test_draws_from_a_spread_and_always_the_same(self):
        spent = {"finance": [float(minutes * 60) for minutes in range(1, 101)]}
        p50, p85, _ = predicted({(FINANCE,): 1}, spent)
        assert 40 * 60 < p50 < 60 * 60 < 75 * 60 < p85 < 95 * 60
        assert predicted({(FINANCE,): 1}, spent)[:2] == (p50, p85)


SMALLER = """
kind: invoice_release
name: Invoice release
mode: enforce
rules:
  - name: Large
    when: [{fact: amount, op: ">", value: 60000, currency: EUR}]
    ask: [{role: finance, within: 4 h, reject: any}]
  - {name: Everything else passes}
"""


@pytest.fixture
def asked(open_firm):
    """Of three requests one is decided after an hour; a fourth is older than the back-test looks."""
    with time_machine.travel(MONDAY + timedelta(hours=3), tick=False):
        for subject, amount in ((1, 30_000), (2, 48_200), (3, 80_000)):
            open_firm.ask(subject, amount)
        step = Step.objects.get(round__request__subject="odoo.account.move:2")
        services.decide(
            step.pk, actor=open_firm["ann"], verdict="approve", snapshot_id=step.round.snapshot_id,
            at=MONDAY + timedelta(hours=1),
        )  # fmt: skip
        services.settle_due(MONDAY + timedelta(hours=2))
        old = open_firm.ask(4, 70_000)
        Request.objects.filter(pk=old.pk).update(asked_at=MONDAY - timedelta(days=91))
        yield open_firm


@pytest.mark.django_db
class TestBackTest:
    def draft(self):
        return services.draft(read(SMALLER), actor="system:cast", at=MONDAY)

    def test_reads_what_was_stored(self, asked):
        rows = past.asked_lately(Request.objects.all(), cast.KIND, at=MONDAY + timedelta(hours=3))
        found = past.back_test(self.draft(), rows, at=MONDAY + timedelta(hours=3))
        assert (found.records, found.before.asked, found.after.asked) == (3, 3, 1)
        assert {path.record.amount for path in found.changed} == {Decimal(30_000), Decimal(48_200), Decimal(80_000)} - {
            Decimal(80_000)
        }
        assert (found.before.p50_s, found.before.guessed) == (3600, frozenset())
        assert set(found.after.loads) == {asked["ann"].pk, asked["dan"].pk}

    def test_is_on_the_page_for_what_one_may_see(self, asked, visit):
        draft = self.draft()
        cast.hold(asked, ("mia", "operations_admin", asked.de))
        said = words(visit("mia").get(f"/policies/invoice_release/v{draft.number}/what-if/"))
        assert "The 3 requests of the last 90 days" in said
        assert "2 take another path" in said
        assert "Finance nobody" in said
        assert "Ann Albers 3, shared 2 1 " in said
        assert "Nothing of this kind" in words(
            visit("frank").get(f"/policies/invoice_release/v{draft.number}/what-if/")
        )

    def test_says_what_differs_where_the_same_people_are_asked(self, asked, visit):
        cast.hold(asked, ("mia", "operations_admin", asked.de))
        draft = services.draft(read(cast.TABLE.replace("within: 4 h", "within: 2 h")), actor="system:cast", at=MONDAY)
        said = words(visit("mia").get(f"/policies/invoice_release/v{draft.number}/what-if/"))
        assert "Finance, within 4 h Finance, within 2 h" in said

    def test_is_for_who_reads_policies(self, asked, visit):
        draft = self.draft()
        assert visit("ben").get(f"/policies/invoice_release/v{draft.number}/what-if/").status_code == 404
        assert visit("mia").get("/policies/invoice_release/v99/what-if/").status_code == 404

    def test_of_a_file_changes_nothing(self, asked, tmp_path, capsys):
        file = tmp_path / "smaller.yaml"
        file.write_text(SMALLER)
        before = PolicyVersion.objects.count(), Entry.objects.count()
        call_command("policy", "what-if", str(file))
        assert (PolicyVersion.objects.count(), Entry.objects.count()) == before
        said = capsys.readouterr().out
        assert "3 requests of the last 90 days" in said
        assert "2 take another path" in said

    def test_of_a_file_that_cannot_be_read_says_why(self, asked, tmp_path):
        file = tmp_path / "wrong.yaml"
        file.write_text("kind: unknown\nrules: []\n")
        with pytest.raises(CommandError, match="wrong"):
            call_command("policy", "what-if", str(file))
