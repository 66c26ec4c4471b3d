"""On which days who can decide how much: pure, then for a firm with leaves, deputies and limits, then on its pages."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from approvals.coverage import NOTHING, UNLIMITED, Deputy, highest
from approvals.delegations import Delegation
from approvals.duties import Limit
from approvals.reading import covered
from cockpit.accounts import grants
from cockpit.accounts.models import Person
from cockpit.time.models import Absence, Holiday
from tests import cast
from tests.cast import MONDAY
from tests.visiting import visitor

ANN, DAN, MIA, LEA = 1, 2, 3, 4
K = Decimal(1000)


class TestHighest:
    def test_is_that_of_whoever_is_here(self):
        assert highest({ANN, DAN}, {DAN}, limits={ANN: 90 * K, DAN: 20 * K}) == 20 * K
        assert highest({ANN, DAN}, {ANN, DAN}, limits={ANN: 90 * K, DAN: 20 * K}) == 90 * K
        assert highest({ANN}, {ANN}) == UNLIMITED
        assert highest({ANN}, set()) == highest(set(), {ANN}) == NOTHING

    @pytest.mark.parametrize(
        ("own", "given", "deputys", "found"),
        [(90, 50, None, 50), (40, 50, None, 40), (90, None, 30, 30), (None, None, None, None), (90, 50, 60, 50)],
    )
    def test_of_a_deputy_is_the_lowest_of_all_limits(self, own, given, deputys, found):
        as_limit = lambda number: UNLIMITED if number is None else number * K  # noqa: E731
        limits = {ANN: as_limit(own), MIA: as_limit(deputys)}
        assert highest({ANN}, {MIA}, limits=limits, deputies=[Deputy(ANN, MIA, as_limit(given))]) == as_limit(found)

    def test_goes_through_a_deputy_who_is_away_and_ends_where_chains_close_or_are_too_long(self):
        chain = [Deputy(ANN, DAN, 9 * K), Deputy(DAN, MIA, 5 * K), Deputy(MIA, ANN)]
        assert highest({ANN}, {MIA}, deputies=chain) == 5 * K
        assert highest({ANN}, set(), deputies=chain) == NOTHING
        long = [Deputy(number, number + 1) for number in range(9)]
        assert highest({0}, {3}, deputies=long) == UNLIMITED
        assert highest({0}, {4}, deputies=long) == NOTHING

    def test_of_two_votes_is_the_lower_and_nobody_casts_both(self):
        limits = {ANN: 90 * K, DAN: 20 * K}
        assert highest({ANN, DAN}, {ANN, DAN}, limits=limits, needed=2) == 20 * K
        assert highest({ANN, DAN}, {ANN}, deputies=[Deputy(DAN, ANN)], needed=2) == NOTHING
        assert highest({ANN, DAN}, {ANN, MIA}, deputies=[Deputy(DAN, MIA)], needed=2) == UNLIMITED


TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
def firm(db):
    with time_machine.travel(MONDAY, tick=False):
        made = cast.firm()
        cast.policy()
        yield made


def away(person: Person, start: datetime, days: float) -> None:
    Absence.objects.create(person_id=person.pk, start_at=start, end_at=start + timedelta(days=days))


def limit(person: Person, amount: int) -> None:
    Limit.objects.create(person=person, kind=cast.KIND, amount=amount, currency="EUR", set_at=MONDAY)


def row(firm) -> covered.Row:
    (found,) = covered.forecast({firm.de.pk, firm.munich.pk}, MONDAY)
    return found


def states(firm) -> dict[date, str]:
    return {day.date: day.state for day in row(firm).days if day.state not in {"", "closed"}}


@pytest.mark.django_db
class TestForecast:
    def test_is_fine_while_everybody_is_here_and_leaves_out_what_is_closed(self, firm):
        found = row(firm)
        assert (found.unit, found.role, found.short) == (firm.de.name, "Finance", [])
        closed = [day.date.isoweekday() for day in found.days if day.state == "closed"]
        assert (len(found.days), closed) == (14, [6, 7, 6, 7])

    def test_names_the_days_on_which_only_less_can_be_decided(self, firm):
        limit(firm["dan"], 50_000)
        away(firm["ann"], datetime(2026, 11, 24, 7, tzinfo=UTC), 2)
        assert states(firm) == {date(2026, 11, 24): "less", date(2026, 11, 25): "less"}
        assert covered.warnings([row(firm)], MONDAY)[0] == (
            "Nobody can decide more than €50,000 on 24\xa0Nov, 25\xa0Nov: Invoice release, "
            "Finance of Halden & Roth GmbH"
        )

    def test_names_the_days_on_which_nobody_can(self, firm):
        for name in ("ann", "dan"):
            away(firm[name], datetime(2026, 11, 24, 7, tzinfo=UTC), 1)
        assert states(firm) == {date(2026, 11, 24): "none"}
        assert covered.warnings([row(firm)], MONDAY)[0].startswith("Nobody can decide on 24\xa0Nov: Invoice release")

    def test_counts_who_is_here_for_a_part_of_the_day(self, firm):
        for name in ("ann", "dan"):
            away(firm[name], datetime(2026, 11, 24, 7, tzinfo=UTC), 0.25)
        assert states(firm) == {}

    def test_counts_a_deputy_up_to_the_lower_of_both_limits(self, firm):
        limit(firm["mia"], 30_000)
        for name in ("ann", "dan"):
            away(firm[name], datetime(2026, 11, 24, 7, tzinfo=UTC), 1)
        Delegation.objects.create(
            delegator=firm["ann"], deputy=firm["mia"], start_at=MONDAY, end_at=MONDAY + timedelta(days=9),
            limit=40_000, proposed_at=MONDAY, confirmed_at=MONDAY,
        )  # fmt: skip
        (day,) = row(firm).short
        assert (day.state, day.cap) == ("less", 30_000)

    def test_counts_no_deputy_who_was_not_confirmed_has_ended_or_acts_for_another_kind(self, firm):
        for name in ("ann", "dan"):
            away(firm[name], datetime(2026, 11, 24, 7, tzinfo=UTC), 1)
        given = {
            "delegator": firm["ann"],
            "start_at": MONDAY,
            "end_at": MONDAY + timedelta(days=9),
            "proposed_at": MONDAY,
        }
        Delegation.objects.create(deputy=firm["mia"], **given)
        Delegation.objects.create(deputy=firm["lea"], confirmed_at=MONDAY, ended_at=MONDAY, **given)
        Delegation.objects.create(deputy=firm["ben"], confirmed_at=MONDAY, kinds=["expense"], **given)
        assert states(firm) == {date(2026, 11, 24): "none"}

    def test_knows_who_left_or_lost_the_role(self, firm):
        grants.revoke(firm["ann"], "finance", firm.de, actor="system:cast", at=MONDAY)
        Person.objects.filter(pk=firm["dan"].pk).update(active=False)
        assert set(states(firm).values()) == {"none"}

    def test_says_nothing_of_a_day_that_is_free_for_all(self, firm):
        for name in ("ann", "dan"):
            away(firm[name], datetime(2026, 11, 24, 7, tzinfo=UTC), 1)
        start = datetime(2026, 11, 23, 23, tzinfo=UTC)
        Holiday.objects.create(name="Free", start_at=start, end_at=start + timedelta(days=1))
        assert states(firm) == {}

    def test_asks_the_same_few_questions_for_many_units(self, firm, django_assert_max_num_queries):
        for number in range(30):
            type(firm.de).objects.create(name=f"Unit {number}", parent=firm.de, odoo_model="d", odoo_id=100 + number)
        units = set(type(firm.de).objects.values_list("pk", flat=True))
        with django_assert_max_num_queries(14):
            assert len(covered.forecast(units, MONDAY)) == 2  # one for each company


class TestPages:
    def test_the_table_says_for_each_day_up_to_what(self, firm):
        limit(firm["dan"], 50_000)
        away(firm["ann"], datetime(2026, 11, 24, 7, tzinfo=UTC), 1)
        page = visitor(firm, "mia").get(reverse("coverage")).content.decode()
        assert "Invoice release: Finance, Halden &amp; Roth GmbH" in page
        assert "≤ €50,000" in page
        assert "America" not in page
        assert "Halden &amp; Roth Inc." not in page

    def test_the_line_above_the_queue_warns_or_is_not_there(self, firm):
        ann = visitor(firm, "ann")
        assert "hidden" in ann.get(reverse("coverage_line")).content.decode()
        for name in ("ann", "dan"):
            away(firm[name], datetime(2026, 11, 24, 7, tzinfo=UTC), 1)
        assert "Nobody can decide on 24" in ann.get(reverse("coverage_line")).content.decode()
        assert reverse("coverage_line") in ann.get(reverse("queue")).content.decode()

    def test_who_sees_no_unit_is_told_nothing_of_any(self, firm):
        page = visitor(firm, "ben").get(reverse("coverage")).content.decode()
        assert "No policy asks anybody in the units that you may see." in page
