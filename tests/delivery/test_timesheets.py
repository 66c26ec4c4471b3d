"""Missing weeks of timesheets: who is asked, for how much, from when, and what closes it again."""

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit, User
from cockpit.exception_queue import acts, rules
from cockpit.exception_queue.models import Case
from cockpit.exception_queue.repairs import NoRepairError, next_step, run_repair, take_back
from cockpit.exception_queue.rules import RuleWaitsError
from cockpit.outbox.models import Message
from delivery.models import TimesheetRule
from delivery.timesheets import facts, kinds
from delivery.timesheets.effects import REMIND
from delivery.timesheets.rules import PersonWeek, Week, at_risk, ended_weeks, grace_ends, severity
from delivery.timesheets.watching import KIND, watch
from integrations.mirror import models as mirror
from integrations.mirror.models import Cursor
from tests.cockpit.fakes import at_once
from tests.measures import staffed
from tests.measures.staffed import DE, DELIVERY, FULL, HALF, US, away, closed, employ, week, worked
from tests.mirrored import mirrored

BERLIN, BOSTON = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
W46 = Week(date(2026, 11, 9))
NOON = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)  # noon in Berlin on the Monday after week 46


def d(text: str) -> Decimal:
    return Decimal(text)


class TestWeeks:
    @pytest.mark.parametrize(
        ("at", "zone", "last"),
        [
            ("2026-11-15 22:59", BERLIN, "2026-W45"),  # Sunday, a minute before midnight
            ("2026-11-15 23:00", BERLIN, "2026-W46"),
            ("2026-11-16 04:59", BOSTON, "2026-W45"),
            ("2026-11-16 05:00", BOSTON, "2026-W46"),
            ("2026-10-25 22:59", BERLIN, "2026-W42"),  # the night on which the clock went back
            ("2026-10-25 23:00", BERLIN, "2026-W43"),
            ("2027-01-04 08:00", BERLIN, "2026-W53"),
        ],
    )
    def test_end_where_the_person_lives(self, at, zone, last):
        weeks = ended_weeks(datetime.fromisoformat(at).replace(tzinfo=UTC), zone, 3)
        assert weeks[-1].key == last
        assert [b.monday - a.monday for a, b in itertools.pairwise(weeks)] == [timedelta(days=7)] * 2
        assert Week.named(last) == weeks[-1]

    @pytest.mark.parametrize(
        ("monday", "zone", "works", "ends"),
        [
            ("2026-11-09", BERLIN, range(5), "2026-11-16 11:00"),
            ("2026-11-09", BOSTON, range(5), "2026-11-16 17:00"),
            ("2026-10-19", BERLIN, range(5), "2026-10-26 11:00"),  # summer time ended on the Sunday before
            ("2026-10-12", BERLIN, range(5), "2026-10-19 10:00"),
            ("2026-11-09", BERLIN, range(2, 5), "2026-11-18 11:00"),  # works from Wednesday on
            ("2026-11-09", BERLIN, range(0), "2026-11-16 11:00"),  # away for long: asked all the same
        ],
    )
    def test_are_asked_for_from_noon_of_the_next_working_day(self, monday, zone, works, ends):
        asked = Week(date.fromisoformat(monday))
        net = {asked.monday + timedelta(days=7 + day): d("8") for day in works}
        assert grace_ends(asked, zone, 12, net) == datetime.fromisoformat(ends).replace(tzinfo=UTC)


class TestHours:
    @pytest.mark.parametrize(
        ("expected", "booked", "missing", "is_missing"),
        [
            ("40", "0", "40", True),
            ("40", "39.4", "0.6", True),
            ("40", "39.5", "0.5", False),  # the tolerance itself is none
            ("40", "44", "0", False),
            ("0", "0", "0", False),
            ("11.25", "10", "1.25", True),
        ],
    )
    def test_are_missing_beyond_the_tolerance(self, expected, booked, missing, is_missing):
        found = PersonWeek(d(expected), d(booked))
        assert (found.missing_h, found.is_missing(d("0.5"))) == (d(missing), is_missing)

    def test_are_worth_the_usual_rate_or_nothing_that_is_known(self):
        assert at_risk(d("2.5"), d("142.333")) == d("355.83")
        assert at_risk(d("2.5"), None) is None

    @pytest.mark.parametrize(
        ("missing", "weeks_old", "says"),
        [("2", 1, "low"), ("40", 1, "medium"), ("40", 2, "high"), ("20", 3, "medium")],
    )
    def test_weigh_by_how_much_and_how_long(self, missing, weeks_old, says):
        assert severity(d(missing), d("40"), weeks_old) == says


