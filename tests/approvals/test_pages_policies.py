"""The pages of policies: who sees them, editing a row with and without a script, and sending a draft on its way."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from approvals import services
from approvals.models import Policy, PolicyVersion, Request
from approvals.policy_files import read
from cockpit.accounts.models import Unit
from cockpit.audit.models import Entry
from tests import cast
from tests.cast import Firm
from tests.visiting import fields_of_row as fields
from tests.visiting import words

pytestmark = pytest.mark.django_db
DRAFT = "/policies/invoice_release/v2/"


@pytest.fixture
def firm(open_firm: Firm) -> Firm:
    """Mia and Eve run the cockpit in all companies, Dan only in Germany; Ben audits nothing."""
    everywhere = [(name, "operations_admin", unit) for name in ("mia", "eve") for unit in (open_firm.de, open_firm.us)]
    cast.hold(open_firm, *everywhere, ("dan", "operations_admin", open_firm.de))
    return open_firm


@pytest.fixture
def mia(firm: Firm, visit: Callable[[str], Client]) -> Client:
    return visit("mia")


@pytest.fixture
def draft(firm: Firm) -> PolicyVersion:
    return services.begin_draft(cast.KIND, actor=firm["mia"], at=timezone.now())


class TestReading:
    @pytest.mark.parametrize(
        ("name", "sees"), [("mia", True), ("ann", True), ("lea", True), ("ben", False), ("frank", True)]
    )
    def test_is_for_who_runs_the_cockpit_answers_for_its_data_or_audits(self, firm, visit, name, sees):
        status = 200 if sees else 404
        assert visit(name).get("/policies/").status_code == status
        assert visit(name).get("/policies/invoice_release/").status_code == status

    def test_lists_every_kind_with_what_is_in_force(self, mia):
        said = words(mia.get("/policies/"))
        assert "Invoice release Enforce v1" in said
        assert "Write-off no policy" in said

    def test_an_auditor_reads_and_has_nothing_to_press(self, firm, visit):
        cast.hold(firm, ("ben", "auditor", firm.de))
        page = visit("ben").get("/policies/invoice_release/")
        assert "Large in Germany" in words(page)
        assert '<form method="post" action="/policies' not in page.content.decode()
        assert visit("ben").post("/policies/invoice_release/begin/").status_code == 404

    def test_shows_which_rows_count_in_a_unit_and_from_where(self, firm, mia):
        said = words(mia.get(f"/policies/invoice_release/v1/?unit={firm.munich.pk}"))
        assert "Rows that count in Munich" in said
        assert "Large in Germany Halden & Roth GmbH inherited from Halden & Roth GmbH" in said
        assert "Large in America" not in said
        assert "1 row is for other units." in said
        assert "Everything else passes Every unit inherited from every unit overridden here by row 2" in said

    def test_a_kind_that_does_not_exist_is_not_found(self, mia):
        assert mia.get("/policies/coffee/").status_code == 404
        assert mia.get("/policies/invoice_release/v9/").status_code == 404

    def test_the_file_is_what_load_takes(self, mia, draft):
        answer = mia.get("/policies/invoice_release/v1/file/")
        assert read(answer.content.decode()) == services.text_of(PolicyVersion.objects.get(number=1))

    def test_asks_few_questions(self, mia, django_assert_max_num_queries):
        mia.get("/policies/")
        with django_assert_max_num_queries(25):
            mia.get("/policies/")


class TestBegin:
    def test_leads_to_the_draft_and_twice_to_the_same(self, mia):
        assert mia.post("/policies/invoice_release/begin/")["Location"] == DRAFT
        assert mia.post("/policies/invoice_release/begin/")["Location"] == DRAFT
        assert PolicyVersion.objects.count() == 2


class TestRow:
    def test_keeps_what_was_changed(self, mia, draft):
        form = fields(mia.get(f"{DRAFT}rows/1/"))
        assert (form["c0-value"], form["s0-within"], form["s0-role"]) == ("25000", "4 h", "finance")
        answer = mia.post(f"{DRAFT}rows/1/", form | {"c0-value": "30000", "s0-within": "2 d"})
        assert answer["Location"] == DRAFT
        rule = draft.rules.get(number=1)
        assert (rule.when[0]["value"], rule.steps[0]["goal_s"]) == ("30000", 57_600)

    def test_calls_the_order_of_steps_no_order_of_a_client_in_german(self, mia, draft):
        page = mia.get(f"{DRAFT}rows/1/", headers={"accept-language": "de"})
        assert "Reihenfolge" in words(page)
        assert ">Auftrag</label>" not in page.content.decode()

    def test_opened_and_kept_it_is_what_it_was(self, mia, firm, draft):
        text = read(
            """
