"""Roles confirmed again or taken away, limits, pairs, who may approve what: the services, the pages, the download."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from approvals import services
from approvals.duties import Attempt, DutyPair, GrantReview, Limit
from approvals.models import Step
from approvals.services import limiting, recertifying
from approvals.services.recertifying import ReviewRefusedError
from cockpit.accounts import grants
from cockpit.audit.models import Entry
from cockpit.exception_queue.kinds import kind_of
from cockpit.exception_queue.models import Case
from tests import cast
from tests.approvals.conftest import NOW
from tests.visiting import words

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=190)


def review(firm, who, role, unit="de") -> GrantReview:
    recertifying.follow_grants(at=NOW)
    return GrantReview.objects.get(person=firm[who], role=role, unit=getattr(firm, unit))


def cases() -> list[str]:
    living = Case.objects.filter(kind="approvals.recertify").exclude(state="resolved").order_by("pk")
    return [kind_of(case.kind).title_of(case) for case in living]


class TestRecertifying:
    def test_asks_each_unit_after_half_a_year_and_until_all_is_looked_at(self, open_firm):
        assert recertifying.watch(at=NOW) == 0
        assert recertifying.watch(at=LATER) == 3
        assert recertifying.watch(at=LATER) == 3
        assert cases() == [
            "4 roles of Halden & Roth GmbH are to be confirmed or taken away",
            "1 role of Munich is to be confirmed or taken away",
            "2 roles of Halden & Roth Inc. are to be confirmed or taken away",
        ]
        lea, mia = open_firm.user("lea").person, open_firm.user("mia").person
        for row in GrantReview.objects.filter(unit__in=[open_firm.de, open_firm.munich]):
            recertifying.confirm_grant(row.pk, actor=mia if row.person == lea else lea, at=LATER)
        assert recertifying.watch(at=LATER) == 1
        assert cases() == ["2 roles of Halden & Roth Inc. are to be confirmed or taken away"]

    def test_keeps_who_confirmed_in_the_trail(self, open_firm):
        row = review(open_firm, "ann", "finance")
        recertifying.confirm_grant(row.pk, actor=open_firm.user("lea").person, at=NOW)
        row.refresh_from_db()
        assert (row.confirmed_by, row.confirmed_at) == (open_firm["lea"], NOW)
        entry = Entry.objects.get(verb="accounts.grant.confirm")
        assert (entry.subject, entry.data["role"]) == (f"accounts.person:{open_firm['ann'].pk}", "finance")

    def test_takes_a_role_away_and_what_was_decided_stays(self, open_firm):
        row = review(open_firm, "ann", "finance")
        recertifying.take_away(row.pk, actor=open_firm.user("lea").person, at=NOW)
        assert not grants.holders("finance", open_firm.de).filter(pk=open_firm["ann"].pk).exists()
        assert Entry.objects.filter(verb="accounts.revoke").count() == 1
        with pytest.raises(ReviewRefusedError, match="taken away meanwhile"):
            recertifying.confirm_grant(row.pk, actor=open_firm.user("lea").person, at=NOW)

    def test_of_ones_own_needs_a_second_person(self, open_firm):
        row = review(open_firm, "lea", "leadership")
        for act in (recertifying.confirm_grant, recertifying.take_away):
            with pytest.raises(ReviewRefusedError, match="a second person"):
                act(row.pk, actor=open_firm.user("lea").person, at=NOW)
        with pytest.raises(IntegrityError, match="their_own_role"), transaction.atomic():
            GrantReview.objects.filter(pk=row.pk).update(confirmed_at=NOW, confirmed_by=open_firm["lea"])

    def test_is_for_who_looks_after_the_unit(self, open_firm):
        row = review(open_firm, "frank", "finance", "us")
        with pytest.raises(ReviewRefusedError, match=r"do not look after the roles of Halden & Roth Inc\."):
            recertifying.confirm_grant(row.pk, actor=open_firm.user("mia").person, at=NOW)

    def test_forgets_what_was_taken_away_elsewhere(self, open_firm):
        row = review(open_firm, "dan", "finance")
        grants.revoke(open_firm["dan"], "finance", open_firm.de, actor="system:test", at=NOW)
        recertifying.watch(at=NOW)
        assert not GrantReview.objects.filter(pk=row.pk).exists()


class TestSettingALimit:
    def test_counts_at_once_and_is_in_the_trail(self, open_firm):
        mia = open_firm.user("mia").person
        for amount in (Decimal(40000), Decimal(30000), None, None):
            limiting.set_limit(open_firm["ann"], "invoice_release", amount, "eur", actor=mia, at=NOW)
        assert not Limit.objects.exists()
        said = [entry.data["now"] for entry in Entry.objects.filter(verb="approvals.limit.set").order_by("pk")]
        assert said == ["40000 EUR", "30000 EUR", None]

    @pytest.mark.parametrize(
        ("who", "kind", "amount", "currency", "said"),
        [
            ("mia", "invoice_release", 1, "EUR", "second person"),
            ("frank", "invoice_release", 1, "EUR", "do not look after the roles of Frank"),
            ("ann", "staffing", 1, "EUR", "no amount"),
            ("ann", "nonsense", 1, "EUR", "no amount"),
            ("ann", "invoice_release", -1, "EUR", "such as 25000 EUR"),
            ("ann", "invoice_release", 1, "E1R", "such as 25000 EUR"),
        ],
    )
    def test_is_refused_with_a_sentence(self, open_firm, who, kind, amount, currency, said):
        with pytest.raises(ReviewRefusedError, match=said):
            limiting.set_limit(
                open_firm[who], kind, Decimal(amount), currency, actor=open_firm.user("mia").person, at=NOW
            )


def keep_apart(firm, who="lea", **more) -> DutyPair:
    terms = {"first_kind": "vendor", "second_kind": "invoice_release", "same": "any", "days": 365, "why": "x", **more}
    first_act = terms.pop("first_act", "decides")
    return limiting.add_pair(first_act, actor=firm.user(who).person, at=NOW, **terms)


class TestAPair:
    def test_is_added_once_and_ended_by_a_second_person(self, open_firm):
        made = keep_apart(open_firm)
        assert keep_apart(open_firm) == made
        with pytest.raises(ReviewRefusedError, match="a second person ends it"):
            limiting.end_pair(made.pk, actor=open_firm.user("lea").person, at=NOW)
        for unit in (open_firm.de, open_firm.us):
            grants.grant(open_firm["dan"], "operations_admin", unit, actor="system:test", at=NOW)
        limiting.end_pair(made.pk, actor=open_firm.user("dan").person, at=NOW)
        limiting.end_pair(made.pk, actor=open_firm.user("dan").person, at=NOW)
        verbs = Entry.objects.filter(subject=f"approvals.dutypair:{made.pk}").values_list("verb", flat=True)
        assert list(verbs) == ["approvals.duties.add", "approvals.duties.end"]

    @pytest.mark.parametrize(
        ("who", "more", "said"),
        [
            ("mia", {}, "whole firm"),
            ("lea", {"first_kind": "nonsense"}, "no such kind"),
            ("lea", {"first_kind": "invoice_release"}, "two different kinds"),
        ],
    )
    def test_is_refused_with_a_sentence(self, open_firm, who, more, said):
        with pytest.raises(ReviewRefusedError, match=said):
            keep_apart(open_firm, who, **more)

    def test_of_kinds_that_one_role_is_asked_about_needs_other_policies_first(self, open_firm):
        cast.policy("{kind: credit_note, name: C, mode: enforce, rules: [{name: all, ask: [{role: finance}]}]}")
        with pytest.raises(ReviewRefusedError, match="ask Finance about both"):
            keep_apart(open_firm, first_kind="credit_note")


class TestTheDoorOfGrants:
    @pytest.fixture
    def apart(self, open_firm):
        cast.policy("{kind: credit_note, name: C, mode: enforce, rules: [{name: all, ask: [{role: partner}]}]}")
        keep_apart(open_firm, first_kind="credit_note")
        return open_firm

    @pytest.mark.parametrize("unit", ["de", "munich"])
    def test_refuses_who_could_decide_both_and_keeps_it(self, apart, unit):
        with pytest.raises(grants.GrantError, match="Ann Albers is Finance there"):
            grants.grant(apart["ann"], "partner", getattr(apart, unit), actor=apart["mia"], at=NOW)
        assert not grants.holders("partner", apart.de).exists()
        assert Entry.objects.get(verb="accounts.grant.refuse").data["role"] == "partner"

    def test_holds_either_way_round(self, apart):
        grants.grant(apart["eve"], "partner", apart.de, actor=apart["mia"], at=NOW)
        with pytest.raises(grants.GrantError, match="Eve Egan is Partner there"):
            grants.grant(apart["eve"], "finance", apart.munich, actor=apart["mia"], at=NOW)

    def test_lets_pass_what_is_elsewhere_or_another_role(self, apart):
        grants.grant(apart["ann"], "partner", apart.us, actor=apart["mia"], at=NOW)
        grants.grant(apart["ann"], "pmo", apart.de, actor=apart["mia"], at=NOW)
        grants.grant(apart["ben"], "partner", apart.de, actor=apart["mia"], at=NOW)
        assert apart["ann"] in grants.holders("partner", apart.us)
        assert apart["ann"] in grants.holders("pmo", apart.de)
        assert apart["ben"] in grants.holders("partner", apart.de)


class TestThePageOfRoles:
    def test_shows_confirms_and_takes_away(self, open_firm, visit):
        lea, row = visit("lea"), review(open_firm, "ann", "finance")
        assert "Ann Albers Finance not confirmed yet, here since 23 Nov" in words(lea.get("/duties/"))
        assert lea.post(reverse("grant_review", args=[row.pk, "confirm"])).status_code == 302
        assert "confirmed 23 Nov by Lea Lindt" in words(lea.get("/duties/"))
        assert lea.post(reverse("grant_review", args=[row.pk, "revoke"])).status_code == 302
        assert "Ann Albers Finance" not in words(lea.get("/duties/"))
        own = review(open_firm, "lea", "leadership")
        refused = lea.post(reverse("grant_review", args=[own.pk, "confirm"]))
        assert refused.status_code == 409
        assert "a second person" in words(refused)

    def test_sets_a_limit_or_says_why_not(self, open_firm, visit):
        lea, given = (
            visit("lea"),
            {"person": "Ann Albers", "kind": "invoice_release", "amount": "40000", "currency": "EUR"},
        )
        assert lea.post("/duties/", given).status_code == 302
        assert "Invoice release up to €40,000" in words(lea.get("/duties/"))
        wrong = lea.post("/duties/", {**given, "person": "Lea Lindt", "amount": "1234"})
        assert wrong.status_code == 422
        assert "set by a second person" in words(wrong)
        assert "1234" in wrong.content.decode()

    def test_is_not_there_for_others_and_read_only_for_an_auditor(self, open_firm, visit):
        row = review(open_firm, "ann", "finance")
        grants.grant(open_firm["eve"], "auditor", open_firm.de, actor="system:test", at=NOW)
        page = visit("eve").get("/duties/")
        assert "Ann Albers Finance" in words(page)
        assert "/confirm/" not in page.content.decode()
        assert visit("eve").post(reverse("grant_review", args=[row.pk, "confirm"])).status_code == 409
        for address in ("/duties/", "/duties/who/", "/duties/who.csv", "/duties/apart/"):
            assert visit("ben").get(address).status_code == 404
        assert visit("ben").post(reverse("grant_review", args=[row.pk, "confirm"])).status_code == 404

    def test_costs_as_many_queries_for_many_as_for_few(self, open_firm, visit):
        lea, counts = visit("lea"), {}
        lea.get("/duties/")
        for address in ("/duties/", "/duties/who/", "/duties/apart/"):
            with CaptureQueriesContext(connection) as queries:
                lea.get(address)
            counts[address] = len(queries)
        for name in open_firm.people:
            for role in ("partner", "finance"):
                grants.grant(open_firm[name], role, open_firm.munich, actor="system:test", at=NOW)
        lea.get("/duties/")
        for address, before in counts.items():
            with CaptureQueriesContext(connection) as queries:
                lea.get(address)
            assert len(queries) == before <= 24, address


class TestWhoMayApprove:
    def test_names_persons_limits_and_deputies(self, open_firm, visit):
        Limit.objects.create(person=open_firm["ann"], kind="invoice_release", amount=50000, currency="EUR", set_at=NOW)
        days = {"start_at": NOW, "end_at": NOW + timedelta(days=3)}
        services.appoint(open_firm["ann"], open_firm["eve"], actor=open_firm["ann"], at=NOW, **days)
        text = words(visit("lea").get("/duties/who/"))
        assert "Amount, with tax above €25,000.00" in text
        assert "1. Finance Ann Albers up to €50,000 deputy: Eve Egan (until 26 Nov) Dan Dietz" in text

    def test_says_where_nobody_may(self, open_firm, visit):
        grants.revoke(open_firm["frank"], "finance", open_firm.us, actor="system:test", at=NOW)
        assert "nobody" in words(visit("lea").get("/duties/who/"))

    def test_is_downloaded_for_every_unit_seen_and_that_is_kept(self, open_firm, visit):
        open_firm.de.name = "=Halden"
        open_firm.de.save()
        answer = visit("mia").get("/duties/who.csv")
        head, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
        assert head[:2] == ["Kind", "Unit"]
        assert {line[1] for line in lines} == {"'=Halden", "Munich"}  # nothing of the other company
        assert {line[7] for line in lines} == {"Ann Albers", "Dan Dietz"}
        assert Entry.objects.get(verb="approvals.duties.export").data["lines"] == len(lines) + 1


class TestThePageOfWhatIsKeptApart:
    def test_adds_ends_and_counts_who_tried(self, open_firm, visit):
        lea = visit("lea")
        given = {"first_act": "decides", "first_kind": "vendor", "second_kind": "invoice_release", "same": "client"}
        assert lea.post("/duties/apart/", {**given, "days": "90", "why": "ghost vendors"}).status_code == 302
        text = words(lea.get("/duties/apart/"))
        assert (
            "Who decides “New vendor” does not decide “Invoice release” of the same client for 90 days · ghost" in text
        )
        refused = lea.post(reverse("pair_end", args=[DutyPair.objects.get().pk]))
        assert refused.status_code == 409
        assert "a second person ends it" in words(refused)
        wrong = lea.post("/duties/apart/", {**given, "days": "0"})
        assert wrong.status_code == 422
        request = open_firm.ask(barred=[open_firm["ann"].pk])
        for _ in range(2):
            with pytest.raises(services.NotEntitledError):
                services.decide(
                    Step.objects.get().pk, actor=open_firm["ann"], verdict="approve", snapshot_id=request.snapshot_id,
                    at=NOW,
                )  # fmt: skip
        assert Attempt.objects.get().count == 2
        assert "Ann Albers Invoice release asked for it, wrote it or gains from it 2" in words(
            lea.get("/duties/apart/")
        )

    def test_is_changed_by_who_looks_after_the_whole_firm_alone(self, open_firm, visit):
        page = visit("mia").get("/duties/apart/")
        assert "Keep them apart" not in words(page)
        given = {"first_act": "decides", "first_kind": "vendor", "second_kind": "invoice_release", "same": "client"}
        refused = visit("mia").post("/duties/apart/", {**given, "days": "90"})
        assert refused.status_code == 422
        assert not DutyPair.objects.exists()