@pytest.fixture
def firm(db) -> Unit:
    """A unit whose PMO is Mia; everything was read from Odoo a moment ago."""
    unit = Unit.objects.create(name="Delivery", odoo_model="hr.department", odoo_id=DELIVERY)
    for model in facts.MODELS:
        Cursor.objects.create(model=model, done_to=NOON, fresh_at=NOON + timedelta(days=30), status="done")
    staffed_week = ((9, 12), (12, 13), (13, 18))
    week(FULL, "Europe/Berlin", DE, range(5), *staffed_week)
    week(HALF, "Europe/Berlin", DE, range(3), (8.5, 12.25))
    week(staffed.AMERICA, "America/New_York", US, range(5), (8, 12), (13, 17))
    TimesheetRule.objects.create(pk=1, look_back_weeks=1)
    return unit


def entered(employee: int, *hours: float, monday: date = W46.monday) -> None:
    """Hours a day from a Monday on; the first id is made of who and when."""
    for number, each in enumerate(hours):
        if each:
            worked(
                employee * 10_000 + (monday - date(2026, 1, 1)).days + number,
                employee,
                monday + timedelta(number),
                each,
            )


def employed(number: int = 50, **more) -> Person:
    """Somebody who entered time in the week before."""
    person = employ(number, name=f"Person {number}", **more)
    entered(number, 8, monday=date(2026, 11, 2))
    return person


def missing() -> dict[str, tuple[str, str]]:
    rows = Case.objects.filter(kind=KIND, state="open")
    return {case.detail["name"]: (case.detail["expected_h"], case.detail["booked_h"]) for case in rows}


def hours_of(person: Person) -> tuple[Decimal, Decimal] | None:
    found = missing().get(person.name)
    return (d(found[0]), d(found[1])) if found else None


class TestWatch:
    def test_finds_a_week_that_nobody_entered(self, firm):
        person = employed()
        assert watch(at=NOON - timedelta(seconds=1)) == 0, "the grace is not over"
        assert watch(at=NOON) == 1
        case = Case.objects.get()
        assert hours_of(person) == (d("40"), d("0"))
        assert (case.unit, case.cause, case.money, case.severity) == (firm, f"{KIND}:2026-W46", None, "medium")
        assert kinds.title(case) == "Person 50: 40\N{NO-BREAK SPACE}h of timesheets missing in week 46"
        assert kinds.heading(case.cause, 9) == "Timesheets missing, week 46 (9 people)"

    @pytest.mark.parametrize(
        ("case", "set_up", "expected"),
        [
            ("part-time", lambda: employed(calendar=HALF), "11.25"),
            ("a public holiday", lambda: (employed(), closed(1, "2026-11-10 23:00", "2026-11-11 22:59"))[0], "32"),
            ("a week of leave", lambda: (employed(), away(1, 50, "2026-11-09 08:00", "2026-11-13 17:00"))[0], None),
            ("a day of leave", lambda: (employed(), away(1, 50, "2026-11-10 08:00", "2026-11-10 17:00"))[0], "32"),
            (
                "leave that is not approved",
                lambda: (employed(), away(1, 50, "2026-11-09 08:00", "2026-11-13 17:00", state="confirm"))[0],
                "40",
            ),
            ("a joiner on Wednesday who entered Wednesday", lambda: joiner(), "24"),
            ("one who left", lambda: left(), None),
            ("one who never records time", lambda: employ(50, name="Person 50"), None),
            ("one whose last entry is long ago", lambda: long_ago(), None),
            ("another zone, where the grace goes on", lambda: american(), None),
        ],
    )
    def test_expects_what_the_person_could_work(self, firm, case, set_up, expected):
        person = set_up()
        watch(at=NOON)
        found = hours_of(person)
        assert (found and found[0]) == (expected and d(expected)), case

    def test_asks_in_another_zone_when_it_is_noon_there(self, firm):
        person = american()
        watch(at=NOON + timedelta(hours=6))
        assert hours_of(person) == (d("40"), d("0"))

    def test_counts_the_wall_hours_of_the_week_in_which_the_clock_changes(self, firm):
        person = employ(50, name="Person 50")
        monday = date(2026, 10, 19)
        entered(50, 8, 8, 8, 8, monday=monday)
        watch(at=datetime(2026, 10, 26, 10, 59, tzinfo=UTC))
        assert hours_of(person) is None
        watch(at=datetime(2026, 10, 26, 11, 0, tzinfo=UTC))
        assert hours_of(person) == (d("40"), d("32"))

    def test_follows_what_is_entered_until_it_closes_by_itself(self, firm):
        person = employed()
        watch(at=NOON)
        entered(50, 8, 8, 8)
        watch(at=NOON + timedelta(hours=1))
        assert hours_of(person) == (d("40"), d("24"))
        assert Case.objects.get().occurrences == 1, "it is the same day still"
        entered(50, 8, 8, 8, 8, 7.5)
        watch(at=NOON + timedelta(hours=2))
        case = Case.objects.get()
        assert (case.state, case.closed_because) == ("resolved", "The timesheets were entered: 39.5 of 40 h.")

    def test_closes_when_leave_is_approved_later(self, firm):
        employed()
        watch(at=NOON)
        away(1, 50, "2026-11-09 08:00", "2026-11-13 17:00")
        watch(at=NOON + timedelta(hours=1))
        case = Case.objects.get()
        assert (case.state, case.closed_because) == (
            "resolved",
            "Leave or a day off became known: 0 h are expected now.",
        )

    def test_closes_when_somebody_leaves(self, firm):
        person = employed()
        watch(at=NOON)
        Person.objects.filter(pk=person.pk).update(active=False)
        watch(at=NOON)
        assert Case.objects.get().closed_because == "The person does not work here any more."

    def test_opens_again_when_entries_are_taken_back(self, firm):
        employed()
        watch(at=NOON)
        entered(50, 8, 8, 8, 8, 8)
        watch(at=NOON)
        mirrored(mirror.Timesheet, 50 * 10_000 + (W46.monday - date(2026, 1, 1)).days, unit_amount=1)
        watch(at=NOON + timedelta(days=1))
        case = Case.objects.get()
        assert (case.state, case.occurrences, kinds.of_case(case)[1].missing_h) == ("open", 2, d("7"))

    def test_looks_back_as_far_as_the_rule_says_one_case_for_each_week(self, firm):
        TimesheetRule.objects.update(look_back_weeks=3)
        employed()
        watch(at=NOON)
        assert sorted(Case.objects.values_list("detail__week", flat=True)) == ["2026-W44", "2026-W45", "2026-W46"]

    def test_waits_while_odoo_was_never_read(self, firm):
        employed()
        Cursor.objects.filter(model="hr.leave").update(fresh_at=None, done_to=None)
        with pytest.raises(RuleWaitsError, match=r"hr\.leave"):
            watch(at=NOON)
        assert rules.run_rule("timesheets", at=NOON).status == "waiting"

    def test_asks_for_nothing_that_the_mirror_may_not_know_yet(self, firm):
        employed()
        Cursor.objects.filter(model="account.analytic.line").update(fresh_at=NOON - timedelta(seconds=1))
        assert watch(at=NOON + timedelta(hours=5)) == 0

    def test_changes_nothing_when_nothing_changed(self, firm, django_assert_max_num_queries):
        for number in range(50, 60):
            employed(number)
        watch(at=NOON)
        with django_assert_max_num_queries(25):
            watch(at=NOON + timedelta(minutes=1))


