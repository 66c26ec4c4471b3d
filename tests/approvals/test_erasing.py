"""Somebody who left is forgotten: no table holds their name, and chain and packet still prove what they did."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from approvals import services
from approvals.models import Comment, Decision, Request, Snapshot, Step
from cockpit import audit
from cockpit.accounts.erasing import ErasureRefusedError, erase_person
from cockpit.accounts.masking import GONE, masking
from cockpit.accounts.models import Person, User
from cockpit.audit import offline, packets
from cockpit.audit.models import Entry, PersonRef, Words
from cockpit.exception_queue import open_case
from cockpit.exception_queue.models import Case
from cockpit.outbox.models import Message
from integrations.mirror.models import Employee
from integrations.odoo import directory
from tests import cast
from tests.cast import MONDAY
from tests.mirrored import mirrored, vanished
from tests.visiting import visitor

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(hours=1)
AFTER = LATER + timedelta(days=400)
BEN = ["Ben Brook", "ben@example.com", "BEN BROOK"]


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
def request_(firm) -> Request:
    """Ben asked, was asked, answered, is named in facts, comment, note, message and case; then it ended and he left."""
    request = firm.ask(origin="for ben brook")
    step = Step.objects.get(round__request=request)
    asked = services.ask_back(step.pk, actor=firm["ann"], text="Ben Brook, which order?", at=LATER)
    services.answer(asked.pk, actor=firm["ben"], text="The old one.", at=LATER)
    services.comment(request.pk, actor=firm["ann"], text="@Ben Brook has no idea, Benjamin has.", at=LATER)
    services.comment(request.pk, actor=firm["ben"], text="I agree.", at=LATER)
    request.refresh_from_db()
    decided = {"verdict": "reject", "snapshot_id": request.snapshot_id, "at": LATER, "note": "Ask BEN BROOK again."}
    services.decide(step.pk, actor=firm["ann"], **decided)
    services.settle_due(LATER + timedelta(minutes=1))
    about = Message.objects.filter(origin=request.audit_subject)
    assert about.update(state="done", done_at=LATER, payload={"note": "asked by Ben Brook"}) > 0
    open_case("x", kind="timesheets.missing", title="Ben Brook has no hours", at=LATER, detail={"who": ["Ben Brook"]})
    Case.objects.update(state="resolved", closed_at=LATER)
    request.refresh_from_db()
    Person.objects.filter(pk=firm["ben"].pk).update(active=False)
    return request


def holding(names: list[str]) -> list[str]:
    """Every row of every table that holds one of the names."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(
                f'SELECT t::text FROM "{table}" t WHERE t::text ILIKE ANY(%s)', [[f"%{one}%" for one in names]]
            )
            found += [f"{table}: {row[0]}" for row in cursor.fetchall()]
    return found


def erase(firm, **more):
    return erase_person(firm["ben"], actor=firm["mia"], at=AFTER, **more)


