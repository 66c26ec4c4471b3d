"""A policy from draft to force: edited, checked, asked, decided by a second person, published; and who cannot."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from approvals import services
from approvals.models import Policy, PolicyRule, PolicyVersion, Request
from approvals.policy_files import read
from approvals.services.agreeing import request_of
from cockpit.audit.models import Entry
from cockpit.events.dispatch import handle
from cockpit.outbox.models import Message
from tests import cast
from tests.cast import Firm

pytestmark = pytest.mark.django_db
State = PolicyVersion.State
HIGHER = cast.TABLE.replace("25000", "30000")


@pytest.fixture
def firm(open_firm: Firm) -> Firm:
    """Mia and Eve run the cockpit in all companies; Lea leads."""
    cast.hold(
        open_firm,
        *((name, "operations_admin", unit) for name in ("mia", "eve") for unit in (open_firm.de, open_firm.us)),
    )
    return open_firm


@pytest.fixture
def draft(firm: Firm) -> PolicyVersion:
    made = services.begin_draft(cast.KIND, actor=firm["mia"], at=timezone.now())
    return services.save_draft(made.pk, read(HIGHER), revision=0, actor=firm["mia"], at=timezone.now())


def ask(firm: Firm, version: PolicyVersion, name: str = "mia") -> Request:
    version.refresh_from_db()
    return services.ask_to_publish(version.pk, revision=version.revision, actor=firm[name], at=timezone.now())


def decide(firm: Firm, request: Request, name: str, verdict: str = "approve", note: str = "") -> None:
    step = request.rounds.get(closed_at__isnull=True).steps.get(state="open")
    services.decide(
        step.pk,
        actor=firm[name],
        verdict=verdict,
        snapshot_id=request.snapshot_id,
        at=timezone.now(),
        note=note,
    )


def settle(now: Any) -> None:
    """Let the undo window end, and run what follows."""
    now.shift(timedelta(minutes=1))
    services.settle_due(timezone.now())
    run_events()  # decided
    run_events()  # submitted


def run_events() -> None:
    for message in Message.objects.filter(handler="events.handle", done_at__isnull=True).order_by("pk"):
        handle(message, at=timezone.now())


class TestBeginDraft:
    def test_says_what_is_in_force(self, firm):
        made = services.begin_draft(cast.KIND, actor=firm["mia"], at=timezone.now())
        current = made.policy.version_at(timezone.now())
        assert (made.number, made.state, made.based_on) == (2, "draft", current)
        assert services.text_of(made) == services.text_of(current)

    def test_twice_is_the_same_draft(self, firm):
        one = services.begin_draft(cast.KIND, actor=firm["mia"], at=timezone.now())
        assert services.begin_draft(cast.KIND, actor=firm["eve"], at=timezone.now()) == one

    def test_of_a_kind_without_a_policy_is_empty_and_asks_nobody_yet(self, firm):
        made = services.begin_draft("write_off", actor=firm["mia"], at=timezone.now())
        assert (made.rules.count(), made.policy.mode, made.policy.version_at(timezone.now())) == (0, "off", None)


class TestSaveDraft:
    def test_is_refused_to_who_edits_an_older_state_of_it(self, firm, draft):
        with pytest.raises(services.DraftMovedError, match="What you typed is still here"):
            services.save_draft(draft.pk, read(cast.TABLE), revision=0, actor=firm["eve"], at=timezone.now())
        draft.refresh_from_db()
        assert (draft.revision, draft.rules.first().when[0]["value"]) == (1, "30000")

    def test_is_refused_once_it_was_asked_and_the_database_refuses_it_too(self, firm, draft):
        ask(firm, draft)
        draft.refresh_from_db()
        with pytest.raises(services.DraftRefusedError, match="is no draft any more"):
            services.save_draft(
                draft.pk, read(cast.TABLE), revision=draft.revision, actor=firm["mia"], at=timezone.now()
            )
        with pytest.raises(ProgrammingError, match="no draft never change"), transaction.atomic():
            PolicyRule.objects.filter(version=draft).update(name="Quietly another")

    def test_is_audited(self, firm, draft):
        verbs = Entry.objects.filter(subject=draft.audit_subject).values_list("verb", flat=True)
        assert list(verbs.order_by("pk")) == ["approvals.policyversion.draft", "approvals.policyversion.edit"]


class TestAskToPublish:
    def test_asks_a_second_person_with_the_difference(self, firm, draft):
        request = ask(firm, draft)
        draft.refresh_from_db()
        assert (draft.state, request.state, request.title) == ("asked", "pending", "Publish Invoice release v2")
        (change,) = request.kind.changes(request.snapshot.facts)
        assert (change.label, change.before, change.after) == (
            "Row 1 “Large in Germany”",
            "Halden & Roth GmbH · Amount, with tax above €25,000.00: Finance, within 4 h",
            "Halden & Roth GmbH · Amount, with tax above €30,000.00: Finance, within 4 h",
        )

    def test_bars_everybody_who_wrote_it(self, firm, draft):
        draft.refresh_from_db()
        services.set_terms(
            draft.pk, mode="enforce", effective_at=None, why="", revision=1, actor=firm["eve"], at=timezone.now()
        )
        request = ask(firm, draft)
        assert set(request.barred_persons) == {firm["mia"].pk, firm["eve"].pk}
        with pytest.raises(services.NotEntitledError):
            decide(firm, request, "eve")

    def test_asks_leadership_where_nobody_else_runs_the_cockpit(self, firm, draft):
        services.set_terms(
            draft.pk, mode="enforce", effective_at=None, why="", revision=1, actor=firm["eve"], at=timezone.now()
        )
        request = ask(firm, draft)
        decide(firm, request, "lea")
        request.refresh_from_db()
        assert request.state == "settling"

    def test_is_refused_while_the_check_finds_what_must_be_mended(self, firm, draft):
        twice = read(cast.TABLE)
        doubled = replace(twice, rules=[twice.rules[0], *twice.rules])
        services.save_draft(draft.pk, doubled, revision=1, actor=firm["mia"], at=timezone.now())
        with pytest.raises(services.LintError) as refused:
            ask(firm, draft)
        assert [(one.rule, one.code) for one in refused.value.findings] == [(2, "shadowed")]
        assert not Request.objects.filter(kind_key="policy_change").exists()

    def test_is_refused_where_nothing_differs(self, firm):
        made = services.begin_draft(cast.KIND, actor=firm["mia"], at=timezone.now())
        with pytest.raises(services.DraftRefusedError, match="Nothing differs"):
            ask(firm, made)

    def test_is_refused_when_another_version_came_into_force_meanwhile(self, firm, draft, now):
        now.shift(60)
        cast.policy(cast.TABLE.replace("25000", "26000"), at=timezone.now())
        with pytest.raises(services.DraftRefusedError, match=r"v3 came into force since this draft was begun"):
            ask(firm, draft)

    def test_is_refused_while_another_is_on_its_way(self, firm, draft):
        ask(firm, draft)
        other = services.draft(read(cast.TABLE.replace("25000", "27000")), actor=firm["mia"], at=timezone.now())
        with pytest.raises(services.DraftRefusedError, match="on its way already"):
            ask(firm, other)

    def test_the_policy_for_policy_changes_cannot_do_away_with_the_second_person(self, firm, draft):
        ask(firm, draft)
        own = services.begin_draft("policy_change", actor=firm["mia"], at=timezone.now())
        text = services.text_of(own)
        services.save_draft(own.pk, replace(text, mode="observe"), revision=0, actor=firm["mia"], at=timezone.now())
        with pytest.raises(services.DraftRefusedError, match="always need a second person"):
            ask(firm, own)


class TestDecided:
    def test_an_approval_sends_it_to_the_guard_which_publishes_it(self, firm, draft, now):
        request = ask(firm, draft)
        decide(firm, request, "eve")
        settle(now)
        draft.refresh_from_db()
        assert (draft.state, draft.published_at) == ("agreed", None)
        assert Message.objects.filter(handler="delivery.guard", payload={"version": draft.pk}).count() == 1

    def test_a_kind_that_odoo_does_not_guard_is_in_force_at_once(self, firm, now):
        made = services.begin_draft("staffing", actor=firm["mia"], at=timezone.now())
        text = read("kind: staffing\nmode: enforce\nrules: [{name: All, ask: [{role: finance}]}]")
        made = services.save_draft(made.pk, text, revision=0, actor=firm["mia"], at=timezone.now())
        decide(firm, ask(firm, made), "eve")
        settle(now)
        made.refresh_from_db()
        policy = Policy.objects.get(kind="staffing")
        assert (made.state, policy.mode, policy.owner) == ("published", "enforce", firm["mia"])

    def test_a_rejection_makes_it_a_draft_again(self, firm, draft, now):
        request = ask(firm, draft)
        decide(firm, request, "eve", "reject", "Too high")
        settle(now)
        draft.refresh_from_db()
        assert (draft.state, request_of(draft).state) == ("draft", "rejected")

    def test_what_was_rejected_can_be_mended_and_asked_again(self, firm, draft, now):
        decide(firm, ask(firm, draft), "eve", "reject", "Too high")
        settle(now)
        draft.refresh_from_db()
        text = read(cast.TABLE.replace("25000", "26000"))
        services.save_draft(draft.pk, text, revision=draft.revision, actor=firm["mia"], at=timezone.now())
        again = ask(firm, draft)
        assert (again.state, again.rounds.count()) == ("pending", 2)

    def test_an_effective_date_holds_it_back_until_then(self, firm, draft, now):
        later = timezone.now() + timedelta(days=3)
        services.set_terms(
            draft.pk, mode="enforce", effective_at=later, why="", revision=1, actor=firm["mia"], at=timezone.now()
        )
        decide(firm, ask(firm, draft), "eve")
        settle(now)
        assert services.send_due(at=later - timedelta(seconds=1)) == 0
        assert services.send_due(at=later) == 1
        assert services.send_due(at=later) == 0
        draft.refresh_from_db()
        assert draft.submitted_at == later

    def test_a_withdrawn_request_gives_the_draft_back(self, firm, draft):
        request = ask(firm, draft)
        services.withdraw(request.pk, actor=firm["mia"], at=timezone.now())
        services.send_due(at=timezone.now())
        draft.refresh_from_db()
        assert draft.state == "draft"

    def test_only_who_asked_takes_it_back(self, firm, draft):
        request = ask(firm, draft)
        with pytest.raises(services.DraftRefusedError, match="Only Mia Moreau"):
            services.take_back_draft(draft.pk, actor=firm["eve"], at=timezone.now())
        services.take_back_draft(draft.pk, actor=firm["mia"], at=timezone.now())
        draft.refresh_from_db()
        request.refresh_from_db()
        assert (draft.state, request.closed_reason) == ("draft", "withdrawn")


class TestMoveToVersion:
    @pytest.fixture
    def moved_to(self, firm: Firm, now: Any) -> Callable[[str], PolicyVersion]:
        def publish(table: str) -> PolicyVersion:
            now.shift(60)
            return cast.policy(table, at=timezone.now())

        return publish

    def test_a_running_request_keeps_its_version_until_it_is_moved(self, firm, moved_to):
        request = firm.ask(amount="48200.00", at=timezone.now())
        first = request.version
        moved_to(cast.TABLE.replace("role: finance, within: 4 h", "role: pmo, within: 4 h"))
        request.refresh_from_db()
        assert (request.version, request.asks) == (first, [f"finance@{firm.de.pk}"])

    def test_asks_whom_the_newer_one_names_in_a_new_round(self, firm, moved_to):
        request = firm.ask(amount="48200.00", at=timezone.now())
        newer = moved_to(cast.TABLE.replace("role: finance, within: 4 h", "role: pmo, within: 4 h"))
        services.move_to_version(request.pk, newer, actor=firm["mia"], at=timezone.now())
        request.refresh_from_db()
        assert (request.version, request.asks) == (newer, [f"pmo@{firm.de.pk}"])
        assert [round_.reason for round_ in request.rounds.all()] == ["", "moved to Invoice release v2"]
        entry = Entry.objects.get(subject=request.audit_subject, verb="approvals.request.migrate")
        assert (entry.data["from"], entry.data["to"]) == ("Invoice release v1", "Invoice release v2")

    def test_the_same_route_changes_nothing_but_the_version(self, firm, moved_to):
        request = firm.ask(amount="48200.00", at=timezone.now())
        newer = moved_to(HIGHER)
        services.move_to_version(request.pk, newer, actor=firm["mia"], at=timezone.now())
        request.refresh_from_db()
        assert (request.version, request.rounds.count()) == (newer, 1)

    def test_what_nobody_is_asked_about_any_more_is_closed(self, firm, moved_to):
        request = firm.ask(amount="48200.00", at=timezone.now())
        newer = moved_to(cast.TABLE.replace("25000", "90000"))
        services.move_to_version(request.pk, newer, actor=firm["mia"], at=timezone.now())
        request.refresh_from_db()
        assert (request.state, request.closed_reason) == ("closed", "not_required")

    def test_is_refused_once_it_was_decided(self, firm, moved_to):
        request = firm.ask(amount="48200.00", at=timezone.now())
        newer = moved_to(HIGHER)
        decide(firm, request, "ann")
        with pytest.raises(services.MoveToVersionRefusedError, match="no longer waits"):
            services.move_to_version(request.pk, newer, actor=firm["mia"], at=timezone.now())


class TestLoad:
    def test_makes_a_draft_and_asks_for_whom_it_is_told(self, firm, tmp_path):
        file = tmp_path / "policy.yaml"
        file.write_text(HIGHER)
        call_command("policy", "load", str(file), "--as", "mia@example.com")
        version = PolicyVersion.objects.get(number=2)
        assert (version.state, request_of(version).requester) == ("asked", firm["mia"])

    def test_without_a_name_it_leaves_a_draft(self, firm, tmp_path):
        file = tmp_path / "policy.yaml"
        file.write_text(HIGHER)
        call_command("policy", "load", str(file))
        assert PolicyVersion.objects.get(number=2).state == "draft"

    def test_at_once_only_while_nothing_was_ever_in_force(self, firm, tmp_path):
        file = tmp_path / "policy.yaml"
        file.write_text(HIGHER)
        with pytest.raises(CommandError, match="a second person decides"):
            call_command("policy", "load", str(file), "--at-once")
        file.write_text("kind: staffing\nmode: enforce\nrules: [{name: All, ask: [{role: finance}]}]")
        call_command("policy", "load", str(file), "--at-once")
        run_events()
        assert Policy.objects.get(kind="staffing").mode == "enforce"
