"""The exceptions: who sees what, how the list is cut, and what the acts answer."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from cockpit import audit, outbox
from cockpit.accounts import grants
from cockpit.audit.models import Entry
from cockpit.exception_queue import acts, open_case, rules, search
from cockpit.exception_queue.dead_letters import open_for
from cockpit.exception_queue.models import Case, RuleRun
from cockpit.exception_queue.reading import runbooks
from cockpit.outbox.models import Message
from tests import cast
from tests.cast import MONDAY
from tests.visiting import visitor, words

pytestmark = pytest.mark.django_db
ADDRESS = "/exceptions/"


@pytest.fixture
def firm():
    with time_machine.travel(MONDAY, tick=False):
        yield cast.firm()


def a_case(firm, name="one", **more):
    given = {"kind": "invoice.late", "title": f"Case {name}", "at": MONDAY, "unit": firm.de, **more}
    return open_case(name, **given)


def titles(response):
    return [row.title for group in response.context["screen"].listing.groups for row in group.rows]


def headings(response):
    return [(group.label, group.summary) for group in response.context["screen"].listing.groups]


def act(firm, name, case, verb, **fields):
    return visitor(firm, name).post(reverse(f"case_{verb}", args=[case.pk]), fields)


class TestTheList:
    def test_shows_what_it_is_how_much_and_until_when(self, firm):
        a_case(
            firm,
            at=MONDAY - timedelta(hours=5),
            money=Decimal(64_000),
            currency="EUR",
            due_at=MONDAY + timedelta(days=1),
            detail={"odoo": {"url": "http://127.0.0.1:8069/odoo/account.move/9"}},
        )
        response = visitor(firm, "mia").get(ADDRESS)
        text = words(response)
        assert "€64,000 at risk" in text
        assert "Tue 10:00" in text
        assert "Record in Odoo" in text
        assert "€64,000.00 at risk." in text

    def test_puts_the_severest_cause_first_and_the_first_due_before(self, firm):
        a_case(firm, "low", kind="a.low", severity="low")
        a_case(firm, "later", kind="b.high", severity="high", due_at=MONDAY + timedelta(days=3))
        a_case(firm, "soon", kind="b.high", severity="high", due_at=MONDAY + timedelta(days=1))
        a_case(firm, "mild", kind="b.high", severity="medium", due_at=MONDAY)
        assert titles(visitor(firm, "mia").get(ADDRESS)) == ["Case soon", "Case later", "Case mild", "Case low"]

    def test_groups_by_cause_unit_or_severity_with_counts_and_money(self, firm):
        money = {"money": Decimal(100), "currency": "EUR"}
        a_case(firm, "a", kind="a.b", severity="high", **money)
        a_case(firm, "b", kind="a.b", unit=firm.munich, **money)
        a_case(firm, "c", kind="a.c", unit=firm.munich, money=Decimal(5), currency="USD")
        mia = visitor(firm, "mia")
        assert headings(mia.get(ADDRESS)) == [("a · b", "2 · €200 at risk"), ("Single cases", "")]
        by_unit = headings(mia.get(f"{ADDRESS}?group=unit"))
        assert by_unit == [("Halden & Roth GmbH", "1 · €100 at risk"), ("Munich", "2 · €100 + $5 at risk")]
        assert [label for label, _ in headings(mia.get(f"{ADDRESS}?group=severity"))] == ["High", "Medium"]
        assert mia.get(ADDRESS).context["screen"].listing.money == "€200 + $5"

    def test_repeats_no_single_row_in_a_heading_and_draws_no_chart_of_once(self, firm):
        case = a_case(firm, "a", kind="a.b", severity="high")
        mia = visitor(firm, "mia")
        response = mia.get(ADDRESS)
        assert headings(response) == [("", "")]
        assert "list-head" not in response.content.decode()
        assert '<svg class="spark"' not in response.content.decode()
        assert "seen-days" not in response.content.decode()
        Case.objects.filter(pk=case.pk).update(occurrences=2)
        again = mia.get(ADDRESS).content.decode()
        assert ('<svg class="spark"' in again, "seen-days" in again) == (True, True)

    def test_is_of_ones_own_units(self, firm):
        a_case(firm, "german")
        a_case(firm, "munich", unit=firm.munich)
        a_case(firm, "american", unit=firm.us)
        assert titles(visitor(firm, "mia").get(ADDRESS)) == ["Case german", "Case munich"]
        assert titles(visitor(firm, "frank").get(ADDRESS)) == ["Case american"]
        assert titles(visitor(firm, "lea").get(ADDRESS)) == ["Case german", "Case munich", "Case american"]
        assert titles(visitor(firm, "eve").get(ADDRESS)) == []

    def test_is_of_the_unit_chosen_in_the_frame(self, firm):
        a_case(firm, "german")
        a_case(firm, "munich", unit=firm.munich)
        mia = visitor(firm, "mia")
        mia.post(reverse("scope"), {"unit": firm.munich.pk})
        shown = mia.get(ADDRESS)
        assert titles(shown) == ["Case munich"]
        assert shown.context["screen"].tabs[0].count == "1"

    def test_shows_what_belongs_to_no_unit_only_to_those_who_see_the_whole_firm(self, firm):
        a_case(firm, "nowhere", unit=None)
        assert titles(visitor(firm, "lea").get(ADDRESS)) == ["Case nowhere"]
        assert titles(visitor(firm, "mia").get(ADDRESS)) == []

    def test_shows_ones_own_wherever_they_are(self, firm):
        a_case(firm, "american", unit=firm.us, owner=firm["ben"])
        assert titles(visitor(firm, "ben").get(ADDRESS)) == ["Case american"]

    def test_has_tabs_with_what_each_holds(self, firm):
        a_case(firm, "pmo", kind="outbox.dead")
        a_case(firm, "own", owner=firm["mia"])
        a_case(firm, "anns", owner=firm["ann"])
        a_case(firm, "nobodys", unit=firm.us)
        acts.snooze(a_case(firm, "asleep").pk, actor=firm["mia"], until=MONDAY + timedelta(days=1), at=MONDAY)
        acts.close_case(a_case(firm, "closed").pk, actor=firm["mia"], reason="x", at=MONDAY)
        mia = visitor(firm, "mia")
        shown = mia.get(ADDRESS)
        assert [(tab.label, tab.count) for tab in shown.context["screen"].tabs] == [
            ("Open", "3"),
            ("Mine", "2"),
            ("Unowned", ""),
            ("Snoozed", "1"),
            ("Resolved", ""),
        ]
        assert sorted(titles(mia.get(f"{ADDRESS}?tab=mine"))) == ["Case own", "Case pmo"]
        assert titles(mia.get(f"{ADDRESS}?tab=snoozed")) == ["Case asleep"]
        assert titles(mia.get(f"{ADDRESS}?tab=resolved")) == ["Case closed"]
        assert titles(visitor(firm, "lea").get(f"{ADDRESS}?tab=unowned")) == ["Case nobodys"]

    def test_narrows_by_chips_that_can_be_taken_off(self, firm):
        a_case(firm, "one", severity="high")
        a_case(firm, "two", unit=firm.munich, kind="other.kind")
        mia = visitor(firm, "mia")
        shown = mia.get(f"{ADDRESS}?kind=other.kind&unit={firm.munich.pk}&severity=medium&q=two")
        assert titles(shown) == ["Case two"]
        chips = shown.context["screen"].chips
        assert [chip.label for chip in chips] == ["other · kind", "Munich", "severity: medium", "found: two"]
        assert "kind=" not in chips[0].without
        assert titles(mia.get(f"{ADDRESS}?severity=high")) == ["Case one"]
        assert "No case fits" in words(mia.get(f"{ADDRESS}?q=zzz"))

    @pytest.mark.parametrize("group", ["cause", "unit", "severity"])
    def test_goes_on_where_the_page_ended(self, firm, monkeypatch, group):
        monkeypatch.setattr("cockpit.exception_queue.reading.listing.PAGE", 4)
        for number in range(10):
            unit = firm.munich if number % 3 else firm.de
            a_case(firm, f"x{number}", unit=unit, kind=f"k.{number % 4}", severity=("low", "high")[number % 2])
        mia, address, seen = visitor(firm, "mia"), f"{ADDRESS}?group={group}", []
        for _ in range(3):
            shown = mia.get(address)
            seen += titles(shown)
            address = ADDRESS + shown.context["screen"].more
        assert len(seen) == len(set(seen)) == 10
        assert mia.get(f"{ADDRESS}?after=nonsense").status_code == 400

    def test_links_to_web_addresses_alone(self, firm):
        a_case(firm, detail={"odoo": {"url": "javascript:alert(1)"}})
        assert "javascript:" not in visitor(firm, "mia").get(ADDRESS).content.decode()

    def test_costs_the_same_number_of_queries_for_one_as_for_many(self, firm):
        counts = []
        for names in (["x0", "y0"], [f"x{number}" for number in range(1, 20)]):
            for name in names:
                a_case(firm, name, owner=firm["ben"])
            mia = visitor(firm, "mia")
            mia.get(ADDRESS)
            with CaptureQueriesContext(connection) as queries:
                mia.get(ADDRESS)
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 45, counts

    def test_is_found_by_search(self, firm):
        case = a_case(firm, "haystack")
        for text in ("hayst", f"E-{case.pk}", "case haystack"):
            assert [one.detail.split(" ")[0] for one in search.cases(firm.user("mia"), text, 5)] == [case.number]
        assert search.cases(firm.user("frank"), "hayst", 5) == []


class TestACaseBesideTheList:
    def test_gives_the_window_its_name_whether_it_comes_alone_or_with_the_list(self, firm):
        case = a_case(firm)
        name = f"<title>{case.number} Exceptions · Cockpit</title>"
        page = visitor(firm, "mia").get(reverse("case", args=[case.pk])).text
        part = visitor(firm, "mia").get(
            reverse("case", args=[case.pk]), headers={"HX-Request": "true", "HX-Target": "request"}
        )
        assert page.count("<title>") == 1
        assert name in part.text
        assert part.text.count("<title>") == 1


class TestAnEmptyList:
    def ran(self, **more):
        for name in rules.settings.CASE_RULES:
            columns = {"started_at": MONDAY, "succeeded_at": MONDAY, "status": "done", **more}
            RuleRun.objects.update_or_create(rule=name, defaults=columns)

    def test_says_that_all_rules_ran(self, firm):
        self.ran()
        text = words(visitor(firm, "mia").get(ADDRESS))
        count = len(rules.settings.CASE_RULES)
        assert "No exceptions" in text
        assert f"{count} of {count} rule" in text
        assert "ran at 10:00" in text

    def test_is_not_good_news_when_a_rule_never_ran(self, firm):
        text = words(visitor(firm, "mia").get(ADDRESS))
        assert "Not everything was looked at" in text
        assert "It has not run yet." in text
        assert "No exceptions" not in text

    @pytest.mark.parametrize(
        ("columns", "says"),
        [
            ({"status": "failed", "sentence": "KeyError: x"}, "KeyError: x"),
            ({"status": "waiting", "sentence": "Odoo was never read."}, "Odoo was never read."),
            ({"started_at": MONDAY - timedelta(hours=9)}, "It has not run lately"),
        ],
    )
    def test_is_not_good_news_when_a_rule_did_not_get_to_its_end(self, firm, columns, says):
        self.ran()
        RuleRun.objects.filter(rule="outbox").update(**columns)
        text = words(visitor(firm, "mia").get(ADDRESS))
        assert says in text
        assert "No exceptions" not in text

    def test_says_so_on_the_other_tabs(self, firm):
        assert "Nothing resolved yet" in words(visitor(firm, "mia").get(f"{ADDRESS}?tab=resolved"))
        assert "Nothing is snoozed" in words(visitor(firm, "mia").get(f"{ADDRESS}?tab=snoozed"))


class TestRules:
    def test_run_when_they_are_due_and_say_how_it_ended(self, firm, settings, monkeypatch):
        wiring = {"run": "tests.cockpit.test_exception_pages.look", "label": "Looking", "every_s": 60}
        settings.CASE_RULES = {"look": wiring}
        assert rules.run_due(at=MONDAY) == ["look"]
        assert rules.run_due(at=MONDAY + timedelta(seconds=59)) == []
        assert rules.run_due(at=MONDAY + timedelta(seconds=60)) == ["look"]
        [one] = rules.standing(at=MONDAY + timedelta(seconds=61))
        assert (one.ok, one.ran_at, one.sentence) == (True, MONDAY + timedelta(seconds=60), "")

    def test_that_break_say_so_and_keep_when_they_last_ran(self, firm, settings):
        settings.CASE_RULES = {"look": {"run": "tests.cockpit.test_exception_pages.look", "label": "L", "every_s": 1}}
        rules.run_due(at=MONDAY)
        settings.CASE_RULES["look"]["run"] = "tests.cockpit.test_exception_pages.break_"
        rules.run_due(at=MONDAY + timedelta(minutes=2))
        [one] = rules.standing(at=MONDAY + timedelta(minutes=2))
        assert (one.ok, one.ran_at, one.sentence) == (False, MONDAY, "RuntimeError: broken")


def look(*, at):
    return 0


def break_(*, at):
    raise RuntimeError("broken")


class TestClosing:
    def test_needs_a_reason_and_keeps_it_with_who_gave_it(self, firm):
        case = a_case(firm)
        empty = act(firm, "mia", case, "close", reason="  ")
        assert empty.status_code == 422
        assert "Say what you found or did" in words(empty)
        assert act(firm, "mia", case, "close", reason="Checked with the client.").status_code == 302
        case.refresh_from_db()
        assert (case.state, case.closed_because) == (Case.State.RESOLVED, "Checked with the client.")
        shown = words(visitor(firm, "mia").get(reverse("case", args=[case.pk])))
        assert "Checked with the client." in shown
        assert "Mia Moreau marked it as resolved" in shown

    def test_an_emergency_release_takes_a_second_person(self, firm):
        case = a_case(firm, kind="invoice.emergency_release", detail={"barred_persons": [firm["ann"].pk]})
        shown = visitor(firm, "ann").get(ADDRESS)
        assert "You took part in it, so a second person reviews it." in words(shown)
        assert "Mark as reviewed" not in words(shown)
        for verb, fields in (("close", {"reason": "x"}), ("ignore", {"reason": "x", "worse": "1"})):
            assert act(firm, "ann", case, verb, **fields).status_code == 409
        case.refresh_from_db()
        assert case.state == Case.State.OPEN
        assert "Mark as reviewed" in words(visitor(firm, "mia").get(ADDRESS))
        assert act(firm, "mia", case, "close", reason="Fine.").status_code == 302

    def test_tells_the_second_that_somebody_was_faster(self, firm):
        case = a_case(firm)
        act(firm, "mia", case, "close", reason="By Mia.")
        answer = act(firm, "ann", case, "close", reason="Checked with the client.")
        assert answer.status_code == 409
        assert "It is resolved already: Mia Moreau was faster, at 10:00." in words(answer)
        assert "You had written: Checked with the client." in words(answer)


class TestActs:
    def test_asked_for_by_get_show_the_case(self, firm):
        case = a_case(firm)
        for verb in ("close", "acknowledge", "own", "snooze", "ignore", "duplicate", "undo", "wake", "step"):
            got = visitor(firm, "mia").get(reverse(f"case_{verb}", args=[case.pk]))
            assert got["Location"] == reverse("case", args=[case.pk])
        assert Entry.objects.filter(subject=f"exception_queue.case:{case.pk}").count() == 1

    def test_go_on_to_the_next_case_and_can_be_undone_there(self, firm):
        one, two = a_case(firm, "one", due_at=MONDAY), a_case(firm, "two", due_at=MONDAY + timedelta(days=1))
        answer = act(firm, "mia", one, "snooze", until="tomorrow")
        assert answer["Location"] == f"/exceptions/E-{two.pk}/?did={one.pk}"
        one.refresh_from_db()
        assert one.wakes_at == MONDAY.replace(hour=8) + timedelta(days=1), "nine o'clock in Berlin"
        shown = visitor(firm, "mia").get(answer["Location"])
        assert f"You snoozed {one.number}" in words(shown)
        assert reverse("case_undo", args=[one.pk]) in shown.content.decode()
        act(firm, "mia", one, "undo")
        one.refresh_from_db()
        assert (one.state, one.wakes_at) == ("open", None)

    def test_ignore_takes_a_reason_and_an_end(self, firm):
        case = a_case(firm)
        assert act(firm, "mia", case, "ignore", reason="", until="month").status_code == 422
        assert act(firm, "mia", case, "ignore", reason="Known.", until="").status_code == 422
        assert act(firm, "mia", case, "ignore", reason="Known.", date="2026-12-24", worse="1").status_code == 302
        case.refresh_from_db()
        assert (case.state, case.wakes_at.date().isoformat(), case.wakes_if_worse) == ("ignored", "2026-12-24", True)

    def test_mark_a_duplicate_by_its_number(self, firm):
        one, two, foreign = a_case(firm), a_case(firm, "two"), a_case(firm, "us", unit=firm.us)
        for of in ("", "E-999999", foreign.number, one.number):
            assert act(firm, "mia", one, "duplicate", of=of).status_code == 422, of
        assert act(firm, "mia", one, "duplicate", of=two.number).status_code == 302
        one.refresh_from_db()
        assert one.duplicate_of == two

    def test_are_not_an_auditors(self, firm):
        case = a_case(firm)
        grants.grant(firm["eve"], "auditor", firm.de, actor="system:test", at=MONDAY)
        shown = visitor(firm, "eve").get(reverse("case", args=[case.pk]))
        assert "whoever works on cases of its unit acts" in words(shown)
        assert reverse("case_own", args=[case.pk]) not in shown.content.decode()
        assert act(firm, "eve", case, "own").status_code == 409
        case.refresh_from_db()
        assert case.owner is None

    def test_on_many_say_what_became_of_each(self, firm):
        one, two, foreign = a_case(firm), a_case(firm, "two"), a_case(firm, "us", unit=firm.us)
        acts.acknowledge(two.pk, actor=firm["ann"], at=MONDAY)
        fields = {"act": "acknowledge", "case": [one.pk, two.pk, foreign.pk, "nonsense"]}
        answer = visitor(firm, "mia").post(reverse("cases_bulk"), fields)
        assert answer.status_code == 200
        text = words(answer)
        assert f"{one.number} Case one — done" in text
        assert f"{two.number} Case two — It is acknowledged already: Ann Albers was faster, at 10:00." in text
        assert "Case us" not in text
        foreign.refresh_from_db()
        assert foreign.state == "open"


class TestADeadLetter:
    def dead(self, firm, request) -> Message:
        for key in ("k", "behind"):
            outbox.put(
                "odoo.push",
                destination="odoo",
                subject="account.move:17",
                payload={},
                key=key,
                at=MONDAY,
                origin=request.audit_subject,
            )
        Message.objects.filter(key="k").update(
            state="dead", dead_at=MONDAY, outcome="refused", last_error="Locked.", attempt=3
        )
        message = Message.objects.get(key="k")
        open_for(message, at=MONDAY)
        return message

    @pytest.fixture
    def message(self, firm):
        cast.policy()
        return self.dead(firm, firm.ask())

    def test_belongs_to_the_unit_of_the_request_it_comes_from_and_is_worth_as_much(self, firm, message):
        case = Case.objects.get()
        assert (case.unit, case.money, case.currency) == (firm.de, Decimal("48200.00"), "EUR")
        assert titles(visitor(firm, "mia").get(ADDRESS)) == ["odoo refused account.move:17: Locked."]
        assert titles(visitor(firm, "frank").get(ADDRESS)) == []

    def test_names_what_waits_behind_it(self, firm, message):
        text = words(visitor(firm, "mia").get(ADDRESS))
        assert "1 message waits behind it." in text
        assert "stuck after 3 tries" in text
        assert "behind account.move:17 · waits behind it" in text

    def test_is_tried_again_by_its_next_step(self, firm, message):
        assert act(firm, "mia", Case.objects.get(), "step").status_code == 302
        message.refresh_from_db()
        assert message.state == Message.State.PENDING
        again = act(firm, "mia", Case.objects.get(), "step", step="retry")
        assert again.status_code == 409
        assert "waits for nobody any more" in words(again)

    def test_is_skipped_with_a_reason_and_its_case_ends(self, firm, message):
        case = Case.objects.get()
        assert act(firm, "mia", case, "step", step="skip").status_code == 422
        assert act(firm, "mia", case, "step", step="skip", note="Done by hand.").status_code == 302
        message.refresh_from_db()
        case.refresh_from_db()
        assert (message.state, case.state, case.closed_because) == ("skipped", "resolved", "Done by hand.")
        entry = Entry.objects.get(verb="exception_queue.case.skip")
        assert {**entry.data, "note": ""} == {"message": message.pk, "waiting": ["behind"], "note": ""}
        assert audit.spoken([entry])[entry.pk] == {"note": "Done by hand."}

    def test_that_lost_its_case_gets_it_back_and_one_that_is_gone_loses_it(self, firm, message):
        Case.objects.all().update(fingerprint="outbox.dead:gone", detail={"message": 0})
        rules.run_rule("outbox", at=MONDAY)
        states = dict(Case.objects.values_list("fingerprint", "state"))
        assert states == {"outbox.dead:gone": "resolved", f"outbox.dead:{message.stream}": "open"}


class TestADuplicate:
    def test_is_separated_again_by_whoever_marked_it(self, firm):
        one, two = a_case(firm), a_case(firm, "two")
        act(firm, "mia", one, "duplicate", of=two.number)
        assert f"It is a duplicate of {two.number}" in words(visitor(firm, "ann").get(reverse("case", args=[one.pk])))
        assert act(firm, "ann", one, "undo").status_code == 409
        assert act(firm, "mia", one, "undo").status_code == 302
        one.refresh_from_db()
        assert (one.state, one.duplicate_of) == ("open", None)

    def test_is_opened_again_by_anybody_who_works_there(self, firm):
        one, two = a_case(firm), a_case(firm, "two")
        act(firm, "mia", one, "duplicate", of=two.number)
        assert act(firm, "ann", one, "wake").status_code == 302
        one.refresh_from_db()
        assert (one.state, one.duplicate_of) == ("open", None)


class TestAView:
    def test_is_kept_under_a_name_and_leads_back_to_what_was_shown(self, firm):
        a_case(firm, severity="high")
        mia = visitor(firm, "mia")
        query = mia.get(f"{ADDRESS}?severity=high&group=unit").context["screen"].query
        mia.post(reverse("view_save"), {"page": "exceptions", "name": "Worst", "query": query})
        [view] = mia.get(ADDRESS).context["screen"].views
        assert (view.name, view.mine) == ("Worst", True)
        shown = mia.get(view.url).context["screen"]
        assert (shown.address.severity, shown.address.group) == ("high", "unit")
        assert [one.chosen for one in shown.views] == [True]


class TestARunbook:
    def test_is_in_the_readers_language_and_in_english_where_there_is_no_other(self):
        with translation.override("de"):
            assert runbooks.read("timesheets-missing").title == "Eine Woche Zeiterfassung fehlt"
            assert runbooks.read("odoo-is-away").title
        assert runbooks.read("timesheets-missing").title == "A week of timesheets is missing"
        assert runbooks.read("../design") is None
