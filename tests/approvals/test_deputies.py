"""Naming a deputy, confirming, declining and ending it: who may, for how long, and what the trail says."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from approvals import services
from approvals.delegations import Delegation, acting_for
from approvals.models import Decision, Request, Step
from cockpit.accounts import grants
from cockpit.audit.models import Entry
from cockpit.events.models import Event
from tests.approvals.conftest import NOW
from tests.visiting import visitor, words

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WEEK = {"start_at": NOW - DAY, "end_at": NOW + 7 * DAY}


def verbs(made: Delegation) -> list[str]:
    return [entry.verb.rpartition(".")[2] for entry in Entry.objects.filter(subject=made.audit_subject).order_by("seq")]


def may(firm, name: str) -> list[str]:
    return [way.delegator.name for way in acting_for(firm.user(name).person, at=NOW)]


class TestNaming:
    def test_by_oneself_counts_at_once_and_is_in_the_trail(self, open_firm):
        made = services.appoint(open_firm["ann"], open_firm["eve"], actor=open_firm["ann"], at=NOW, **WEEK)
        assert verbs(made) == ["propose", "confirm"]
        assert may(open_firm, "eve") == ["Ann Albers"]
        assert Event.objects.filter(name="approvals.deputy.changed").count() == 2

    def test_by_the_deputy_waits_for_whom_it_is_for(self, open_firm):
        made = services.appoint(open_firm["ann"], open_firm["eve"], actor=open_firm["eve"], at=NOW, **WEEK)
        assert may(open_firm, "eve") == []
        with pytest.raises(services.DeputyRefusedError, match="does not confirm that themselves"):
            services.confirm(made.pk, actor=open_firm["eve"], at=NOW)
        with pytest.raises(services.DeputyRefusedError, match="Only Ann Albers"):
            services.confirm(made.pk, actor=open_firm["ben"], at=NOW)
        services.confirm(made.pk, actor=open_firm["ann"], at=NOW)
        assert may(open_firm, "eve") == ["Ann Albers"]

    def test_by_the_pmo_is_for_the_unit_alone_and_never_herself(self, open_firm):
        services.appoint(open_firm["ann"], open_firm["dan"], actor=open_firm["mia"], at=NOW, **WEEK)
        herself = services.appoint(open_firm["ann"], open_firm["mia"], actor=open_firm["mia"], at=NOW, **WEEK)
        assert herself.confirmed_at is None
        with pytest.raises(services.DeputyRefusedError, match="not for Frank Flynn"):
            services.appoint(open_firm["frank"], open_firm["dan"], actor=open_firm["mia"], at=NOW, **WEEK)

    def test_twice_is_once(self, open_firm):
        first, second = (
            services.appoint(
                open_firm["ann"], open_firm["dan"], actor=open_firm["ann"], at=NOW, kinds=["discount"], **WEEK
            )
            for _ in range(2)
        )
        assert first == second
        assert verbs(first) == ["propose", "confirm"]

    def test_of_several_at_once_is_allowed(self, open_firm):
        for deputy in ("dan", "eve"):
            services.appoint(open_firm["ann"], open_firm[deputy], actor=open_firm["ann"], at=NOW, **WEEK)
        assert may(open_firm, "dan") == may(open_firm, "eve") == ["Ann Albers"]

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"start_at": NOW, "end_at": NOW + 91 * DAY}, "At most 90 days"),
            ({"start_at": NOW, "end_at": NOW - DAY}, "before the first"),
            ({"start_at": NOW - 5 * DAY, "end_at": NOW - DAY}, "over already"),
            ({**WEEK, "kinds": ["nonsense"]}, "no kind of request “nonsense”"),
        ],
        ids=["too long", "backwards", "over", "unknown kind"],
    )
    def test_is_refused_with_a_sentence(self, open_firm, given, said):
        with pytest.raises(services.DeputyRefusedError, match=said):
            services.appoint(open_firm["ann"], open_firm["dan"], actor=open_firm["ann"], at=NOW, **given)
        assert not Delegation.objects.exists()

    @pytest.mark.parametrize("why", ["left", "no sign-in", "closed sign-in", "oneself"])
    def test_needs_somebody_who_can_sign_in(self, open_firm, why):
        dan = open_firm["dan"]
        if why == "left":
            type(dan).objects.filter(pk=dan.pk).update(active=False)
        elif why == "no sign-in":
            type(dan).objects.filter(pk=dan.pk).update(user=None)
        elif why == "closed sign-in":
            type(dan.user).objects.filter(pk=dan.user.pk).update(is_active=False)
        dan = type(dan).objects.get(pk=dan.pk) if why != "oneself" else open_firm["ann"]
        with pytest.raises(services.DeputyRefusedError):
            services.appoint(open_firm["ann"], dan, actor=open_firm["ann"], at=NOW, **WEEK)

    def test_for_longer_than_ninety_days_is_refused_by_the_database(self, open_firm):
        with pytest.raises(IntegrityError, match="delegation_is_bounded"), transaction.atomic():
            Delegation.objects.create(
                delegator=open_firm["ann"],
                deputy=open_firm["dan"],
                start_at=NOW,
                end_at=NOW + 91 * DAY,
                proposed_at=NOW,
            )


class TestEnding:
    def test_is_for_either_of_the_two_and_for_the_pmo(self, open_firm):
        for who in ("ann", "eve", "mia"):
            made = services.appoint(open_firm["ann"], open_firm["eve"], actor=open_firm["ann"], at=NOW, **WEEK)
            services.end_early(made.pk, actor=open_firm[who], at=NOW)
            services.end_early(made.pk, actor=open_firm[who], at=NOW)
            assert verbs(made) == ["propose", "confirm", "end"]
            assert may(open_firm, "eve") == []

    def test_is_not_for_others(self, open_firm):
        made = services.appoint(open_firm["ann"], open_firm["eve"], actor=open_firm["ann"], at=NOW, **WEEK)
        with pytest.raises(services.DeputyRefusedError, match="Only the two"):
            services.end_early(made.pk, actor=open_firm["ben"], at=NOW)

    def test_leaves_what_was_decided(self, open_firm):
        made = services.appoint(open_firm["ann"], open_firm["eve"], actor=open_firm["ann"], at=NOW, **WEEK)
        request = open_firm.ask()
        step = Step.objects.get()
        services.decide(
            step.pk, actor=open_firm["eve"], verdict="approve", snapshot_id=request.snapshot_id, at=NOW,
            for_person=open_firm["ann"],
        )  # fmt: skip
        services.end_early(made.pk, actor=open_firm["ann"], at=NOW)
        assert Decision.objects.get().void_at is None

    def test_comes_by_itself(self, open_firm, now):
        services.appoint(open_firm["ann"], open_firm["eve"], actor=open_firm["ann"], at=NOW, **WEEK)
        open_firm.ask()
        assert Request.objects.needing(open_firm.user("eve")).exists()
        now.shift(7 * DAY)
        assert not Request.objects.needing(open_firm.user("eve")).exists()
        assert open_firm.user("eve").person.deputises.get().ended_at is None  # nobody had to do anything

    def test_of_what_was_declined_or_ended_cannot_be_confirmed(self, open_firm):
        made = services.propose(open_firm["ann"], open_firm["dan"], actor="system:test", at=NOW, **WEEK)
        services.decline(made.pk, actor=open_firm["dan"], at=NOW)
        services.decline(made.pk, actor=open_firm["ann"], at=NOW)
        assert verbs(made) == ["propose", "decline"]
        with pytest.raises(services.DeputyRefusedError, match="declined meanwhile"):
            services.confirm(made.pk, actor=open_firm["ann"], at=NOW)
        begun = services.appoint(open_firm["ann"], open_firm["dan"], actor=open_firm["ann"], at=NOW, **WEEK)
        with pytest.raises(services.DeputyRefusedError, match="confirmed already"):
            services.decline(begun.pk, actor=open_firm["ann"], at=NOW)


class TestThePage:
    def fill(self, **more) -> dict:
        return {"deputy": "Dan Dietz", "first": "2026-11-23", "last": "2026-11-27", **more}

    def test_names_a_deputy_and_shows_both_sides(self, open_firm, visit):
        ann = visit("ann")
        given = self.fill(kinds=["invoice_release"], limit="50000")
        assert ann.post(reverse("deputies"), given).status_code == 302
        made = Delegation.objects.get()
        assert (made.start_at.isoformat(), made.end_at.isoformat()) == (
            "2026-11-22T23:00:00+00:00", "2026-11-27T23:00:00+00:00",
        )  # fmt: skip
        text = words(ann.get("/deputies/"))
        assert "Dan Dietz for you decides now 23 Nov to 27 Nov · Invoice release · up to €50,000" in text
        assert "you for Ann Albers decides now" in words(visit("dan").get("/deputies/"))
        assert "Dan Dietz for Ann Albers" in words(visit("mia").get("/deputies/"))
        assert "Ann Albers" not in words(visit("lea").get("/deputies/")).partition("Name a deputy")[0]

    def test_leads_to_who_can_decide_meanwhile(self, open_firm, visit):
        assert '<a href="/coverage/">' in visit("ann").get("/deputies/").content.decode()

    def test_narrows_to_a_client_by_name(self, open_firm, visit):
        open_firm.ask()
        assert visit("ann").post(reverse("deputies"), self.fill(client="brandt ag")).status_code == 302
        assert Delegation.objects.get().client_odoo_id == 7
        assert "only Brandt AG" in words(visit("ann").get("/deputies/"))

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"deputy": "Nobody"}, "Nobody here is called"),
            ({"last": "2027-11-27"}, "At most 90 days"),
            ({"last": "soon"}, "To, with that day · Enter a valid date"),
            ({"client": "Unknown Ltd"}, "No request is about a client"),
            ({"kinds": ["x"]}, "Select a valid choice"),
            ({"limit": "-3"}, "greater than or equal to 1"),
            ({"deputy": "Ann Albers"}, "Somebody else must decide"),
        ],
    )
    def test_keeps_what_was_typed_when_it_cannot_be(self, open_firm, visit, given, said):
        response = visit("ann").post(reverse("deputies"), self.fill(**given))
        assert response.status_code == 422
        assert said in words(response)
        assert 'value="2026-11-23"' in response.content.decode()
        assert not Delegation.objects.exists()

    def test_lets_the_pmo_name_one_for_somebody_else(self, open_firm, visit):
        assert visit("mia").post(reverse("deputies"), self.fill(for_whom="Ann Albers")).status_code == 302
        assert Delegation.objects.get().delegator == open_firm["ann"]
        assert "for_whom" not in visit("ann").get("/deputies/").content.decode()

    def test_confirms_declines_and_ends(self, open_firm, visit):
        made = services.propose(open_firm["ann"], open_firm["dan"], actor="system:test", at=NOW, **WEEK)
        ann = visit("ann")
        assert "To be confirmed" in words(ann.get("/deputies/"))
        assert ann.post(reverse("deputy_act", args=[made.pk, "confirm"])).status_code == 302
        assert visit("dan").post(reverse("deputy_act", args=[made.pk, "end"])).status_code == 302
        late = ann.post(reverse("deputy_act", args=[made.pk, "confirm"]))
        assert late.status_code == 409
        assert "ended meanwhile" in words(late)
        assert "ended early" in words(ann.get("/deputies/"))

    def test_tells_strangers_nothing(self, open_firm, visit):
        made = services.propose(open_firm["ann"], open_firm["dan"], actor="system:test", at=NOW, **WEEK)
        for verb in ("confirm", "end", "decline"):
            assert visit("eve").post(reverse("deputy_act", args=[made.pk, verb])).status_code == 404
        assert visit("ann").post(f"/deputies/{made.pk}/promote/").status_code == 404
        assert visit("ann").get(reverse("deputy_act", args=[made.pk, "confirm"])).status_code == 405

    def test_costs_as_many_queries_for_many_as_for_few(self, open_firm, visit):
        from django.db import connection

        mia, counts = visit("mia"), []
        for number in range(1, 13):
            services.propose(
                open_firm["ann"], open_firm["dan"], actor="system:test", at=NOW, start_at=NOW,
                end_at=NOW + number * DAY, client_odoo_id=number,
            )  # fmt: skip
            if number in (1, 12):
                with CaptureQueriesContext(connection) as queries:
                    mia.get("/deputies/")
                counts.append(len(queries))
        assert counts[0] == counts[1] <= 20


class TestTheLineAboveEveryPage:
    def test_says_for_whom_one_acts_and_until_when(self, open_firm, visit):
        services.appoint(open_firm["ann"], open_firm["mia"], actor=open_firm["ann"], at=NOW, **WEEK)
        mia = visit("mia")
        for address in ("/queue/", "/exceptions/", "/deputies/", "/utilization/"):
            assert "You act for Ann Albers (until 30 Nov)." in words(mia.get(address)), address
        assert "You act for" not in words(visit("ann").get("/queue/"))

    def test_names_at_most_three(self, open_firm, visit):
        for name in ("ann", "dan", "lea", "frank"):
            services.appoint(open_firm[name], open_firm["mia"], actor=open_firm[name], at=NOW, **WEEK)
        assert "1 more" in words(visit("mia").get("/queue/"))

    def test_is_gone_when_it_is_over(self, open_firm, visit, now):
        services.appoint(open_firm["ann"], open_firm["mia"], actor=open_firm["ann"], at=NOW, **WEEK)
        now.shift(8 * DAY)
        assert "You act for" not in words(visit("mia").get("/queue/"))

    def test_is_not_for_one_request_alone(self, open_firm, visit):
        grants.grant(open_firm["ann"], "partner", open_firm.de, actor="system:test", at=NOW)
        open_firm.ask()
        services.hand_on(Step.objects.get().pk, to=open_firm["eve"], actor=open_firm["ann"], at=NOW)
        assert 'class="banners"' not in visitor(open_firm, "eve").get("/queue/").content.decode()
