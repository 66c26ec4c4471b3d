"""Handing over what waits for somebody who left or lost a role: who gets what, each by itself, and back again."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from approvals import services
from approvals.handing import HandOver, HandOverItem
from approvals.models import Question, Request, Step
from approvals.services import handing, leaving
from approvals.services.handing import HandingRefusedError, Pick
from approvals.services.leaving import gone, without_role
from cockpit.accounts import grants
from cockpit.accounts.models import Person, User
from cockpit.audit import spoken
from cockpit.audit.models import Entry
from cockpit.exception_queue import open_case
from cockpit.exception_queue.acts import acknowledge, close_case
from cockpit.exception_queue.kinds import kind_of
from cockpit.exception_queue.models import Case
from tests.approvals.conftest import NOW
from tests.cast import Firm
from tests.visiting import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm(open_firm) -> Firm:
    """Dan is asked by name, has a case, and was asked a question; then he leaves."""
    request = open_firm.ask(1)
    services.reassign(step(request).pk, to=open_firm["dan"], actor=open_firm["mia"], at=NOW, reason="more time")
    second = open_firm.ask(2)
    services.ask_back(step(second).pk, actor=open_firm["ann"], of=open_firm["dan"], text="Which PO?", at=NOW)
    open_case("late", kind="test", title="Late", at=NOW, unit=open_firm.de, owner=open_firm["dan"])
    leave(open_firm)
    return open_firm


def leave(firm, name="dan"):
    Person.objects.filter(pk=firm[name].pk).update(active=False)
    firm[name].refresh_from_db()


def step(request) -> Step:
    return Step.objects.get(round__request=request, round__closed_at__isnull=True, state="open")


def asked(number=1) -> list[int]:
    return step(Request.objects.get(subject=f"odoo.account.move:{number}")).asked_persons


def give(firm, *picks: Pick, actor="mia", reason="Dan left") -> HandOver:
    return handing.hand_over(firm["dan"], picks, reason=reason, actor=firm.user(actor).person, at=NOW)


def all_of(firm, to="ann") -> list[Pick]:
    person = firm.user(to).person if to else None
    return [Pick(what, row.pk, person) for what, row in handing.waiting_for(firm["dan"])]


def items(made) -> dict[str, HandOverItem]:
    return {item.what: item for item in made.items.all()}


class TestHandingOver:
    def test_gives_each_thing_and_writes_down_each(self, firm):
        picks = [
            Pick(one.what, one.object_id, firm["mia"] if one.what == "question" else one.to) for one in all_of(firm)
        ]
        made = give(firm, *picks)
        assert {what: item.problem for what, item in items(made).items()} == {"step": "", "question": "", "case": ""}
        assert asked() == [firm["ann"].pk]
        assert Question.objects.get().asked_of == firm["mia"]
        assert Case.objects.get(fingerprint="late").owner == firm["ann"]
        verbs = ["approvals.request.reassign", "approvals.request.readdress", "exception_queue.case.assign"]
        said = spoken(Entry.objects.filter(verb__in=verbs).order_by("-pk")[:3])
        assert [words["reason"] for words in said.values()] == ["Dan left"] * 3
        assert handing.waiting_for(firm["dan"]) == []

    def test_to_nobody_named_is_to_whoever_holds_the_role(self, firm):
        made = give(firm, *all_of(firm, None))
        assert asked() == []
        case = Case.objects.get(fingerprint="late")
        assert (case.owner, case.owner_role) == (None, "pmo")
        assert items(made)["question"].problem == "Name somebody else who can sign in and answer."

    def test_gives_what_can_be_given_and_says_why_the_rest_stays(self, firm):
        made = give(firm, *all_of(firm, "ben"))
        found = items(made)
        assert "needs Finance of Halden" in found["step"].problem
        assert "does not work on cases" in found["case"].problem
        assert found["question"].problem == ""
        assert asked() == [firm["dan"].pk]

    def test_keeps_duties(self, firm):
        Request.objects.update(barred_persons=[firm["ann"].pk])
        assert "may not decide this" in items(give(firm, *all_of(firm)))["step"].problem

    def test_gives_back_what_was_only_taken_on(self, firm):
        second = step(Request.objects.get(subject="odoo.account.move:2"))
        Step.objects.filter(pk=second.pk).update(claimed_by=firm["dan"], claimed_until=NOW + timedelta(hours=1))
        made = give(firm, Pick("step", second.pk, None))
        assert items(made)["step"].problem == ""
        assert step(second.round.request).claimed_by is None

    def test_wants_a_reason_and_something_to_give(self, firm):
        with pytest.raises(HandingRefusedError, match="Say why"):
            give(firm, *all_of(firm), reason="  ")
        picks = all_of(firm, None)
        give(firm, *[pick for pick in picks if pick.what != "question"])
        with pytest.raises(HandingRefusedError, match="None of it waits"):
            give(firm, *[pick for pick in picks if pick.what != "question"])

    @pytest.mark.parametrize("who", ["ben", "eve", "frank"])
    def test_is_for_the_pmo_of_the_unit(self, firm, who):
        with pytest.raises(HandingRefusedError, match="None of it"):
            give(firm, *all_of(firm), actor=who)


class TestTakingBack:
    def back(self, firm, item, actor="mia"):
        return handing.take_back(item.pk, actor=firm.user(actor).person, at=NOW)

    def test_restores_each_and_twice_is_once(self, firm):
        found = items(give(firm, *all_of(firm, "ann")))
        assert found.pop("question").problem  # Ann asks it herself
        for item in found.values():
            self.back(firm, item)
            assert self.back(firm, item).taken_back_at == NOW
        assert asked() == [firm["dan"].pk]
        assert Case.objects.get(fingerprint="late").owner == firm["dan"]
        assert Entry.objects.filter(data__back=True).count() == 2

    def test_of_a_question(self, firm):
        [pick] = [pick for pick in all_of(firm, "mia") if pick.what == "question"]
        item = items(give(firm, pick))["question"]
        self.back(firm, item)
        assert Question.objects.get().asked_of == firm["dan"]

    @pytest.mark.parametrize("what", ["decided", "taken on", "passed on", "asked"])
    def test_is_too_late_once_somebody_acted_on_the_step(self, firm, what):
        item = items(give(firm, *all_of(firm)))["step"]
        request = Request.objects.get(subject="odoo.account.move:1")
        ann = firm.user("ann").person
        if what == "decided":
            services.decide(step(request).pk, actor=ann, verdict="approve", snapshot_id=request.snapshot_id, at=NOW)
        elif what == "taken on":
            services.claim(step(request).pk, actor=ann, at=NOW)
        elif what == "asked":
            services.ask_back(step(request).pk, actor=ann, text="Why?", at=NOW)
        else:
            grants.grant(firm["lea"], "finance", firm.de, actor="system:test", at=NOW)
            services.reassign(step(request).pk, to=firm["lea"], actor=ann, at=NOW, reason="x")
        with pytest.raises(HandingRefusedError, match="Somebody has acted on it"):
            self.back(firm, item)

    @pytest.mark.parametrize("what", ["closed", "given on"])
    def test_is_too_late_once_somebody_acted_on_the_case(self, firm, what):
        item = items(give(firm, *all_of(firm)))["case"]
        case = Case.objects.get(fingerprint="late")
        if what == "closed":
            close_case(case.pk, actor=firm["ann"], reason="done", at=NOW)
        else:
            Case.objects.filter(pk=case.pk).update(owner=firm["lea"])
        with pytest.raises(HandingRefusedError):
            self.back(firm, item)

    def test_is_for_who_handed_it_over(self, firm):
        item = items(give(firm, *all_of(firm)))["step"]
        with pytest.raises(HandingRefusedError, match="yourself"):
            self.back(firm, item, "lea")

    def test_of_an_acknowledged_case_still_works(self, firm):
        item = items(give(firm, *all_of(firm)))["case"]
        case = Case.objects.get(fingerprint="late")
        acknowledge(case.pk, actor=firm["ann"], at=NOW)
        self.back(firm, item)
        assert Case.objects.get(pk=case.pk).owner == firm["dan"]


class TestWhoLeft:
    def test_is_found_however_they_cannot_act(self, firm):
        assert gone() == [firm["dan"].pk]
        Person.objects.filter(pk=firm["dan"].pk).update(active=True)
        assert gone() == []
        User.objects.filter(person=firm["dan"]).update(is_active=False)
        assert gone() == [firm["dan"].pk]

    def test_and_who_lost_the_role_that_was_passed_on_to_them(self, firm):
        Person.objects.filter(pk=firm["dan"].pk).update(active=True)
        assert without_role() == []
        grants.revoke(firm["dan"], "finance", firm.de, actor="system:test", at=NOW)
        assert without_role() == [firm["dan"].pk]

    def test_is_a_case_until_all_is_handed_over(self, firm):
        assert leaving.watch(at=NOW) == 1
        assert leaving.watch(at=NOW) == 1
        case = Case.objects.get(kind="approvals.left_behind")
        assert kind_of(case.kind).title_of(case) == "3 things wait for Dan Dietz, who cannot sign in any more"
        give(firm, *all_of(firm))
        Question.objects.update(asked_of=firm["mia"])
        assert leaving.watch(at=NOW) == 0
        case.refresh_from_db()
        assert case.state == "resolved"


class TestThePages:
    def fields(self, firm, **more) -> dict:
        keys = [f"{what}:{row.pk}" for what, row in handing.waiting_for(firm["dan"]) if what != "question"]
        chosen = {f"to-{key}": str(firm["ann"].pk) for key in keys}
        return {"thing": keys, **chosen, "reason": "Dan left", **more}

    def test_show_who_left_what_waits_a_preview_the_results_and_the_way_back(self, firm, visit):
        mia, dan = visit("mia"), firm["dan"].pk
        assert "Dan Dietz cannot sign in any more · 3 things wait" in words(mia.get("/hand-over/"))
        page = words(mia.get(f"/hand-over/{dan}/"))
        assert "Late" in page
        assert "everybody who is Finance" in page
        preview = mia.post(f"/hand-over/{dan}/", self.fields(firm))
        assert preview.status_code == 200
        assert "Who would get what" in words(preview)
        assert asked() == [dan]
        done = mia.post(f"/hand-over/{dan}/", self.fields(firm, do="1"), follow=True)
        assert words(done).count("handed over to Ann Albers") == 2
        step_item = HandOverItem.objects.get(what="step")
        back = mia.post(reverse("taken_back", args=[step_item.pk]), follow=True)
        assert "taken back" in words(back)
        assert asked() == [dan]

    def test_say_what_is_missing_and_keep_what_was_typed(self, firm, visit):
        mia, address = visit("mia"), f"/hand-over/{firm['dan'].pk}/"
        nothing = mia.post(address, {"reason": "Dan left"})
        assert nothing.status_code == 422
        assert "Choose what" in words(nothing)
        assert "Dan left" in nothing.content.decode()
        assert mia.post(address, self.fields(firm, reason="")).status_code == 422
        assert mia.post(address, self.fields(firm, **{f"to-case:{Case.objects.get().pk}": "999"})).status_code == 400
        assert mia.get("/hand-over/", {"person": "Nobody"}).status_code == 422
        assert mia.get("/hand-over/", {"person": "Ann Albers"})["Location"] == f"/hand-over/{firm['ann'].pk}/"
        assert not HandOver.objects.exists()

    def test_a_second_press_finds_nothing_left(self, firm, visit):
        mia, address, fields = visit("mia"), f"/hand-over/{firm['dan'].pk}/", self.fields(firm, do="1")
        assert mia.post(address, fields).status_code == 302
        again = mia.post(address, fields)
        assert again.status_code == 409
        assert "None of it waits" in words(again)
        assert HandOver.objects.count() == 1

    def test_are_not_there_for_others(self, firm, visit):
        made = give(firm, *all_of(firm))
        for address in ("/hand-over/", f"/hand-over/{firm['dan'].pk}/", f"/hand-over/done/{made.pk}/"):
            assert visit("ann").get(address).status_code == 404
        back = reverse("taken_back", args=[made.items.first().pk])
        assert visit("ann").post(back).status_code == 404
        grants.grant(firm["lea"], "pmo", firm.de, actor="system:test", at=NOW)
        assert visit("lea").post(back).status_code == 404  # not what she handed over

    def test_cost_as_many_queries_for_many_as_for_few(self, firm, visit):
        mia, counts = visit("mia"), []
        for many in (False, True):
            if many:
                for number in range(10, 20):
                    open_case(f"c{number}", kind="test", title="x", at=NOW, unit=firm.de, owner=firm["dan"])
            with CaptureQueriesContext(connection) as queries:
                mia.get(f"/hand-over/{firm['dan'].pk}/")
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 40
