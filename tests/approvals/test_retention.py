"""After its time what was said goes; who decided what stays, and the chain and its packet still prove it."""

from datetime import timedelta

import pgtrigger
import pytest
import time_machine
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from approvals import kinds, services, tasks
from approvals.models import Comment, Decision, Mention, Question, Request, Snapshot, Step
from approvals.services import retention
from approvals.services.erasing import purge
from cockpit import audit, outbox
from cockpit.accounts.masking import GONE
from cockpit.audit import offline, packets
from cockpit.audit.models import Entry, Words
from cockpit.events.models import Event
from cockpit.outbox.models import Message
from cockpit.time.models import Segment
from cockpit.time.words import cause_words
from tests import cast
from tests.cast import KIND, MONDAY
from tests.visiting import visitor

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(hours=1)
TEN_YEARS = timedelta(days=3653)
AFTER = LATER + TEN_YEARS + timedelta(minutes=2)
SAID = ["Brandt", "4500 118 342", "48200", "Which order", "because of S00046", "look at", "INV/2026/00031", "Go-live"]


@pytest.fixture(autouse=True)
def clock(tmp_path, settings):
    settings.COCKPIT_HOME = tmp_path
    with time_machine.travel(LATER, tick=False) as traveller:
        yield traveller


@pytest.fixture
def firm():
    made = cast.firm()
    cast.policy()
    return made


@pytest.fixture
def ended(firm) -> Request:
    """Asked about, talked about, rejected, in effect, with what Odoo answered."""
    request = firm.ask()
    step = Step.objects.get(round__request=request)
    asked = services.ask_back(step.pk, actor=firm["ann"], text="Which order?", at=LATER)
    services.answer(asked.pk, actor=firm["ben"], text="because of S00046", at=LATER)
    services.comment(request.pk, actor=firm["mia"], text="@Ann Albers, look at it.", at=LATER)
    request.refresh_from_db()
    services.decide(
        step.pk,
        actor=firm["ann"],
        verdict="reject",
        snapshot_id=request.snapshot_id,
        at=LATER,
        note="because of S00046",
    )
    services.settle_due(LATER + timedelta(minutes=1))
    Message.objects.filter(origin=request.audit_subject).update(
        state="done", done_at=LATER, result={"name": "INV/2026/00031"}
    )
    audit.daily_root(LATER, audit_roots())
    request.refresh_from_db()
    assert request.state == "rejected"
    return request


def audit_roots():
    from django.conf import settings

    return settings.COCKPIT_HOME / "audit-roots"


def everything() -> str:
    """All that the tables of the engine, the trail, the messages and the clocks hold."""
    tables = [
        name
        for name in connection.introspection.table_names()
        if name.startswith(("approvals_", "audit_", "events_", "outbox_", "time_"))
    ]
    with connection.cursor() as cursor:
        found = []
        for table in tables:
            cursor.execute(f"SELECT t::text FROM {table} t")
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


class TestPurge:
    def test_takes_what_was_said_and_leaves_no_copy_of_it(self, ended):
        assert all(text in everything() for text in SAID)
        assert purge(ended.pk, actor="system:retention", at=AFTER)
        left = everything()
        assert [line for line in left.splitlines() if any(text in line for text in SAID)] == []

    def test_keeps_who_decided_what_and_when(self, ended, firm):
        purge(ended.pk, actor="system:retention", at=AFTER)
        ended.refresh_from_db()
        decision = Decision.objects.get()
        assert (decision.person, decision.verdict, decision.at, decision.note) == (firm["ann"], "reject", LATER, GONE)
        assert (ended.state, ended.purged_at, ended.title, ended.amount) == ("rejected", AFTER, "Invoice release", None)
        assert not Comment.objects.exists()
        assert not Question.objects.exists()
        assert not Mention.objects.exists()
        assert not Words.objects.filter(erased_at=None).exists()

    def test_leaves_chain_and_packet_proven_and_says_what_is_gone(self, ended):
        purge(ended.pk, actor="system:retention", at=AFTER)
        audit.daily_root(AFTER, audit_roots())
        assert audit.verify() == []
        made = offline.prove(packets.packet(ended.number, at=AFTER).files, {})
        assert any("of snapshot 1 these were taken away: amount" in note for note in made.notes)
        assert any("says as note was erased on 2036" in note for note in made.notes)
        entry = Entry.objects.filter(subject=ended.audit_subject).latest("seq")
        assert (entry.verb, entry.actor) == ("approvals.request.purge", "system:retention")
        assert (entry.data["comments"], entry.data["questions"]) == (1, 1)

    def test_twice_is_once(self, ended):
        assert purge(ended.pk, actor="system:retention", at=AFTER)
        assert not purge(ended.pk, actor="system:retention", at=AFTER)
        assert Entry.objects.filter(verb="approvals.request.purge").count() == 1

    def test_never_touches_what_is_open(self, firm):
        request = firm.ask()
        assert not purge(request.pk, actor="system:retention", at=AFTER)
        assert Snapshot.objects.get().facts["reference"] == "4500 118 342"

    def test_waits_while_an_effect_is_not_finished(self, ended):
        Event.objects.all().delete()
        outbox.put(
            "events.handle", destination="odoo", subject="x", key="x", at=LATER, payload={}, origin=ended.audit_subject
        )
        assert not purge(ended.pk, actor="system:retention", at=AFTER)
        ended.refresh_from_db()
        assert ended.purged_at is None

    def test_clears_the_causes_of_stretches_that_name_somebody(self, ended):
        assert Segment.objects.filter(cause__contains="Ben Brook").exists()
        purge(ended.pk, actor="system:retention", at=AFTER)
        causes = set(Segment.objects.filter(kind="paused").values_list("cause", flat=True))
        assert "waiting for somebody’s answer" in {cause_words(cause) for cause in causes}

    def test_of_a_snapshot_that_was_hashed_as_a_whole_keeps_that_hash(self, ended):
        from approvals import facts as factbook

        snapshot = Snapshot.objects.get()
        with pgtrigger.ignore():
            Snapshot.objects.update(salts={}, hash=factbook.digest(snapshot.facts))
        assert purge(ended.pk, actor="system:retention", at=AFTER)
        snapshot.refresh_from_db()
        assert (snapshot.facts, snapshot.kept) == ({}, {"*": snapshot.hash})

    @pytest.mark.parametrize(
        "change",
        [
            "facts = jsonb_set(facts, '{reference}', '\"x\"')",
            "facts = facts - 'reference'",
            "facts = facts || '{\"more\": 1}'",
            "hash = md5(hash)",
            'kept = \'{"amount": "x"}\', facts = facts || \'{"more": 1}\'',
            "taken_at = now()",
        ],
    )
    def test_is_the_only_way_a_snapshot_changes(self, ended, change):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE approvals_snapshot SET {change}")


