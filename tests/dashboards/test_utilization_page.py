import re
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from cockpit.accounts import grants
from cockpit.accounts.models import Person, User
from cockpit.audit.models import Entry
from dashboards import filters, reading, rollups, targets
from dashboards.downloads import harmless
from dashboards.models import PersonWeek
from dashboards.scope import scope_of
from integrations.mirror.models import Cursor
from tests.measures.staffed import PIA, SAM, VIC, away
from tests.visiting import signed_in, words

from .world import AT, CLIENT, made

pytestmark = pytest.mark.django_db
OCTOBER = {"month": "2026-10"}
NOVEMBER = {"month": "2026-11"}


@pytest.fixture
def world(time_machine):
    time_machine.move_to(AT, tick=False)
    people, units = made()
    for model in rollups.SOURCES:
        Cursor.objects.create(model=model, fresh_at=AT - timedelta(seconds=20), status="done")
    rollups.refresh(at=AT)
    return people, units


@pytest.fixture
def visit(world):
    """`visit("leadership", "de")`: a client of somebody with that role; `visit(person=…)` of a person without one."""
    _, units = world

    def client(role: str = "", unit: str = "", person: Person | None = None):
        person = person or Person.objects.create(name="Lea Lindt", unit=units["de"])
        person.user = User.objects.create_user(f"{person.pk}@example.com", "a long enough password")
        person.save()
        if role:
            grants.grant(person, role, units[unit], actor="system:test", at=AT)
        return signed_in(User.objects.get(pk=person.user_id))

    return client


def page(visitor, name="utilization", **query):
    return visitor.get(reverse(name), query)


