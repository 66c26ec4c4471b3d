"""What it costs to let a request wait: money, cut-off, working days, and what happens as days go by."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from approvals import services, weighing
from approvals.models import Request
from cockpit.time.models import Holiday
from tests import cast
from tests.cast import KIND, MONDAY

D = Decimal
USD = {"amount": "100.00", "currency": "USD", "company_amount": "90.00", "company_currency": "EUR"}


class TestTheFormula:
    @pytest.mark.parametrize(
        ("amount", "days", "cost"),
        [("100", 4, "25.00"), ("100", 3, "33.33"), ("100", 1, "100.00"), ("100", 0, "100.00"), ("100", None, "100.00")],
    )
    def test_shares_the_money_among_the_days_that_are_left(self, amount, days, cost):
        assert weighing.cost(D(amount), days) == D(cost)

    @pytest.mark.parametrize(
        ("money", "into", "worth"),
        [
            (USD, "USD", "100.00"),
            (USD, "EUR", "90.00"),
            ({**USD, "rates": {"GBP": "0.85"}}, "GBP", "76.50"),
            (USD, "GBP", "90.00"),  # no rate is stored
            (None, "EUR", "0"),
        ],
    )
    def test_compares_in_one_currency(self, money, into, worth):
        assert weighing.in_reporting(money, into) == D(worth)


@pytest.mark.django_db
class TestARequest:
    def test_knows_its_cut_off_and_what_a_day_costs(self, open_firm):
        request = open_firm.ask()  # a Monday; the month's last working day is the Monday after
        assert (request.cutoff_date, request.days_to_cutoff) == (date(2026, 11, 30), 6)
        assert request.cost_of_delay == D("8033.33")

    def test_of_another_company_is_compared_at_its_stored_rate(self, open_firm):
        request = open_firm.ask(1, 52_000, unit=open_firm.us)
        assert request.amount_reporting == D("46800.00")

    def test_counts_no_holiday(self, open_firm):
        Holiday.objects.create(
            calendar=open_firm.de.calendar, start_at=MONDAY, end_at=MONDAY + timedelta(hours=20), name="Strike"
        )
        Holiday.objects.create(
            calendar=open_firm.de.calendar,
            start_at=MONDAY + timedelta(days=1, hours=-10),
            end_at=MONDAY + timedelta(days=1, hours=14),
            name="Feast",
        )
        assert open_firm.ask().days_to_cutoff == 5

    def test_follows_its_facts(self, open_firm):
        request = open_firm.ask()
        services.refresh_facts(request, cast.invoice_facts(open_firm.de, 60_000, invoice_date="2026-12-01"), at=MONDAY)
        request = Request.objects.get()
        assert (request.cutoff_date, request.amount_reporting) == (date(2026, 12, 31), D(60_000))

    def test_costs_more_with_every_day_and_all_of_it_once_the_cut_off_has_passed(self, open_firm):
        open_firm.ask(1, 26_000)
        costs = []
        for days in (0, 2, 5, 7, 8, 60):
            services.weigh_open(at=MONDAY + timedelta(days=days))
            request = Request.objects.get()
            costs.append((request.days_to_cutoff, request.cost_of_delay))
        assert costs == [
            (6, D("4333.33")),
            (4, D("6500.00")),
            (1, D("26000.00")),
            (1, D("26000.00")),
            (0, D("26000.00")),
            (0, D("26000.00")),
        ]

    def test_that_is_done_is_not_weighed_any_more(self, open_firm):
        request = open_firm.ask()
        services.close(request, "not_required", at=MONDAY)
        assert services.weigh_open(at=MONDAY + timedelta(days=3)) == 0

    def test_from_before_is_weighed_by_the_sweep(self, open_firm):
        request = open_firm.ask()
        Request.objects.update(weighed_at=None, cost_of_delay=0, amount_reporting=0, cutoff_date=None)
        services.weigh_open(at=MONDAY)
        assert Request.objects.get().cost_of_delay == request.cost_of_delay


@pytest.mark.django_db
class TestTheRuleOfAUnit:
    def test_moves_the_cut_off_of_what_is_open_below_it(self, open_firm):
        open_firm.ask(unit=open_firm.munich)
        call_command("policy", "cutoff", KIND, open_firm.de.name, "2")
        request = Request.objects.get()
        assert (request.cutoff_date, request.days_to_cutoff) == (date(2026, 11, 26), 4)

    def test_gives_way_to_a_nearer_one(self, open_firm):
        services.set_cutoff(KIND, open_firm.de, 2, at=MONDAY)
        services.set_cutoff(KIND, open_firm.munich, 1, at=MONDAY)
        assert open_firm.ask(1, unit=open_firm.munich).cutoff_date == date(2026, 11, 27)
        assert open_firm.ask(2).cutoff_date == date(2026, 11, 26)

    def test_names_what_it_does_not_know(self, open_firm):
        with pytest.raises(CommandError, match="Nothing was changed"):
            call_command("policy", "cutoff", KIND, "Nowhere", "2")
