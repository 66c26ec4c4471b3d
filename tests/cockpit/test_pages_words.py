"""Money, numbers and times in the reader's language and zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from cockpit.pages import words

NOW = datetime(2026, 11, 12, 13, 3, 20, tzinfo=UTC)  # a Thursday
NBSP = "\u00a0"


@pytest.fixture(autouse=True)
def berlin():
    with timezone.override(ZoneInfo("Europe/Berlin")):
        yield


class TestMoney:
    @pytest.mark.parametrize(
        ("amount", "currency", "text"),
        [
            ("48200", "EUR", "€48,200.00"),
            ("0", "USD", "$0.00"),
            ("-1234567.8", "GBP", "−£1,234,567.80"),
            ("12900.50", "CHF", f"CHF{NBSP}12,900.50"),
            ("500000", "JPY", "¥500,000"),
            ("0.005", "EUR", "€0.01"),
            ("5", "", "5.00"),
        ],
    )
    def test_has_its_currency_its_groups_and_its_cents(self, amount, currency, text):
        assert words.money(amount, currency) == text

    def test_in_a_sum_leaves_out_the_cents(self):
        assert words.money("75090.49", "EUR", whole=True) == "€75,090"

    def test_takes_the_readers_signs(self):
        with translation.override("de"):
            assert "48.200,00" in words.money("48200", "EUR")


class TestNumber:
    def test_keeps_the_digits_that_are_there(self):
        assert [words.number(value) for value in ("1234.5", 7, "-0.25")] == ["1,234.5", "7", "−0.25"]


class TestMoment:
    @pytest.mark.parametrize(
        ("ago", "text"),
        [
            (timedelta(hours=1), "13:03"),
            (timedelta(days=1), "Wed 14:03"),
            (timedelta(days=-2), "Sat 14:03"),
            (timedelta(days=8), f"4{NBSP}Nov 14:03"),
            (timedelta(days=330), f"17{NBSP}Dec{NBSP}2025 14:03"),
        ],
    )
    def test_is_said_as_one_would_say_it(self, ago, text):
        assert words.moment(NOW - ago, NOW) == text

    def test_shows_seconds_where_they_matter(self):
        assert words.moment(NOW, NOW, seconds=True) == "14:03:20"

    def test_in_full_has_the_zone(self):
        assert words.in_full(NOW) == "Thursday 12 November 2026, 14:03:20 CET"

    def test_of_a_day_has_its_year_unless_it_is_this_one(self):
        assert words.day(date(2026, 12, 23)) == f"23{NBSP}Dec{NBSP}2026"
        assert words.day(date(2026, 12, 23), now=NOW) == f"23{NBSP}Dec"


class TestAge:
    @pytest.mark.parametrize(
        ("seconds", "text"),
        [(8.9, "8 s"), (-3, "0 s"), (99, "99 s"), (120, "2 min"), (7200, "2 h"), (3 * 86400, "3 days")],
    )
    def test_is_short(self, seconds, text):
        assert words.seconds_words(seconds) == text


class TestTheDaysEnd:
    def test_is_the_viewers_midnight(self):
        assert words.end_of_day(datetime(2026, 11, 12, 23, 30, tzinfo=UTC)) == datetime(2026, 11, 13, 23, 0, tzinfo=UTC)

    def test_of_the_week_is_the_next_monday(self):
        assert words.end_of_week(NOW) == datetime(2026, 11, 15, 23, 0, tzinfo=UTC)
        sunday = datetime(2026, 11, 15, 12, 0, tzinfo=UTC)
        assert words.end_of_week(sunday) == words.end_of_day(sunday)

    def test_holds_over_a_change_to_winter_time(self):
        assert words.end_of_week(datetime(2026, 10, 22, 12, 0, tzinfo=UTC)) == datetime(2026, 10, 25, 23, 0, tzinfo=UTC)
