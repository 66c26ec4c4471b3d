"""The list: what stands in which tab, in which order, under which head, and at what cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from approvals import kinds, services
from approvals.delegations import Delegation
from approvals.models import Request, Step
from approvals.reading.queue import PAGE
from approvals.reading.tabs import NEWEST, Cursor, Tab
from tests import cast
from tests.approvals.conftest import NOW
from tests.cast import MONDAY
from tests.visiting import words

pytestmark = pytest.mark.django_db
QUEUE = "/queue/"
TWO_STEPS = """
kind: invoice_release
name: Invoice release
mode: enforce
rules:
  - name: Always
    ask: [{role: finance, within: 4 h, quorum: 2, order: 1}, {role: leadership, within: 8 h, order: 2}]
"""


def rows(response) -> list[int]:
    """Ids of the requests in the list, in its order."""
    return [row.request.pk for group in response.context["screen"].listing.groups for row in group.rows]


def heads(response) -> list[tuple[str, str]]:
    return [(group.label, group.summary) for group in response.context["screen"].listing.groups]


def decide(request, person, verdict="approve", note=""):
    step = Step.objects.get(round__request=request, state=Step.State.OPEN)
    return services.decide(step.pk, actor=person, verdict=verdict, snapshot_id=request.snapshot_id, at=NOW, note=note)


class TestTabs:
    def test_count_what_needs_one_and_what_waits_on_others(self, open_firm, visit):
        for subject in (1, 2, 3):
            open_firm.ask(subject)
        response = visit("ann").get(QUEUE)
        assert [(tab.label, tab.count) for tab in response.context["screen"].tabs] == [
            ("Needs you", "3"),
            ("Waiting on others", "0"),
            ("Snoozed", "0"),
            ("My requests", "0"),
            ("Done", ""),
        ]
        assert [tab.count for tab in visit("mia").get(QUEUE).context["screen"].tabs] == ["0", "3", "0", "0", ""]

    def test_say_in_the_rail_what_needs_one(self, open_firm, visit):
        open_firm.ask()
        frame = visit("ann").get(QUEUE).context["frame"]
        assert [entry.count for entry in frame.nav if entry.label == "Queue"] == ["1"]

    def test_put_a_decided_request_with_others_until_it_settles_then_among_the_done(self, open_firm, visit):
        request = open_firm.ask()
        decide(request, open_firm["ann"])
        ann = visit("ann")
        assert heads(ann.get(f"{QUEUE}?tab=waiting&sort=due")) == [("Decided, can still be undone", "1 · €48,200")]
        services.settle_due(NOW + timedelta(seconds=20))
        assert rows(ann.get(f"{QUEUE}?tab=waiting")) == []
        assert rows(ann.get(f"{QUEUE}?tab=done")) == [request.pk]

    def test_open_where_the_request_stands_when_the_address_names_none(self, open_firm, visit):
        request = open_firm.ask()
        address = reverse("request", args=[request.pk])
        assert visit("ann").get(address).context["screen"].tab == "needs"
        assert visit("mia").get(address).context["screen"].tab == "waiting"
        services.close(request, "subject_gone", at=NOW)
        assert visit("ann").get(address).context["screen"].tab == "done"

    def test_fall_back_to_what_needs_one_for_an_unknown_name(self, open_firm, visit):
        assert visit("ann").get(f"{QUEUE}?tab=%00'").context["screen"].tab == "needs"


class TestRows:
    def test_stand_by_what_falls_due_first_under_their_heads(self, open_firm, visit):
        later = open_firm.ask(1, 30_000, at=MONDAY + timedelta(minutes=30))
        first = open_firm.ask(2, 26_000, at=MONDAY)
        Request.objects.filter(pk=later.pk).update(due_at=MONDAY + timedelta(days=2))
        far = open_firm.ask(3, 27_000)
        Request.objects.filter(pk=far.pk).update(due_at=MONDAY + timedelta(days=9))
        response = visit("ann").get(QUEUE, {"sort": "due"})
        assert rows(response) == [first.pk, later.pk, far.pk]
        assert heads(response) == [("Due today", "1 · €26,000"), ("This week", "1 · €30,000"), ("Later", "1 · €27,000")]

    def test_sum_each_currency_by_itself(self, open_firm, visit):
        open_firm.ask(1, 26_000)
        american = open_firm.ask(2, 52_000, unit=open_firm.us)
        Request.objects.filter(pk=american.pk).update(due_at=MONDAY + timedelta(hours=3))
        assert heads(visit("lea").get(f"{QUEUE}?tab=waiting&sort=due")) == [("Due today", "2 · €26,000 + $52,000")]

    def test_say_how_much_business_time_is_left_and_when_it_is_soon_or_late(self, open_firm, visit, now):
        open_firm.ask()  # 10:00 in Berlin, four hours
        ann = visit("ann")
        said = []
        for hour in (timedelta(0), timedelta(hours=2, minutes=40), timedelta(hours=3, minutes=43)):
            now.move_to(NOW + hour)
            row = ann.get(QUEUE).context["screen"].listing.groups[0].rows[0]
            said.append((row.timer.words, row.state))
        assert said == [("3 h 18", ""), ("38 min", "soon"), ("25 min late", "late")]

    def test_say_the_day_when_it_is_due_later(self, open_firm, visit, now):
        now.move_to(MONDAY + timedelta(hours=5))
        open_firm.ask(at=MONDAY + timedelta(hours=5))  # 15:00: two hours today, two tomorrow
        assert visit("ann").get(QUEUE).context["screen"].listing.groups[0].rows[0].timer.words == "Tue 11:00"

    def test_name_the_client_and_keep_the_question_for_those_who_listen(self, open_firm, visit):
        request = open_firm.ask()
        assert f"Brandt AG · S00046, Go-live Munich, milestone 3 : {request.title} €48,200.00" in words(
            visit("ann").get(QUEUE)
        )

    def test_without_a_client_show_the_question_and_without_an_amount_a_dash(self, open_firm, visit):
        request = open_firm.ask()
        Request.objects.filter(pk=request.pk).update(client_name="", amount=None, currency="")
        assert f"{request.title} — not known" in words(visit("ann").get(QUEUE))


class TestMine:
    def test_counts_what_it_lists_and_puts_what_is_closed_last(self, open_firm, visit):
        closed = [open_firm.ask(subject, at=MONDAY + timedelta(minutes=subject)) for subject in (1, 2)]
        still = [open_firm.ask(subject, at=MONDAY) for subject in (3, 4)]
        for one in closed:
            services.close(one, "subject_gone", at=NOW)
        response = visit("ben").get(f"{QUEUE}?tab=mine")
        wanted = [one.pk for one in (*reversed(still), *reversed(closed))]
        assert rows(response) == wanted
        assert [label for label, _sum in heads(response)] == ["Open, newest first", "Closed, newest first"]
        assert [tab.count for tab in response.context["screen"].tabs if tab.label == "My requests"] == ["4"]
        order = NEWEST[Tab.MINE]
        for number, pk in enumerate(wanted):
            cursor = Cursor.read(Cursor.of(Request.objects.get(pk=pk), order).text, order)
            beyond = cursor.beyond(Request.objects.all()).order_by(*order.keys)
            assert [one.pk for one in beyond] == wanted[number + 1 :]


class TestPages:
    def ask_many(self, firm, count):
        first = firm.ask(1, 26_000)
        made = [
            Request(
                kind_key=first.kind_key,
                subject=f"odoo.account.move:{1000 + number}",
                title=f"Release {number}",
                version=first.version,
                unit=firm.de,
                snapshot=first.snapshot,
                asked_at=MONDAY - timedelta(minutes=number // 2),
                due_at=MONDAY + timedelta(minutes=number // 3),  # three share each moment
                cost_of_delay=number // 4,
                amount_reporting=1000 - number // 5,
            )
            for number in range(count)
        ]
        Request.objects.bulk_create(made)
        return first

    @pytest.mark.parametrize(
        ("sort", "order"),
        [
            ("due", ["due_at", "pk"]),
            ("cost", ["-cost_of_delay", "pk"]),
            ("amount", ["-amount_reporting", "pk"]),
            ("oldest", ["asked_at", "pk"]),
        ],
    )
    def test_hold_fifty_rows_and_lose_or_double_none(self, open_firm, visit, sort, order):
        self.ask_many(open_firm, 120)
        mia, seen, address = visit("mia"), [], f"{QUEUE}?tab=waiting&sort={sort}"
        while address:
            response = mia.get(address)
            assert len(rows(response)) <= PAGE
            seen += rows(response)
            screen = response.context["screen"]
            address = f"{QUEUE}{screen.more}" if screen.listing.after else ""
        assert len(seen) == len(set(seen)) == 121
        assert seen == list(Request.objects.order_by(*order).values_list("pk", flat=True))

    def test_go_on_from_the_last_row_also_when_it_was_decided_meanwhile(self, open_firm, visit):
        self.ask_many(open_firm, 60)
        mia = visit("mia")
        first = mia.get(f"{QUEUE}?tab=waiting")
        Request.objects.filter(pk__in=rows(first)[-3:]).update(state="closed", closed_at=NOW)
        second = mia.get(f"{QUEUE}{first.context['screen'].more}")
        assert not set(rows(first)) & set(rows(second))
        assert len(rows(second)) == 11

    def test_reach_back_through_what_was_done(self, open_firm, visit):
        self.ask_many(open_firm, 70)
        Request.objects.update(state="closed", closed_reason="not_required", closed_at=NOW)
        mia = visit("mia")
        first = mia.get(f"{QUEUE}?tab=done")
        second = mia.get(f"{QUEUE}{first.context['screen'].more}")
        assert rows(first) + rows(second) == list(
            Request.objects.order_by("-closed_at", "-pk").values_list("pk", flat=True)
        )

    def test_append_rows_without_their_head_when_only_the_rest_is_asked_for(self, open_firm, visit):
        self.ask_many(open_firm, 60)
        mia = visit("mia")
        more = mia.get(f"{QUEUE}?tab=waiting").context["screen"].more
        rest = mia.get(f"{QUEUE}{more}", headers={"HX-Request": "true", "HX-Target": "more"}).content.decode()
        assert rest.count("data-row") == 11
        assert "list-head" not in rest
        assert "<html" not in rest

    def test_refuse_a_place_that_is_none(self, open_firm, visit):
        ann = visit("ann")
        for place in ("x", "2026-13-01~1~", "~~", "2026-11-23T09:00:00+00:00~x~", "2026-11-23T09:00:00~1~"):
            assert ann.get(QUEUE, {"after": place, "sort": "due"}).status_code == 400
        for place in ("x", "NaN~1~", "Infinity~1~", "1e40~1~", "1.00~x~", "~1~", "2026-11-23T09:00:00+00:00~1~"):
            assert ann.get(QUEUE, {"after": place}).status_code == 400
        assert ann.get(QUEUE, {"after": "~1~", "tab": "done"}).status_code == 400
        assert ann.get(QUEUE, {"after": f"~{'9' * 40}~", "sort": "due"}).status_code == 200

    def test_cost_the_same_number_of_queries_for_one_row_as_for_many(self, open_firm, visit):
        counts = []
        for subjects in (range(1, 2), range(2, 12)):
            for subject in subjects:
                open_firm.ask(subject)
            for name in ("ann", "mia"):
                client = visit(name)
                client.get(QUEUE)
                for tab in ("needs", "waiting", "snoozed", "mine", "done"):
                    with CaptureQueriesContext(connection) as queries:
                        client.get(f"{QUEUE}?tab={tab}")
                    counts.append((name, tab, len(queries)))
        half = len(counts) // 2
        assert counts[:half] == counts[half:]
        assert max(number for _name, _tab, number in counts) <= 12

    def test_cost_twelve_queries_at_most_for_fifty_rows_of_all_kinds_whatever_happened_to_them(self, open_firm, visit):
        """Changed, asked back, claimed, passed on, mentioned, more than fit on the page; read also by a deputy."""
        for deputy, delegator in (("ann", "frank"), ("frank", "lea")):
            days = {"start_at": MONDAY, "end_at": MONDAY + timedelta(days=9)}
            known = {"proposed_at": MONDAY, "confirmed_at": MONDAY}
            Delegation.objects.create(deputy=open_firm[deputy], delegator=open_firm[delegator], **days, **known)
        self.ask_many(open_firm, 60)
        ann, dan, mia = open_firm["ann"], open_firm["dan"], open_firm["mia"]
        changed, back, claimed, passed, named = (open_firm.ask(2000 + number, 90_000 + number) for number in range(5))
        services.refresh_facts(changed, cast.invoice_facts(open_firm.de, 99_000), at=NOW)
        step = {each: Step.objects.get(round__request=each, state="open").pk for each in (back, claimed, passed)}
        services.ask_back(step[back], actor=ann, text="Which PO?", at=NOW)
        services.claim(step[claimed], actor=ann, at=NOW)
        services.reassign(step[passed], to=dan, actor=mia, at=NOW, reason="Ann is ill")
        services.comment(named.pk, actor=dan, text="@Ann Albers, @Mia Moreau: look", at=NOW)
        keys = list(kinds.registry())
        for number, pk in enumerate(Request.objects.filter(asks=[]).values_list("pk", flat=True)):
            asks = [f"finance@{open_firm.de.pk}"]
            Request.objects.filter(pk=pk).update(kind_key=keys[number % len(keys)], asks=asks)
        for name, tab in (("ann", "needs"), ("mia", "waiting"), ("lea", "waiting")):
            client = visit(name)
            with CaptureQueriesContext(connection) as queries:
                shown = client.get(f"{QUEUE}?tab={tab}")
            listed = [row for group in shown.context["screen"].listing.groups for row in group.rows]
            assert len(listed) == PAGE
            assert len({row.request.kind_key for row in listed}) > 5
            assert len(queries) <= 12, name

    def test_of_rows_alone_cost_ten_queries_at_most(self, open_firm, visit):
        self.ask_many(open_firm, 60)
        mia = visit("mia")
        more = mia.get(f"{QUEUE}?tab=waiting").context["screen"].more
        with CaptureQueriesContext(connection) as queries:
            mia.get(f"{QUEUE}{more}", headers={"HX-Request": "true", "HX-Target": "more"})
        assert len(queries) <= 10


class TestWhatARequestAsks:
    """The queue finds its rows by `Request.asks`; the steps themselves must say the same, whatever happens."""

    def agree(self, firm, request):
        for name in firm.people:
            user = firm.user(name)
            by_steps = Step.objects.decidable_by(user).filter(round__request__state="pending")
            assert set(Request.objects.needing(user)) == {step.round.request for step in by_steps}, name
        shown = Request.objects.get(pk=request.pk)
        return shown.asks

    def test_follows_its_open_steps(self, open_firm):
        ann, dan = open_firm["ann"], open_firm["dan"]
        request = open_firm.ask()
        finance = f"finance@{open_firm.de.pk}"
        assert self.agree(open_firm, request) == [finance]
        decide(request, ann)
        assert self.agree(open_firm, request) == []
        services.undo(request.pk, actor=ann, at=NOW)
        assert self.agree(open_firm, request) == [finance]
        services.refresh_facts(request, cast.invoice_facts(open_firm.de, 46_900), at=NOW)
        assert self.agree(open_firm, request) == [finance]
        request.refresh_from_db()
        decide(request, dan)
        services.settle_due(NOW + timedelta(minutes=1))
        assert self.agree(open_firm, request) == []

    def test_follows_a_quorum_of_two_and_steps_in_sequence(self, open_firm):
        cast.policy(TWO_STEPS, at=NOW)
        request = open_firm.ask(at=NOW)
        finance, leads = f"finance@{open_firm.de.pk}", f"leadership@{open_firm.de.pk}"
        assert self.agree(open_firm, request) == [finance]
        decide(request, open_firm["ann"])
        assert self.agree(open_firm, request) == [finance]
        decide(request, open_firm["dan"])
        assert self.agree(open_firm, request) == [leads]
        services.undo(request.pk, actor=open_firm["dan"], at=NOW)
        assert self.agree(open_firm, request) == [finance]

    def test_is_nothing_to_who_is_barred(self, open_firm):
        request = open_firm.ask(barred=[open_firm["ann"].pk])
        self.agree(open_firm, request)
        assert not Request.objects.needing(open_firm.user("ann")).exists()
        assert Request.objects.waiting_on_others(open_firm.user("ann")).exists()


class TestSearch:
    @pytest.mark.parametrize("text", ["brandt", "R-{pk}", "r-{pk}", "{pk}", "S00046", "release INVOICE"])
    def test_finds_by_number_title_and_client(self, open_firm, visit, text):
        wanted = open_firm.ask(1)
        other = open_firm.ask(2)
        Request.objects.filter(pk=other.pk).update(client_name="Novalis", title="Something else")
        assert rows(visit("ann").get(QUEUE, {"q": text.format(pk=wanted.pk)})) == [wanted.pk]

    def test_says_when_nothing_was_found_and_keeps_what_was_typed(self, open_firm, visit):
        open_firm.ask()
        response = visit("ann").get(QUEUE, {"q": "<b>nobody's</b>"})
        assert "has “<b>nobody's</b>” in its number, title, client, invoice or amount" in words_with_entities(response)
        assert 'value="&lt;b&gt;nobody&#x27;s&lt;/b&gt;"' in response.content.decode()

    def test_takes_signs_and_numbers_beyond_all_bounds_as_text(self, open_firm, visit):
        open_firm.ask()
        for text in ("%", "_", "\\", "9" * 40, "R-", "٣", "R-0x1"):
            assert visit("ann").get(QUEUE, {"q": text}).status_code == 200


def words_with_entities(response) -> str:
    return response.content.decode().replace("&lt;", "<").replace("&gt;", ">").replace("&#x27;", "'")


class TestNothing:
    def test_to_decide_says_what_was_decided_last(self, open_firm, visit):
        request = open_firm.ask()
        decide(request, open_firm["ann"])
        assert "Nothing needs you You decided the last one 10:42 : Release invoice for Brandt AG" in words(
            visit("ann").get(QUEUE)
        )

    def test_is_said_in_each_tab_in_its_own_words(self, open_firm, visit):
        ann = visit("ann")
        assert "What you must decide appears here" in words(ann.get(QUEUE))
        assert "Nobody keeps you waiting" in words(ann.get(f"{QUEUE}?tab=waiting"))
        assert "Nothing decided yet" in words(ann.get(f"{QUEUE}?tab=done"))

    def test_can_need_somebody_without_a_role(self, visit):
        assert "You hold no role yet" in words(visit("eve").get(QUEUE))
