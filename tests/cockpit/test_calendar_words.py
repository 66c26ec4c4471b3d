"""Durations, due dates and reasons as people read them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from cockpit.time.calendar import Reason, Why
from cockpit.time.words import cause_words, due_words, duration_words, reason_words, when_words

NOW = datetime(2026, 11, 25, 13, 0, tzinfo=UTC)  # a Wednesday, 14:00 in Berlin


class TestDurationWords:
    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (0, "0 min"),
            (59, "0 min"),
            (60, "1 min"),
            (42 * 60 + 59.9, "42 min"),
            (3600, "1 h"),
            (3 * 3600, "3 h"),
            (3 * 3600 + 20 * 60, "3 h 20"),
            (3 * 3600 + 5 * 60, "3 h 05"),
            (40 * 3600, "40 h"),
        ],
    )
    def test_says_whole_minutes(self, seconds: float, words: str) -> None:
        assert duration_words(seconds) == words


class TestDueWords:
    @pytest.mark.parametrize(
        ("left", "words"),
        [
            (timedelta(minutes=42), "42 min"),
            (timedelta(hours=3), "3 h"),
            (timedelta(hours=3, minutes=20), "3 h 20"),
            (timedelta(seconds=30), "now"),
            (timedelta(seconds=-30), "now"),
            (timedelta(minutes=-25), "25 min late"),
            (timedelta(hours=-26), "26 h late"),
            (timedelta(days=-3), "3 d late"),
            (timedelta(hours=9, minutes=59), "9 h 59"),
            (timedelta(hours=10), "Thu 00:00"),  # tomorrow in Berlin, still today in UTC
            (timedelta(days=1, hours=22), "Fri 12:00"),
            (timedelta(days=6), "Tue 14:00"),
            (timedelta(days=7), "Wed 2 Dec"),
            (timedelta(days=60), "Sun 24 Jan 2027"),
        ],
    )
    def test_says_how_long_today_and_when_on_other_days(self, left: timedelta, words: str) -> None:
        assert due_words(NOW + left, NOW, "Europe/Berlin") == words

    def test_follows_the_zone_of_who_reads(self) -> None:
        due = NOW + timedelta(hours=12)
        assert due_words(due, NOW, "Asia/Kolkata") == "Thu 06:30"
        assert due_words(due, NOW, "America/Los_Angeles") == "12 h"

    def test_speaks_german_weekdays(self) -> None:
        with translation.override("de"):
            assert due_words(NOW + timedelta(days=1, hours=22), NOW, "Europe/Berlin").startswith("Fr")

    def test_looks_back_too(self) -> None:
        assert when_words(NOW - timedelta(days=1), NOW, "UTC") == "Tue 13:00"


class TestReasonWords:
    def test_names_holidays_and_says_the_rest(self) -> None:
        reasons = [Reason(Why.HOLIDAY, "Christmas Day"), Reason(Why.WEEKEND), Reason(Why.HOLIDAY)]
        assert reason_words(reasons) == "Christmas Day, weekend, holiday"


class TestCauseWords:
    @pytest.mark.parametrize(
        ("cause", "words"),
        [
            ("taken on", "taken on"),
            ("waiting on Ben: PO number missing", "waiting on Ben: PO number missing"),
            ("waiting for %(about)s’s answer: Ben Brook", "waiting for Ben Brook’s answer"),
            ("waiting for %(about)s’s answer", "waiting for somebody’s answer"),  # the name was erased
        ],
    )
    def test_say_whom_it_is_about(self, cause: str, words: str) -> None:
        assert cause_words(cause) == words

    def test_are_in_the_readers_language(self) -> None:
        with translation.override("de"):
            assert cause_words("waiting for %(about)s’s answer: Ben Brook") == "wartet auf die Antwort von Ben Brook"