class TestErasing:
    def test_leaves_the_name_in_no_table(self, request_, firm):
        assert len({line.partition(":")[0] for line in holding(BEN)}) > 8
        done = erase(firm)
        assert holding(BEN) == []
        assert done.places == {"requests": 1, "cases": 1}

    def test_leaves_chain_and_packet_proven_and_says_what_is_gone(self, request_, firm):
        audit.daily_root(LATER, packets.settings.COCKPIT_HOME / "audit-roots")
        erase(firm)
        assert audit.verify() == []
        files = packets.packet(request_.number, at=AFTER).files
        notes = offline.prove(files, {}).notes
        assert "of snapshot 1 these were taken away: author, origin, salesperson." in notes
        assert sum("was erased on 2027-12-28" in note for note in notes) == 3, "a question, a comment, a note"
        entry = Entry.objects.filter(subject=request_.audit_subject).latest("seq")
        assert (entry.verb, entry.actor) == ("approvals.request.erase", audit.reference(firm["mia"]))

    def test_keeps_what_is_material_and_what_others_said(self, request_, firm):
        erase(firm)
        facts = Snapshot.objects.get().facts
        assert (facts["amount"]["amount"], facts["author"]) == ("48200.00", {"id": 102, "name": GONE})
        texts = list(Comment.objects.values_list("text", flat=True))
        assert texts == [f"{GONE} has no idea, Benjamin has.", "I agree."]
        assert Decision.objects.get().note == f"Ask {GONE} again."
        assert set(Words.objects.filter(erased_at=None).values_list("text", flat=True)) == {"The old one.", "I agree."}

    def test_shuts_the_door_and_forgets_whom_the_reference_stands_for(self, request_, firm):
        ref = audit.reference(firm["ben"]).removeprefix("person:")
        erase(firm)
        ben = Person.objects.get(pk=firm["ben"].pk)
        assert (ben.name, ben.email, ben.user, ben.erased_at) == (f"N. N. ({ben.pk})", "", None, AFTER)
        assert not User.objects.filter(email="ben@example.com").exists()
        known = PersonRef.objects.get(pk=ref)
        assert (known.person_id, known.salt, known.display_name) == (None, "", "")

    def test_shows_a_page_without_them(self, request_, firm, clock):
        erase(firm)
        clock.move_to(AFTER)
        shown = visitor(firm, "mia").get(reverse("request", args=[request_.pk])).content.decode()
        assert "Brook" not in shown
        assert f"N. N. ({firm['ben'].pk})" in shown
        assert "Somebody was erased from what was said" in shown

    def test_finds_other_names_too(self, request_, firm):
        Comment.objects.create(request=request_, author=firm["ann"], text="Ben Miller that was.", at=LATER)
        erase(firm, also=["Ben Miller"])
        assert holding([*BEN, "Ben Miller"]) == []

    def test_is_refused_while_they_work_here(self, request_, firm):
        Person.objects.filter(pk=firm["ben"].pk).update(active=True)
        with pytest.raises(ErasureRefusedError, match="works here"):
            erase(firm)

    def test_is_refused_while_something_open_names_them_and_changes_nothing(self, request_, firm):
        other = firm.ask(18)
        before = holding(BEN)
        with pytest.raises(ErasureRefusedError, match=other.number):
            erase(firm)
        assert holding(BEN) == before
        services.withdraw(other.pk, actor=firm["ben"], at=LATER)
        Case.objects.update(state="open", closed_at=None)
        with pytest.raises(ErasureRefusedError, match="cases that are still open: E-"):
            erase(firm)

    def test_twice_is_refused(self, request_, firm):
        erase(firm)
        with pytest.raises(ErasureRefusedError, match="was erased on 2027-12-28"):
            erase(firm)

    def test_waits_until_odoo_has_let_them_go_and_is_not_undone_by_a_pull(self, request_, firm):
        Person.objects.filter(pk=firm["ben"].pk).update(odoo_employee_id=7)
        mirrored(Employee, 7, name="Ben Brook", active=False)
        with pytest.raises(ErasureRefusedError, match="Odoo still has Ben Brook"):
            erase(firm)
        vanished(Employee, 7)
        erase(firm)
        directory.project(at=AFTER)
        assert holding(BEN) == []
        assert Person.objects.filter(odoo_employee_id=7).count() == 1

    def test_hides_no_more_than_the_name(self):
        mask = masking(["Ben Brook", "b.b@example.com", "  ", "x"])
        assert mask("Ben Brooks, ben brook's, xBen Brook, (BEN BROOK) b.b@example.com") == (
            f"Ben Brooks, {GONE}'s, xBen Brook, ({GONE}) {GONE}"
        )
        assert mask({"a": ["Ben Brook", 1, None, {"Ben Brook": True}]}) == {"a": [GONE, 1, None, {"Ben Brook": True}]}
        assert masking([])("Ben Brook") == "Ben Brook"


class TestCommand:
    def test_says_first_where_they_are_named(self, request_, firm, capsys):
        call_command("people", "erase", "ben@example.com", "--dry-run")
        assert "requests: 1\ncases: 1\n" in capsys.readouterr().out
        assert len(holding(BEN)) > 8
        call_command("people", "erase", str(firm["ben"].pk))
        assert "is erased" in capsys.readouterr().out
        assert holding(BEN) == []

    def test_refuses_with_a_sentence(self, firm):
        with pytest.raises(CommandError, match=r"works here.*Nothing was changed"):
            call_command("people", "erase", "ben@example.com")
        with pytest.raises(CommandError, match="Nobody is known as 'x@y'"):
            call_command("people", "erase", "x@y")
