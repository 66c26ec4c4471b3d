"""Order, filters, search and news of the list: all of it in the address, none of it beyond what one may see."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import services
from approvals.models import Request
from approvals.reading import filters
from tests import cast
from tests.approvals.conftest import NOW
from tests.cast import MONDAY
from tests.visiting import form_of, words

pytestmark = pytest.mark.django_db
QUEUE = "/queue/"


def rows(response) -> list[int]:
    return [row.request.pk for group in response.context["screen"].listing.groups for row in group.rows]


@pytest.fixture
def three(open_firm):
    """Asked in this order; the middle one is worth the most, the last one is nearest to its cut-off."""
    small = open_firm.ask(1, 26_000, at=MONDAY - timedelta(hours=20))
    large = open_firm.ask(2, 90_000, at=MONDAY, invoice_date="2026-12-10")
    urgent = open_firm.ask(3, 30_000, at=MONDAY + timedelta(minutes=5))
    Request.objects.filter(pk=small.pk).update(client_name="Novalis", due_at=MONDAY)
    return small, large, urgent


class TestTheOrder:
    def test_is_by_what_a_day_of_waiting_costs(self, three, visit):
        small, large, urgent = three
        response = visit("ann").get(QUEUE)
        assert rows(response) == [urgent.pk, small.pk, large.pk]
        assert "Sort: cost of delay" in words(response)

    @pytest.mark.parametrize(("sort", "order"), [("due", (0, 1, 2)), ("amount", (1, 2, 0)), ("oldest", (0, 1, 2))])
    def test_can_be_another_and_stays_in_every_link(self, three, visit, sort, order):
        response = visit("ann").get(QUEUE, {"sort": sort})
        assert rows(response) == [three[number].pk for number in order]
        screen = response.context["screen"]
        assert all(f"sort={sort}" in link.url for link in screen.tabs)
        assert f"sort={sort}" in screen.query

    def test_says_its_formula_on_the_row(self, three, visit):
        shown = visit("ann").get(QUEUE).content.decode()
        assert (
            "€30,000 blocked, 6 working days left to the billing cut-off on 30\N{NO-BREAK SPACE}Nov: €5,000 a day."
            in shown
        )

    def test_compares_a_foreign_amount_and_says_how(self, open_firm, visit):
        open_firm.ask(1, 52_000, unit=open_firm.us)
        shown = words(visit("frank").get(QUEUE)).replace("\N{NO-BREAK SPACE}", " ")
        assert "€7,800 a day" in shown
        said = visit("frank").get(QUEUE).content.decode()
        assert "$52,000.00 counts as €46,800.00, at the rate its record stored." in said

    def test_says_when_no_rate_was_stored(self, open_firm, visit):
        unrated = {"amount": "52000.00", "currency": "USD", "company_amount": "52000.00", "company_currency": "USD"}
        open_firm.ask(1, unit=open_firm.us, amount="52000.00")
        request = Request.objects.get()
        facts = {**cast.invoice_facts(open_firm.us, 52_000), "amount": unrated}
        services.refresh_facts(request, facts, at=NOW)
        said = visit("frank").get(QUEUE).content.decode()
        assert "$52,000.00 counts as €52,000.00: its record stored no rate for that" in said
        assert "at the rate its record stored" not in said

    def test_is_kept_from_one_decision_to_the_next(self, three, visit, open_firm):
        _small, large, urgent = three
        ann = visit("ann")
        page = ann.get(f"{QUEUE}R-{large.pk}/?tab=needs&sort=amount")
        after = ann.post(f"{QUEUE}R-{large.pk}/decide/?tab=needs&sort=amount", form_of(page))
        assert after["Location"].startswith(f"/queue/R-{urgent.pk}/?tab=needs&sort=amount")


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"client": "nova"}, [0]),
            ({"low": "30,000"}, [2, 1]),
            ({"low": "26001", "high": "30.000,00"}, [2]),
            ({"due": "late"}, [0]),
            ({"due": "today"}, [2, 0, 1]),
            ({"by": "brook"}, [2, 0, 1]),
            ({"by": "albers"}, []),
            ({"state": "settling"}, []),
            ({"low": "nonsense", "due": "never", "state": "%", "unit": "x"}, [2, 0, 1]),
        ],
    )
    def test_narrow_the_list(self, three, visit, query, found):
        assert rows(visit("ann").get(QUEUE, query)) == [three[number].pk for number in found]

    def test_by_unit_take_what_is_below_it(self, open_firm, visit):
        inside = open_firm.ask(1, unit=open_firm.munich)
        outside = open_firm.ask(2)
        ann = visit("ann")
        assert rows(ann.get(QUEUE, {"unit": open_firm.munich.pk})) == [inside.pk]
        assert set(rows(ann.get(QUEUE, {"unit": open_firm.de.pk}))) == {inside.pk, outside.pk}
        assert rows(ann.get(QUEUE, {"unit": 987_654})) == []

    def test_are_chips_that_can_be_taken_off_one_by_one(self, three, visit):
        response = visit("ann").get(QUEUE, {"client": "bran", "low": "27000", "q": "release"})
        chips = {chip.label: chip.url for chip in response.context["screen"].chips}
        assert chips == {
            "found: release": "/queue/?tab=needs&client=bran&low=27000",
            "client: bran": "/queue/?tab=needs&q=release&low=27000",
            "from €27,000.00": "/queue/?tab=needs&q=release&client=bran",
        }

    def test_name_no_unit_that_one_may_not_choose(self, open_firm, visit):
        chips = visit("frank").get(QUEUE, {"unit": open_firm.munich.pk}).context["screen"].chips
        assert [chip.label for chip in chips] == ["no such unit"]

    def test_count_on_the_other_tabs_too(self, three, visit):
        counts = [tab.count for tab in visit("mia").get(QUEUE, {"client": "nova"}).context["screen"].tabs]
        assert counts == ["0", "1", "0", "0", ""]

    def test_stand_beside_the_unit_chosen_in_the_frame(self, open_firm, visit):
        inside = open_firm.ask(1, unit=open_firm.munich)
        open_firm.ask(2)
        ann = visit("ann")
        ann.post("/frame/scope/", {"unit": open_firm.munich.pk})
        response = ann.get(QUEUE)
        assert rows(response) == [inside.pk]
        assert response.context["screen"].tabs[0].count == "1"

    def test_say_when_nothing_fits(self, three, visit):
        assert "Nothing fits these filters" in words(visit("ann").get(QUEUE, {"client": "zzz"}))

    @pytest.mark.parametrize(
        ("text", "amount"),
        [
            ("48,200.50", "48200.50"),
            ("48.200,50", "48200.50"),
            ("48 200", "48200"),
            ("48,200", "48200"),
            ("48.2", "48.2"),
            ("48'200", "48200"),
            ("-5", ""),
            ("1e9", ""),
            ("٣", ""),
            ("9" * 40, ""),
        ],
    )
    def test_read_amounts_as_people_write_them(self, text, amount):
        assert filters.plain(text) == amount


class TestSearch:
    @pytest.mark.parametrize("text", ["90000", "90,000.00", "€90,000", "90.000,00", "brandt 90000"])
    def test_finds_an_amount_however_it_is_written(self, three, visit, text):
        assert rows(visit("ann").get(QUEUE, {"q": text})) == [three[1].pk]

    def test_finds_the_number_that_the_record_got(self, open_firm, visit):
        request = open_firm.ask()
        open_firm.ask(18)
        services.name_record(request.kind_key, request.subject, "INV/2026/00031")
        assert rows(visit("ann").get(QUEUE, {"q": "inv/2026/00031"})) == [request.pk]
        assert rows(visit("ann").get(QUEUE, {"q": "00031"})) == [request.pk]


class TestMyRequests:
    def test_are_what_one_asked_for_open_or_done(self, open_firm, visit):
        old, new = open_firm.ask(1), open_firm.ask(2, at=MONDAY + timedelta(minutes=1))
        services.close(old, "not_required", at=NOW)
        response = visit("ben").get(QUEUE, {"tab": "mine"})
        assert rows(response) == [new.pk, old.pk]
        assert [tab.count for tab in response.context["screen"].tabs][3] == "2"
        assert "waits for Ann Albers or Dan Dietz (Finance)" in words(response)
        assert rows(visit("ann").get(QUEUE, {"tab": "mine"})) == []


class TestNews:
    def ask(self, client, response):
        return client.get(f"/queue/news/{response.context['screen'].news_query}")

    def test_is_silent_while_nothing_moves_and_costs_one_query_of_its_own(self, three, visit):
        ann = visit("ann")
        shown = ann.get(QUEUE)
        with CaptureQueriesContext(connection) as queries:
            assert self.ask(ann, shown).status_code == 204
        assert sum('FROM "approvals_request"' in query["sql"] for query in queries) == 1

    def test_tells_of_new_ones_taken_ones_and_changed_ones(self, three, visit, open_firm):
        small, large, _urgent = three
        ann = visit("ann")
        shown = ann.get(QUEUE)
        open_firm.ask(8)
        open_firm.ask(9)
        services.close(small, "not_required", at=NOW)
        services.refresh_facts(large, cast.invoice_facts(open_firm.de, 91_000), at=NOW)
        assert "2 new requests, 1 taken, 1 changed – show" in words(self.ask(ann, shown))

    def test_knows_only_of_what_one_may_see(self, three, visit, open_firm):
        frank = visit("frank")
        shown = frank.get(QUEUE)
        open_firm.ask(8)
        assert self.ask(frank, shown).status_code == 204

    def test_refuses_what_no_list_ever_showed(self, visit):
        assert visit("ann").get("/queue/news/", {"seen": "x"}).status_code == 400


class TestAnEmptyQueue:
    def test_says_when_the_next_of_the_others_is_due(self, open_firm, visit):
        open_firm.ask()
        assert "the next is due 14:00" in words(visit("mia").get(QUEUE))