class TestRun:
    def test_takes_what_ended_longer_ago_than_its_kind_says(self, ended, firm):
        firm.ask(18)
        assert retention.would_purge(AFTER - timedelta(minutes=5)).gone == {}
        assert retention.would_purge(AFTER).gone == {KIND: 1}
        assert retention.purge_due(AFTER).gone == {KIND: 1}
        assert retention.purge_due(AFTER).total == 0
        run = Entry.objects.get(subject="approvals.retention")
        assert (run.verb, run.data) == ("approvals.retention.run", {"purged": {KIND: 1}})

    def test_follows_each_kind_and_ten_years_for_one_that_is_not_used_any_more(self, ended, monkeypatch):
        own = kinds.registry()[KIND]
        monkeypatch.setitem(kinds.registry(), KIND, type(own)(**{**vars(own), "retention": timedelta(days=30)}))
        assert retention.due(LATER + timedelta(days=31)).get() == ended
        assert not retention.due(LATER + timedelta(days=29)).exists()
        Request.objects.update(kind_key="of_old")
        assert not retention.due(LATER + timedelta(days=31)).exists()
        assert retention.due(AFTER).get() == ended

    def test_says_first_what_would_go(self, ended, capsys, clock):
        clock.move_to(AFTER)
        call_command("retention", "run", "--dry-run")
        assert "invoice_release: 1\n1 request(s) would lose" in capsys.readouterr().out
        assert not Request.objects.filter(purged_at__isnull=False).exists()
        call_command("retention", "run")
        assert "1 request(s) lost what was said" in capsys.readouterr().out
        call_command("retention", "show")
        assert "invoice_release: 3653 days after its end" in capsys.readouterr().out

    def test_is_what_beat_starts(self, ended, clock, settings):
        clock.move_to(AFTER)
        tasks.purge_due()
        assert Request.objects.filter(purged_at=AFTER).count() == 1
        assert settings.CELERY_BEAT_SCHEDULE["retention"]["task"] == tasks.purge_due.name

    def test_goes_on_after_one_that_must_wait(self, ended, firm):
        other = firm.ask(19)
        services.withdraw(other.pk, actor=firm["ben"], at=LATER - timedelta(minutes=1))
        outbox.put(
            "events.handle", destination="odoo", subject="x", key="x", at=LATER, payload={}, origin=other.audit_subject
        )
        done = retention.purge_due(AFTER)
        assert (done.gone, done.waits) == ({KIND: 1}, 1)


class TestPage:
    def test_of_what_was_purged_says_so_and_shows_the_rest(self, ended, firm, clock):
        purge(ended.pk, actor="system:retention", at=AFTER)
        clock.move_to(AFTER)
        client = visitor(firm, "mia")
        shown = client.get(reverse("request", args=[ended.pk])).content.decode()
        assert "What was said here was removed on" in shown
        assert "3653 days" in shown
        assert "Ann Albers rejected it as Finance" in shown
        assert "What was said was removed, for its time was over" in shown
        assert not [text for text in SAID if text in shown]
        listed = client.get(reverse("queue"), {"tab": "done"}).content.decode()
        assert "Invoice release" in listed

    def test_takes_no_comment_any_more(self, ended, firm):
        purge(ended.pk, actor="system:retention", at=AFTER)
        with pytest.raises(services.CommentRefusedError, match="was removed after its time"):
            services.comment(ended.pk, actor=firm["mia"], text="But", at=AFTER)

    @pytest.mark.parametrize("key", sorted(kinds.registry()))
    def test_stands_for_every_kind(self, ended, firm, key, clock):
        purge(ended.pk, actor="system:retention", at=AFTER)
        Request.objects.update(kind_key=key)
        clock.move_to(AFTER)
        client = visitor(firm, "mia")
        assert client.get(reverse("request", args=[ended.pk])).status_code == 200
        assert client.get(reverse("queue"), {"tab": "done"}).status_code == 200