class TestPage:
    def test_begins_with_a_sentence_that_says_what_is_known(self, visit):
        said = words(page(visit("leadership", "de"), **OCTOBER))
        assert "Billable utilization is" in said
        assert "There is no target to hold it against. Set a target" in said
        assert "With all that Odoo had by" in said

    def test_offers_a_target_only_to_who_may_set_one(self, visit):
        said = words(page(visit("delivery_manager", "de"), **OCTOBER))
        assert "There is no target to hold it against." in said
        assert "Set a target" not in said

    def test_names_without_a_target_the_units_that_changed_it(self, world, visit):
        client = visit("leadership", "de")
        assert re.search(r"pt (above|below) October 2026\. It comes from [A-Z]", words(page(client, **NOVEMBER)))

    def test_is_grey_and_silent_of_targets_without_one(self, visit):
        shown = page(visit("leadership", "de"), **NOVEMBER)
        heats = {cell.heat for row in shown.context["page"].people for cell in row.cells} - {"none"}
        assert len(heats) > 1
        assert all(heat.startswith("plain-") for heat in heats)
        said = words(shown)
        assert "the stronger, the more" in said
        assert "dashed" not in said
        assert "points below" not in said

    def test_colours_only_the_people_of_units_with_a_target(self, world, visit):
        people, units = world
        for unit, percent in ((units["delivery"], 80), (units["pmo"], 0)):
            targets.set_target(
                unit, Decimal(percent), since=date(2026, 1, 1), owner=people[SAM], actor=people[SAM], at=AT
            )
        shown = page(visit("leadership", "de"), **NOVEMBER)
        rows = {row.name: {cell.heat.split("-")[0] for cell in row.cells[-1:]} for row in shown.context["page"].people}
        assert rows[people[VIC].name] == {"plain"}
        assert rows[people[SAM].name] <= {"under", "on", "over"}
        assert "grey without" in words(shown)

    def test_compares_a_running_month_with_as_many_working_days(self, world, visit):
        people, _ = world
        note = page(visit("leadership", "de"), **NOVEMBER, person=people[SAM].pk).context["page"].figures[1].note
        # 15 days of 6.5 less a correction of 2.5, against 1 to 21 October, of which 13 have 6.5: 95 − 84.5
        assert note.replace("\xa0", " ") == "+11 h on the first 15 working days of the month before"

    def test_draws_the_running_month_hollow(self, visit):
        client = visit("leadership", "de")
        now, past = (page(client, **month).context["page"] for month in (NOVEMBER, OCTOBER))
        assert now.line.so_far
        assert not past.line.so_far
        assert now.figure["data"][-1]["marker"]["symbol"][-1] == "circle-open"
        assert now.figure["data"][0]["y"][-1] is None
        assert past.figure["data"][0]["y"][-1] is not None
        assert now.figure["layout"]["yaxis"]["range"][0] == 0

    def test_never_fills_the_gap_of_one_with_the_hours_of_another(self, world, visit):
        people, units = world
        PersonWeek.objects.filter(person=people[SAM], week=date(2026, 10, 12)).update(other_h=60)
        client = visit("leadership", "de")
        asked = filters.Filters(month=date(2026, 10, 1))
        whole = reading.numbers(reading.state(), scope_of(User.objects.get(person__name="Lea Lindt")), asked)
        german = [units["de"], units["delivery"], units["pmo"]]
        pieces = PersonWeek.objects.filter(month=asked.month, unit__in=german)
        gaps: dict = defaultdict(Decimal)
        for one in pieces:
            net = Decimal(one.gross_min - one.holiday_min - one.leave_min) / 60
            gaps[one.person_id, one.week] += net - one.billable_h - one.other_h
        assert any(gap < 0 for gap in gaps.values())
        assert whole.missing_h == pytest.approx(sum(max(gap, Decimal()) for gap in gaps.values()))
        assert "/exceptions/?kind=timesheets.missing" in page(client, **OCTOBER).content.decode()

    def test_says_whose_numbers_they_are(self, world, visit):
        people, _ = world
        shown = page(visit("leadership", "de"), **OCTOBER, person=people[SAM].pk).context["page"]
        assert shown.answer.startswith(f"{people[SAM].name}: Billable utilization is")

    def test_has_the_latest_weeks_first_for_a_narrow_screen(self, visit):
        shown = page(visit("leadership", "de"), **NOVEMBER).context["page"]
        assert [number for number, _ in shown.latest_weeks] == ["47", "46", "45", "44"]
        assert shown.people[0].latest == shown.people[0].cells[:-5:-1]

    def test_names_the_unit_that_explains_what_is_missing(self, world, visit):
        people, units = world
        for unit, percent in ((units["delivery"], 99), (units["pmo"], 20)):
            targets.set_target(
                unit, Decimal(percent), since=date(2026, 1, 1), owner=people[SAM], actor=people[SAM], at=AT
            )
        said = words(page(visit("leadership", "de"), **NOVEMBER))
        assert "pt below target; Delivery explains it." in said
        assert "November 2026 so far (to 22 Nov)" in said

    def test_shows_the_same_hours_as_the_rows_behind_it(self, visit):
        client = visit("leadership", "de")
        shown = page(client, **OCTOBER).context["page"].units
        rows = page(client, "utilization_rows", **OCTOBER).context["page"]
        total = sum(Decimal(one.billable.replace(",", "")) for one in shown)
        assert f"{total:,.1f}" == rows.billable

    def test_offers_net_and_gross(self, visit):
        client = visit("leadership", "de")
        net, gross = (
            page(client, **NOVEMBER, basis=basis).context["page"].figures[0].value for basis in ("net", "gross")
        )
        assert net != gross

    def test_says_what_would_fill_it(self, visit):
        assert "It fills from Odoo" in words(page(visit("leadership", "us"), month="2025-01"))

    def test_turns_grey_and_says_since_when(self, visit):
        Cursor.objects.filter(model="hr.leave").update(fresh_at=AT - timedelta(hours=3), status="failed", sentence="x")
        answer = page(visit("leadership", "de"), **OCTOBER)
        assert b"data-stale" in answer.content
        assert "Stale since" in words(answer)
        assert "Time off could not be read since" in words(answer)

    def test_sorts_people_by_name_and_never_by_their_numbers(self, visit):
        names = [row.name for row in page(visit("leadership", "de"), **NOVEMBER).context["page"].people]
        assert names == sorted(names)
        assert len(names) > 3

    def test_says_how_many_hours_are_nobodys(self, visit):
        assert "Not counted: 12.0 h" in words(page(visit("leadership", "de"), **NOVEMBER))

    @pytest.mark.parametrize("name", ["utilization", "utilization_rows"])
    def test_asks_the_database_as_often_for_many_as_for_few(self, world, visit, name, django_assert_max_num_queries):
        client = visit("leadership", "de")
        page(client, name, **NOVEMBER)
        with django_assert_max_num_queries(32):
            page(client, name, **OCTOBER)


class TestScope:
    def test_of_a_delivery_manager_is_the_own_unit(self, world, visit):
        people, _ = world
        client = visit("delivery_manager", "pmo")
        shown = page(client, **NOVEMBER).context["page"]
        assert [one.name for one in shown.units] == ["PMO"]
        assert [row.name for row in shown.people] == [people[VIC].name]
        rows = page(client, "utilization_rows", **NOVEMBER).context["page"].sheets
        assert {row.person for row in rows} == {people[VIC].name}
        assert min(row.date for row in rows) == date(2026, 11, 11)  # from the day on which he came

    def test_of_everybody_else_is_oneself(self, world, visit):
        people, _ = world
        client = visit(person=people[PIA])
        shown = page(client, **NOVEMBER).context["page"]
        assert [row.name for row in shown.people] == [people[PIA].name]
        assert {row.person for row in page(client, "utilization_rows", **NOVEMBER).context["page"].sheets} == {
            people[PIA].name
        }
        assert "full time" not in client.get(reverse("utilization_csv", args=["rows"]), NOVEMBER).content.decode()

    @pytest.mark.parametrize("name", ["utilization", "utilization_rows"])
    def test_holds_for_what_the_address_says(self, world, visit, name):
        people, units = world
        client = visit(person=people[PIA])
        assert page(client, name, unit=units["delivery"].pk).status_code == 404
        assert page(client, name, person=people[SAM].pk).status_code == 404
        assert page(client, name, person=10**9).status_code == 404
        assert page(client, name, person=people[PIA].pk).status_code == 200

    def test_of_a_stranger_is_empty(self, world, visit):
        client = visit(person=Person.objects.create(name="Eve"))
        for part in ("trend", "units", "clients", "people", "rows"):
            text = client.get(reverse("utilization_csv", args=[part]), NOVEMBER).content.decode()
            assert "Brandt" not in text
            assert "full time" not in text
        assert page(client, "utilization_rows", **NOVEMBER, client=CLIENT).context["page"].sheets == []
        assert "Brandt" not in words(page(client, "utilization_rows", **NOVEMBER, client=CLIENT))