kind: invoice_release
mode: enforce
rules:
  - name: All of it
    unit: Munich
    add_on: true
    when: [{fact: amount, op: ">=", value: 10.5, currency: USD}, {fact: client_tier, op: in, value: [A, B]}]
    ask:
      - {role: finance, who: "manager:2", within: 30 min}
      - {role: pmo, who: ann@example.com, order: 2, quorum: all, reject: quorum, within: 2 d, about: [amount],
         when: [{fact: overdue, op: "<", value: 20, currency: EUR}],
         ladder: [{at: 80, to: "role:partner"}, {at: 100, to: dan@example.com, hand_over: true}]}
"""
        )
        services.save_draft(draft.pk, text, revision=0, actor=firm["mia"], at=timezone.now())
        before = services.text_of(PolicyVersion.objects.get(pk=draft.pk))
        form = fields(mia.get(f"{DRAFT}rows/1/"))
        assert mia.post(f"{DRAFT}rows/1/", form).status_code == 302
        assert services.text_of(PolicyVersion.objects.get(pk=draft.pk)) == before

    def test_a_new_row_stands_before_the_one_that_takes_everything(self, mia, draft):
        form = fields(mia.get(f"{DRAFT}rows/0/"))
        mia.post(f"{DRAFT}rows/0/", form | {"name": "Middle", "unit": ""})
        assert list(draft.rules.values_list("name", flat=True))[-2:] == ["Middle", "Everything else passes"]

    @pytest.mark.parametrize(
        ("typed", "says"),
        [
            ({"c0-value": "much"}, "Enter a number"),
            ({"s0-within": "soon"}, "Write 30 min, 4 h or 2 d"),
            ({"name": ""}, "This field is required"),
            ({"s0-quorum": "some", "s0-count": ""}, "Say how many"),
            ({"s0-who": "person", "s0-person": ""}, "Choose the colleague"),
            ({"s0-role": "king"}, "Select a valid choice"),
            ({"c0-currency": "XXX"}, "Select a valid choice"),
        ],
    )
    def test_says_what_is_wrong_and_keeps_what_was_typed(self, mia, draft, typed, says):
        form = fields(mia.get(f"{DRAFT}rows/1/")) | {"s0-order": "7", **typed}
        answer = mia.post(f"{DRAFT}rows/1/", form)
        assert answer.status_code == 422
        assert says in words(answer)
        assert fields(answer)["s0-order"] == "7"
        assert draft.rules.get(number=1).when[0]["value"] == "25000"

    def test_who_edits_an_older_state_is_told_and_loses_nothing(self, mia, firm, draft):
        form = fields(mia.get(f"{DRAFT}rows/1/"))
        services.save_draft(
            draft.pk, read(cast.TABLE.replace("25000", "26000")), revision=0, actor=firm["eve"], at=timezone.now()
        )
        answer = mia.post(f"{DRAFT}rows/1/", form | {"c0-value": "31000"})
        assert answer.status_code == 409
        assert "Somebody changed this draft since you opened it" in words(answer)
        assert fields(answer)["c0-value"] == "31000"

    def test_buttons_inside_add_and_take_out_without_keeping_anything(self, mia, draft):
        form = fields(mia.get(f"{DRAFT}rows/1/")) | {"c0-value": "not kept yet"}
        more = fields(mia.post(f"{DRAFT}rows/1/", form | {"act": "add-condition", "new_fact-add-condition": "overdue"}))
        assert (more["c0-value"], more["c1-fact"]) == ("not kept yet", "overdue")
        more = fields(mia.post(f"{DRAFT}rows/1/", more | {"act": "add-step"}))
        assert (more["s0-order"], more["s1-order"]) == ("1", "2")
        more |= {"s1-role": "pmo"}
        swapped = fields(mia.post(f"{DRAFT}rows/1/", more | {"act": "up-s1"}))
        assert [(swapped[f"s{at}-role"], swapped[f"s{at}-order"]) for at in (0, 1)] == [("pmo", "1"), ("finance", "2")]
        inner = fields(
            mia.post(f"{DRAFT}rows/1/", swapped | {"act": "add-condition-s1", "new_fact-add-condition-s1": "amount"})
        )
        assert inner["s1c0-fact"] == "amount"
        less = fields(mia.post(f"{DRAFT}rows/1/", inner | {"act": "remove-s1c0"}))
        less = fields(mia.post(f"{DRAFT}rows/1/", less | {"act": "remove-s0"}))
        less = fields(mia.post(f"{DRAFT}rows/1/", less | {"act": "remove-c0"}))
        assert {key for key in less if re.match(r"[cs]\d", key) and key.endswith(("fact", "role"))} == {
            "c0-fact",
            "s0-role",
        }
        assert draft.rules.get(number=1).when[0]["value"] == "25000"

    def test_a_chain_of_managers_becomes_steps(self, mia, draft):
        form = fields(mia.get(f"{DRAFT}rows/1/"))
        chain = {
            "chain_role": "partner",
            "chain_fact": "amount",
            "chain_limits": "50000 100000",
            "chain_currency": "EUR",
        }
        more = fields(mia.post(f"{DRAFT}rows/1/", form | chain | {"chain_within": "1 d", "act": "add-chain"}))
        assert mia.post(f"{DRAFT}rows/1/", more).status_code == 302
        steps = draft.rules.get(number=1).steps
        assert [(step["who"], step["order"], [each["value"] for each in step["when"]]) for step in steps[1:]] == [
            ("manager:1", 2, []),
            ("manager:2", 3, ["50000"]),
            ("manager:3", 4, ["100000"]),
        ]

    def test_one_of_each_role_becomes_a_step_for_each_side_by_side(self, mia, draft):
        form = fields(mia.get(f"{DRAFT}rows/1/")) | {"s0-also": ["partner", "finance"]}
        assert mia.post(f"{DRAFT}rows/1/", form).status_code == 302
        steps = draft.rules.get(number=1).steps
        assert [(step["role"], step["order"]) for step in steps] == [("finance", 1), ("partner", 1)]

    def test_a_chain_says_what_it_needs(self, mia, draft):
        form = fields(mia.get(f"{DRAFT}rows/1/")) | {
            "act": "add-chain",
            "chain_limits": "a lot",
            "chain_role": "partner",
        }
        assert "Write the limits as numbers" in words(mia.post(f"{DRAFT}rows/1/", form))

    def test_a_form_cut_short_keeps_nothing(self, mia, draft):
        answer = mia.post(f"{DRAFT}rows/1/", {"revision": "0", "name": "Half"})
        assert (answer.status_code, "did not arrive whole" in words(answer)) == (422, True)
        assert draft.rules.get(number=1).name == "Large in Germany"

    def test_rows_of_companies_that_one_does_not_run_stay_as_they_are(self, firm, visit, draft):
        dan = visit("dan")
        form = fields(dan.get(f"{DRAFT}rows/1/"))
        assert dan.post(f"{DRAFT}rows/1/", form | {"c0-value": "26000"}).status_code == 302
        draft.refresh_from_db()
        answer = dan.post(f"{DRAFT}rows/3/delete/", {"revision": draft.revision})
        assert answer.status_code == 409
        assert "are not yours to write" in words(answer)
        assert draft.rules.count() == 4


class TestMoveAndDelete:
    def test_a_row_changes_places_with_its_neighbour(self, mia, draft):
        mia.post(f"{DRAFT}rows/1/move/", {"way": "down", "revision": "0"})
        assert list(draft.rules.values_list("name", flat=True))[:2] == ["Small in Germany", "Large in Germany"]

    def test_the_first_goes_no_further(self, mia, draft):
        mia.post(f"{DRAFT}rows/1/move/", {"way": "up", "revision": "0"})
        assert draft.rules.first().name == "Large in Germany"

    def test_pressed_twice_it_moves_once(self, mia, draft):
        mia.post(f"{DRAFT}rows/1/move/", {"way": "down", "revision": "0"})
        again = mia.post(f"{DRAFT}rows/1/move/", {"way": "down", "revision": "0"})
        assert again.status_code == 409
        assert list(draft.rules.values_list("name", flat=True))[:2] == ["Small in Germany", "Large in Germany"]

    def test_a_deleted_row_is_gone_from_the_draft_alone(self, mia, draft):
        mia.post(f"{DRAFT}rows/2/delete/", {"revision": "0"})
        assert (draft.rules.count(), draft.based_on.rules.count()) == (3, 4)


class TestWhole:
    def test_terms_are_kept(self, mia, draft):
        mia.post(
            f"{DRAFT}terms/",
            {"mode": "observe", "effective_at": "2027-01-04T08:00", "why": "New year", "revision": "0"},
        )
        draft.refresh_from_db()
        assert (draft.mode, draft.why, draft.effective_at.isoformat()) == (
            "observe",
            "New year",
            "2027-01-04T07:00:00+00:00",
        )

    def test_how_far_it_binds_is_not_for_who_runs_one_company(self, visit, draft):
        terms = {"mode": "off", "effective_at": "", "why": "", "revision": "0"}
        answer = visit("dan").post(f"{DRAFT}terms/", terms)
        assert (answer.status_code, "is for who runs them all" in words(answer)) == (409, True)
        draft.refresh_from_db()
        assert draft.mode == "enforce"

    def test_what_another_version_overtook_goes_on_from_it(self, mia, firm, draft, now):
        services.save_draft(
            draft.pk, read(cast.TABLE.replace("25000", "30000")), revision=0, actor=firm["mia"], at=timezone.now()
        )
        now.shift(60)
        newer = cast.policy(cast.TABLE.replace("20000", "21000"), at=timezone.now())
        said = words(mia.get(DRAFT))
        assert "v3 came into force since this draft was begun" in said
        assert "Row 3 “Large in America”" in said
        assert mia.post(f"{DRAFT}ask/", {"revision": "1"}).status_code == 409
        mia.post(f"{DRAFT}go-on/", {"revision": "1"})
        draft.refresh_from_db()
        assert (draft.based_on, draft.revision) == (newer, 2)
        assert mia.post(f"{DRAFT}ask/", {"revision": "2"}).status_code == 302

    def test_who_answers_for_it_is_said_and_audited(self, mia, firm, draft):
        mia.post("/policies/invoice_release/owner/", {"owner": firm["lea"].pk})
        assert "Lea Lindt answers for it." in words(mia.get("/policies/invoice_release/"))
        assert Entry.objects.filter(verb="approvals.policy.owner").count() == 1

    def test_a_day_in_the_past_is_refused(self, mia, draft):
        answer = mia.post(
            f"{DRAFT}terms/", {"mode": "observe", "effective_at": "2020-01-04T08:00", "why": "", "revision": "0"}
        )
        assert (answer.status_code, "never in the past" in words(answer)) == (409, True)

    def test_what_the_check_finds_is_shown_at_its_row_and_asking_is_refused(self, mia, firm, draft):
        text = read(cast.TABLE.replace("role: finance, within: 8 h", "role: auditor, within: 8 h"))
        services.save_draft(draft.pk, text, revision=0, actor=firm["mia"], at=timezone.now())
        said = words(mia.get(DRAFT))
        assert "Must be mended Row 3 Nobody may decide step 1 in Halden & Roth Inc." in said
        answer = mia.post(f"{DRAFT}ask/", {"revision": "1"})
        assert answer.status_code == 409
        assert "has to be mended first" in words(answer)

    def test_asked_it_waits_in_the_queue_of_a_second_person(self, mia, visit, firm, draft):
        services.save_draft(
            draft.pk, read(cast.TABLE.replace("25000", "30000")), revision=0, actor=firm["mia"], at=timezone.now()
        )
        assert mia.post(f"{DRAFT}ask/", {"revision": "1"})["Location"] == DRAFT
        assert mia.post(f"{DRAFT}ask/", {"revision": "1"})["Location"] == DRAFT  # a double click
        request = Request.objects.get(kind_key="policy_change")
        said = words(visit("eve").get(f"/queue/R-{request.pk}/"))
        assert "Publish Invoice release v2" in said
        assert "Invoice release v2 in Odoo" not in said
        assert "Amount, with tax above €30,000.00" in said
        assert f"Request R-{request.pk}" in words(mia.get(DRAFT))

    def test_a_file_takes_the_place_of_all_rows(self, mia, draft, tmp_path):
        file = tmp_path / "policy.yaml"
        file.write_text("kind: invoice_release\nmode: enforce\nrules: [{name: One, ask: [{role: finance}]}]")
        with file.open() as given:
            mia.post(f"{DRAFT}take-file/", {"file": given, "revision": "0"})
        assert list(draft.rules.values_list("name", flat=True)) == ["One"]

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("{", "This is not YAML"),
            ("kind: staffing\nrules: []", "This file is a policy of staffing"),
            ("kind: invoice_release\nrules: [{ask: [{role: king}]}]", "there is no role"),
        ],
    )
    def test_a_bad_file_changes_nothing(self, mia, draft, tmp_path, text, says):
        file = tmp_path / "policy.yaml"
        file.write_text(text)
        with file.open() as given:
            answer = mia.post(f"{DRAFT}take-file/", {"file": given, "revision": "0"})
        assert (answer.status_code, says in words(answer), draft.rules.count()) == (422, True, 4)

    def test_dropped_it_is_gone_from_the_list(self, mia, draft):
        assert mia.post(f"{DRAFT}drop/")["Location"] == "/policies/invoice_release/"
        draft.refresh_from_db()
        assert draft.state == "dropped"


class TestCompare:
    def test_says_what_differs_between_any_two(self, mia, firm, draft):
        services.save_draft(
            draft.pk, read(cast.TABLE.replace("25000", "30000")), revision=0, actor=firm["mia"], at=timezone.now()
        )
        said = words(mia.get("/policies/invoice_release/compare/?before=1&after=2"))
        assert "Row 1 “Large in Germany” Halden & Roth GmbH · Amount, with tax above €25,000.00" in said
        assert "No row differs." in words(mia.get("/policies/invoice_release/compare/?before=1&after=1"))


class TestRunning:
    def test_shows_the_difference_of_each_and_moves_those_ticked(self, mia, firm, now):
        one, other = (firm.ask(subject, at=timezone.now()) for subject in (17, 18))
        now.shift(60)
        newer = cast.policy(
            cast.TABLE.replace("role: finance, within: 4 h", "role: pmo, within: 4 h"), at=timezone.now()
        )
        said = words(mia.get("/policies/invoice_release/running/"))
        assert f"{one.number}" in said
        assert "Finance, within 4 h PMO, within 4 h A new round begins." in said
        mia.post("/policies/invoice_release/running/", {"version": newer.pk, "request": [one.pk]})
        one.refresh_from_db()
        other.refresh_from_db()
        assert (one.version, other.version.number) == (newer, 1)

    def test_requests_of_other_companies_are_not_moved(self, visit, firm, now):
        american = firm.ask(18, "48200.00", unit=firm.us, at=timezone.now())
        now.shift(60)
        newer = cast.policy(cast.TABLE.replace("20000", "21000"), at=timezone.now())
        dan = visit("dan")
        assert american.number not in words(dan.get("/policies/invoice_release/running/"))
        dan.post("/policies/invoice_release/running/", {"version": newer.pk, "request": [american.pk]})
        american.refresh_from_db()
        assert american.version.number == 1

    def test_is_refused_when_another_version_came_into_force(self, mia, firm, now):
        request = firm.ask(at=timezone.now())
        stale = Policy.objects.get().version_at(timezone.now())
        now.shift(60)
        cast.policy(at=timezone.now())
        answer = mia.post("/policies/invoice_release/running/", {"version": stale.pk, "request": [request.pk]})
        assert answer.status_code == 409
        assert "Another version is in force by now" in words(answer)


def test_units_of_one_name_are_told_apart_in_a_file(firm, draft):
    Unit.objects.create(name="Munich", parent=firm.us, odoo_model="hr.department", odoo_id=77)
    text = read("kind: invoice_release\nmode: enforce\nrules: [{name: One, unit: Halden & Roth Inc. / Munich}]")
    services.save_draft(draft.pk, text, revision=0, actor=firm["mia"], at=timezone.now())
    assert services.text_of(PolicyVersion.objects.get(pk=draft.pk)).rules == text.rules