def joiner() -> Person:
    person = employ(50, name="Person 50", since="2026-11-11", contract_date_start=date(2026, 11, 11))
    entered(50, 0, 0, 4)
    return person


def left() -> Person:
    person = employed(active=False, departure_date=date(2026, 11, 6))
    Person.objects.filter(pk=person.pk).update(active=False)
    return person


def long_ago() -> Person:
    person = employ(50, name="Person 50")
    entered(50, 8, monday=date(2026, 9, 14))
    return person


def american() -> Person:
    return employed(calendar=staffed.AMERICA, company=US, zone="America/New_York")


class TestMoney:
    def bill(self, quantity: float, price: str, hours: float) -> None:
        mirrored(mirror.Currency, 1, name="EUR")
        mirrored(mirror.Invoice, 9, move_type="out_invoice", odoo_state="posted", currency_id=1)
        line = {"move_id": 9, "display_type": "product", "quantity": quantity, "price_subtotal": d(price)}
        mirrored(mirror.InvoiceLine, 91, **line)
        worked(900, 50, date(2026, 10, 6), hours, timesheet_invoice_id=9)

    def test_is_the_rate_of_invoices_that_bill_nothing_but_hours(self, firm):
        employed()
        self.bill(10, "1500", 10)
        watch(at=NOON)
        case = Case.objects.get()
        assert (case.money, case.currency, case.detail["rate"]) == (d("6000.00"), "EUR", "150.00")
        assert "usually invoiced at €150.00" in kinds.why(case)

    def test_is_not_guessed_from_invoices_that_bill_other_things(self, firm):
        employed()
        self.bill(1, "38500", 10)  # a milestone
        watch(at=NOON)
        case = Case.objects.get()
        assert (case.money, case.currency) == (None, "")
        assert "No rate of theirs is known" in kinds.why(case)