class TestRows:
    def test_of_a_week_a_person_and_a_kind_are_those_of_the_mark(self, world, visit):
        people, _ = world
        query = {**NOVEMBER, "week": "2026-11-02", "person": people[SAM].pk}
        shown = page(visit("leadership", "de"), "utilization_rows", **query, kind="billable").context["page"]
        assert sum(row.hours for row in shown.sheets) == Decimal("30.0")  # five days of 6.5, less a correction of 2.5
        assert all(row.billable for row in shown.sheets)

    def test_come_page_by_page_without_losing_one(self, world, visit):
        client = visit("leadership", "de")
        first = page(client, "utilization_rows", **OCTOBER).context["page"]
        second = client.get(reverse("utilization_rows") + first.more).context["page"]
        ids = [row.odoo_id for row in [*first.sheets, *second.sheets]]
        assert len(ids) == len(set(ids)) > 100
        assert first.hours == second.hours


class TestDownload:
    def test_holds_what_the_page_shows_and_is_audited(self, world, visit):
        client = visit("leadership", "de")
        answer = client.get(reverse("utilization_csv", args=["rows"]), NOVEMBER)
        assert answer["Content-Disposition"].startswith("attachment")
        lines = answer.content.decode("utf-8-sig").splitlines()
        entry = Entry.objects.filter(verb="dashboards.utilization.export").get()
        assert entry.data["rows"] == len(lines) - 1 > 20
        assert "'=1+1 work" in lines[1]

    @pytest.mark.parametrize("text", ["=1+1", "+A1", "-2+3", "@x", "\t=1", " =1", "\r=1"])
    def test_never_begins_a_cell_like_a_formula(self, text):
        assert harmless(text).startswith("'")

    def test_leaves_numbers_as_they_are(self):
        assert harmless(Decimal("-2.50")) == "-2.50"

    def test_of_something_else_is_not_there(self, visit):
        assert visit("leadership", "de").get(reverse("utilization_csv", args=["pay"])).status_code == 404


class TestTargets:
    def test_are_set_by_whoever_leads_the_unit(self, world, visit):
        people, units = world
        client = visit("leadership", "de")
        form = {"unit": units["delivery"].pk, "percent": "75", "since": "2026-01-01", "owner": people[SAM].pk}
        assert client.post(reverse("utilization_targets"), form).status_code == 302
        assert "75" in words(client.get(reverse("utilization_targets")))
        assert Entry.objects.filter(verb="dashboards.target.set").count() == 1
        assert client.post(reverse("utilization_targets"), {**form, "unit": units["us"].pk}).status_code == 422

    def test_of_nothing_is_for_a_unit_that_does_not_bill(self, world):
        people, units = world
        for unit, percent in ((units["de"], 80), (units["pmo"], 0)):
            targets.set_target(
                unit, Decimal(percent), since=date(2026, 1, 1), owner=people[SAM], actor=people[SAM], at=AT
            )
        hours = [(units["delivery"].pk, Decimal(300)), (units["pmo"].pk, Decimal(100))]
        assert targets.read().of_all(hours, date(2026, 10, 31)) == 60

    def test_are_nobody_elses(self, world, visit):
        people, _ = world
        assert visit(person=people[PIA]).get(reverse("utilization_targets")).status_code == 404

    def test_appear_at_once_although_numbers_are_kept(self, world, visit):
        people, units = world
        client = visit("leadership", "de")
        assert "no target" in words(page(client, **OCTOBER))
        targets.set_target(
            units["de"], Decimal(70), since=date(2026, 1, 1), owner=people[SAM], actor=people[SAM], at=AT
        )
        assert "target 70.0 %" in words(page(client, **OCTOBER))

    def test_hold_from_their_day_on(self, world):
        people, units = world
        for since, percent in ((date(2026, 1, 1), 60), (date(2026, 11, 1), 80)):
            targets.set_target(units["de"], Decimal(percent), since=since, owner=people[SAM], actor=people[SAM], at=AT)
        known = targets.read()
        assert [known.of(units["delivery"].pk, day) for day in (date(2026, 10, 31), date(2026, 11, 30))] == [60, 80]
        assert known.of(units["us"].pk, date(2026, 11, 30)) is None


class TestFresh:
    def test_numbers_follow_the_mirror(self, world, visit):
        client = visit("leadership", "de")
        before = page(client, **OCTOBER).context["page"].figures[2].value
        away(70, SAM, "2026-10-12 06:00", "2026-10-16 18:00")
        rollups.refresh(at=timezone.now())
        assert page(client, **OCTOBER).context["page"].figures[2].value != before
