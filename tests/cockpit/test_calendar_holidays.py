"""Public holidays of a country, where Odoo knows none."""

from datetime import UTC, date, datetime

import pytest

from cockpit.time.calendar import local_day
from cockpit.time.models import Calendar, Holiday
from cockpit.time.public_holidays import CountryUnknownError, fill_public_holidays, public_holidays


@pytest.fixture
def bavaria(db: None) -> Calendar:
    return Calendar.objects.create(name="Munich", time_zone="Europe/Berlin", country="DE-BY")


class TestPublicHolidays:
    def test_are_those_of_country_and_subdivision(self) -> None:
        assert (date(2026, 12, 25), "Christmas Day") in public_holidays("DE", [2026])
        assert (date(2026, 1, 6), "Epiphany") not in public_holidays("DE", [2026])
        assert (date(2026, 1, 6), "Epiphany") in public_holidays("DE-BY", [2026])

    @pytest.mark.parametrize("country", ["XX", "DE-QQ", "Ruritania"])
    def test_of_an_unknown_country_are_refused(self, country: str) -> None:
        with pytest.raises(CountryUnknownError, match=country):
            public_holidays(country, [2026])


class TestFillPublicHolidays:
    def test_stores_whole_local_days(self, bavaria: Calendar) -> None:
        assert fill_public_holidays(bavaria, years=[2026]) == len(public_holidays("DE-BY", [2026]))
        christmas = Holiday.objects.get(name="Christmas Day")
        assert (christmas.start_at, christmas.end_at) == local_day(date(2026, 12, 25), "Europe/Berlin")
        assert christmas.source == "country"

    def test_does_nothing_the_second_time(self, bavaria: Calendar) -> None:
        fill_public_holidays(bavaria, years=[2026, 2027])
        before = list(Holiday.objects.values())
        assert fill_public_holidays(bavaria, years=[2026]) == 0
        assert list(Holiday.objects.values()) == before

    def test_gives_way_to_what_odoo_knows_of_that_year(self, bavaria: Calendar) -> None:
        fill_public_holidays(bavaria, years=[2026, 2027])
        start, end = local_day(date(2026, 12, 24), "Europe/Berlin")
        Holiday.objects.create(calendar=bavaria, start_at=start, end_at=end, name="Christmas Eve", odoo_id=1)
        fill_public_holidays(bavaria, years=[2026, 2027])
        names = Holiday.objects.filter(start_at__lt=datetime(2026, 12, 31, tzinfo=UTC)).values_list("name", flat=True)
        assert list(names) == ["Christmas Eve"]
        assert Holiday.objects.filter(source="country").exists()

    def test_follows_a_changed_country(self, bavaria: Calendar) -> None:
        fill_public_holidays(bavaria, years=[2026])
        bavaria.country = "US"
        fill_public_holidays(bavaria, years=[2026])
        assert Holiday.objects.filter(name="Thanksgiving Day").exists()
        assert not Holiday.objects.filter(name="Epiphany").exists()

    def test_stores_none_without_a_country(self, bavaria: Calendar) -> None:
        fill_public_holidays(bavaria, years=[2026])
        bavaria.country = ""
        fill_public_holidays(bavaria, years=[2026])
        assert not Holiday.objects.exists()