@pytest.fixture
def case(firm) -> Case:
    """A missing week of Person 50, who has a user in Odoo; their manager is Person 60."""
    employed(60, user=600)
    entered(60, 8, 8, 8, 8, 8)
    person = employed(50, user=500)
    Person.objects.filter(pk=person.pk).update(manager=Person.objects.get(odoo_employee_id=60))
    for user in (500, 600):
        mirrored(mirror.OdooUser, user, login=f"u{user}", partner_id=user + 7)
    watch(at=NOON)
    return Case.objects.get()


@pytest.fixture
def mia(firm) -> Person:
    made = Person.objects.create(name="Mia Moreau", user=User.objects.create_user("mia@example.com", "x" * 12))
    grants.grant(made, "pmo", firm, actor="system:test", at=NOON)
    return made


class TestReminding:
    def remind(self, case, mia, at=NOON):
        return run_repair(case.pk, "remind", actor=mia, at=at)

    def test_puts_one_message_for_the_person_with_a_key_to_look_for(self, case, mia):
        assert next_step(case) is REMIND
        assert REMIND.label(case) == "Remind Person 50"
        self.remind(case, mia)
        message = Message.objects.get(handler="odoo.push")
        call, find = message.payload["call"], message.payload["find"]
        mark = f"[{case.detail['person']}/2026-W46/2026-11-16]"
        assert (message.subject, call["method"], call["kwargs"]["partner_ids"]) == (
            "hr.employee:50",
            "message_post",
            [507],
        )
        assert "40 h of 40 h are missing" in call["kwargs"]["body"].replace("\N{NO-BREAK SPACE}", " ")
        assert mark in call["kwargs"]["body"]
        assert find["domain"][-1] == ["body", "ilike", mark]
        assert REMIND.said(case, at=NOON) == "Person 50 is about to be reminded."
        assert REMIND.said(case, at=NOON + REMIND.recall) == "Reminded 11:00 by Mia Moreau."

    def test_is_done_once_a_day(self, case, mia):
        self.remind(case, mia)
        with pytest.raises(NoRepairError, match="Reminded 11:00 by Mia Moreau"):
            self.remind(case, mia, at=NOON + timedelta(hours=3))
        assert Message.objects.filter(handler="odoo.push").count() == 1

    def test_waits_twenty_seconds_and_can_be_taken_back_and_done_again(self, case, mia):
        self.remind(case, mia)
        assert Message.objects.get(handler="odoo.push").not_before == NOON + timedelta(seconds=20)
        take_back(case.pk, actor=mia, at=NOON + timedelta(seconds=19))
        assert Message.objects.get(handler="odoo.push").state == "skipped"
        assert (REMIND.label(case), REMIND.said(case, at=NOON)) == ("Remind Person 50", "")
        self.remind(case, mia, at=NOON + timedelta(minutes=1))
        again = Message.objects.filter(handler="odoo.push").latest("pk")
        assert (again.state, again.payload["call"]["kwargs"]["partner_ids"]) == ("pending", [507])

    def test_cannot_be_taken_back_once_it_is_on_its_way(self, case, mia):
        self.remind(case, mia)
        with pytest.raises(acts.NothingToUndoError):
            take_back(case.pk, actor=mia, at=NOON + timedelta(seconds=20))
        assert Message.objects.get(handler="odoo.push").state == "pending"

    def test_tells_the_manager_from_the_second_time_on(self, case, mia):
        self.remind(case, mia)
        later = NOON + timedelta(days=1)
        assert REMIND.label(case) == "Remind Person 50 and tell Person 60"
        self.remind(case, mia, at=later)
        message = Message.objects.filter(handler="odoo.push").latest("pk")
        assert message.payload["call"]["kwargs"]["partner_ids"] == [507, 607]
        assert "2 times by now" in REMIND.said(case, at=later + REMIND.recall)

    def test_says_when_there_is_nobody_to_remind_in_odoo(self, case, mia):
        mirrored(mirror.Employee, 50, user_id=None)
        assert not REMIND.is_offered(case, at=NOON)
        with pytest.raises(NoRepairError, match="has no user in Odoo"):
            self.remind(case, mia)

    def test_is_closed_by_its_data_alone(self, case, mia):
        with pytest.raises(acts.ClosesItselfError):
            acts.close_case(case.pk, actor=mia, reason="Done.", at=NOON)

    @pytest.mark.django_db(transaction=True)
    def test_by_two_at_once_is_one_message(self, case, mia):
        results = at_once(*[lambda: self.remind(case, mia)] * 3)
        assert sum(isinstance(result, Case) for result in results) == 1
        assert Message.objects.filter(handler="odoo.push").count() == 1
