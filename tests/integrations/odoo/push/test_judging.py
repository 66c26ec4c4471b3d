"""The pure core: payload + what stands in Odoo → verdict."""

from typing import Any

import pytest

from integrations.odoo.push import plan
from integrations.odoo.push.plan import Changed, Due, Gone, Look, PayloadError, Standing, judge, looks, read

LINES = [["move_id", "=", 17], ["display_type", "=", "product"]]
WORK = {"product_id": None, "name": "Design", "quantity": "2", "price_unit": "24100.00", "discount": "0"}
EXPECTED = [
    {"model": "account.move", "id": 17, "fields": {"state": "draft", "amount_total": "48200.00", "name": None}},
    {"model": "account.move.line", "domain": LINES, "order": "sequence,id", "rows": [WORK]},
]
POST: dict[str, Any] = {
    "model": "account.move",
    "id": 17,
    "expect": EXPECTED,
    "call": {"method": "action_post"},
    "read_back": ["state", "name"],
    "verify": {"state": "posted"},
}
RELEASE: dict[str, Any] = {
    **POST,
    "already": {"x_cockpit_release": "1|5|EUR|48200.00"},
    "call": {"method": "write", "kwargs": {"vals": {"x_cockpit_release": "1|5|EUR|48200.00"}}},
    "read_back": [],
    "verify": {},
}
NOTE: dict[str, Any] = {
    "model": "account.move",
    "id": 17,
    "call": {"method": "message_post", "kwargs": {"body": "Approved. R-42/1"}},
    "find": {"model": "mail.message", "domain": [["res_id", "=", 17], ["body", "ilike", "R-42/1"]]},
}
DRAFT = {"id": 17, "state": "draft", "amount_total": 48200.0, "name": False, "x_cockpit_release": False}
LINE = {"id": 3, "product_id": False, "name": "Design", "quantity": 2.0, "price_unit": 24100.0, "discount": 0.0}


def seen(record: dict | None = None, lines: list[dict] | None = None, **changes: Any) -> dict[str, list[dict]]:
    """Odoo's answers to the looks of POST and RELEASE."""
    own = {**(record or DRAFT), **changes}
    return {"record": [own], "expect.1": [LINE] if lines is None else lines}


class TestLooks:
    def test_read_the_record_once_with_all_that_is_wanted_of_it(self):
        asked = looks(read(RELEASE))
        own = Look("account.move", ("amount_total", "name", "state", "x_cockpit_release"), id=17)
        columns = ("discount", "id", "name", "price_unit", "product_id", "quantity")
        assert asked == {"record": own, "expect.1": Look("account.move.line", columns, None, LINES, "sequence,id")}

    def test_read_other_records_that_were_decided_on(self):
        other = {"model": "res.partner", "id": 5, "fields": {"vat": "DE1"}}
        asked = looks(read({**POST, "expect": [other]}))
        assert asked["expect.0"] == Look("res.partner", ("vat",), id=5)

    def test_of_a_creating_call_search_for_its_trace_with_the_text_to_compare(self):
        asked = looks(read(NOTE))
        assert asked["find"] == Look("mail.message", ("id", "body"), domain=NOTE["find"]["domain"])
        assert asked["record"].fields == ("create_date",)


class TestJudge:
    def test_lets_the_call_be_made_while_all_that_was_decided_on_stands(self):
        assert judge(read(POST), seen()) == Due()

    def test_finds_nothing_to_do_when_it_is_so_already(self):
        verdict = judge(read(POST), seen(state="posted", name="INV/2026/00031"))
        assert verdict == Standing({"state": "posted", "name": "INV/2026/00031"})

    def test_takes_the_release_that_is_there_for_done(self):
        assert judge(read(RELEASE), seen(x_cockpit_release="1|5|EUR|48200.00")) == Standing({})

    def test_says_what_changed_in_the_record(self):
        verdict = judge(read(POST), seen(amount_total=60000.0))
        difference = {"field": "amount_total", "expected": "48200.00", "actual": 60000.0}
        assert verdict == Changed([{"model": "account.move", "id": 17, **difference}])

    def test_says_what_changed_in_a_line(self):
        verdict = judge(read(POST), seen(lines=[{**LINE, "price_unit": 24000.0}]))
        difference = {"field": "price_unit", "expected": "24100.00", "actual": 24000.0}
        assert verdict == Changed([{"model": "account.move.line", "id": 3, "row": 1, **difference}])

    @pytest.mark.parametrize("lines", [[], [LINE, {**LINE, "id": 4}]], ids=["one gone", "one more"])
    def test_counts_lines(self, lines):
        verdict = judge(read(POST), seen(lines=lines))
        assert isinstance(verdict, Changed)
        assert [(row["row"], row["field"]) for row in verdict.differences] == [(len(lines) or 1, "")]

    def test_does_not_take_it_for_done_when_somebody_posted_something_else(self):
        verdict = judge(read(POST), seen(state="posted", name="INV/2026/00031", amount_total=60000.0))
        assert isinstance(verdict, Changed)
        assert verdict.done
        assert [row["field"] for row in verdict.differences] == ["amount_total"]

    def test_does_not_force_a_state_that_has_moved_on(self):
        verdict = judge(read(POST), seen(state="cancel"))
        assert isinstance(verdict, Changed)
        assert not verdict.done

    def test_says_that_the_record_is_gone(self):
        assert judge(read(POST), {"record": [], "expect.1": []}) == Gone()

    def test_sees_that_another_record_is_gone(self):
        push = read({**POST, "expect": [{"model": "res.partner", "id": 5, "fields": {"vat": "DE1"}}]})
        verdict = judge(push, {"record": [DRAFT], "expect.0": []})
        assert verdict == Changed(
            [{"model": "res.partner", "id": 5, "field": "", "expected": {"vat": "DE1"}, "actual": None}]
        )

    def test_compares_other_records_too(self):
        push = read({**POST, "expect": [{"model": "res.partner", "id": 5, "fields": {"vat": "DE1"}}]})
        assert judge(push, {"record": [DRAFT], "expect.0": [{"id": 5, "vat": "DE1"}]}) == Due()
        assert isinstance(judge(push, {"record": [DRAFT], "expect.0": [{"id": 5, "vat": False}]}), Changed)

    def test_a_flag_that_was_off_may_not_be_on_even_when_done(self):
        push = read({**POST, "expect": [{"model": "account.move", "id": 17, "fields": {"x_hold": False}}]})
        assert isinstance(judge(push, {"record": [{**DRAFT, "state": "posted", "x_hold": True}]}), Changed)


class TestJudgeOfACreatingCall:
    def test_finds_its_own_trace(self):
        found = [{"id": 164, "body": "<p>Approved &amp; done. R-42/1</p>"}]
        assert judge(read(NOTE), {"find": found, "record": [{"id": 17}]}) == Standing({"found": 164})

    @pytest.mark.parametrize("body", ["R-42/12", "XR-42/1", "R-42/1/2", False], ids=str)
    def test_is_not_misled_by_a_longer_key(self, body):
        assert judge(read(NOTE), {"find": [{"id": 164, "body": body}], "record": [{"id": 17}]}) == Due()

    def test_finds_a_key_in_brackets(self):
        push = read({**NOTE, "find": {"model": "mail.message", "domain": [["body", "ilike", "[R-42/1]"]]}})
        assert isinstance(judge(push, {"find": [{"id": 1, "body": "v3[R-42/1]"}], "record": [{"id": 17}]}), Standing)
        assert judge(push, {"find": [{"id": 1, "body": "[R-42/12]"}], "record": [{"id": 17}]}) == Due()

    def test_says_that_the_record_to_write_on_is_gone(self):
        assert judge(read(NOTE), {"find": [], "record": []}) == Gone()

    def test_may_create_on_the_model_itself(self):
        push = read({**NOTE, "id": None, "call": {"method": "create", "kwargs": {"vals_list": [{}]}}})
        assert judge(push, {"find": []}) == Due()


class TestRead:
    @pytest.mark.parametrize(
        ("payload", "words"),
        [
            ([], "object"),
            ({}, "needs a `model` and a `call`"),
            ({"model": "account.move", "id": 17, "call": {}}, "needs a `model` and a `call`"),
            ({**POST, "exepct": []}, "knows nothing of exepct"),
            ({**POST, "verify": {}}, "Nothing tells when it is done"),
            ({**POST, "id": None}, "Nothing tells when it is done"),
            ({**NOTE, "find": {"model": "mail.message", "domain": []}}, "look done already"),
            ({**POST, "expect": [{"model": "account.move"}]}, "expected of account.move needs an `id`"),
            ({**POST, "expect": [{"id": 17, "fields": {"state": "draft"}}]}, "names a model"),
            ({**POST, "expect": ["state"]}, "names a model"),
        ],
    )
    def test_refuses_what_is_no_push_with_a_sentence(self, payload, words):
        with pytest.raises(PayloadError, match=words):
            read(payload)

    def test_takes_already_and_verify_together_as_the_goal(self):
        assert read({**RELEASE, "verify": {"state": "draft"}}).goal == {**RELEASE["already"], "state": "draft"}

    def test_knows_each_key_that_it_documents(self):
        assert all(f'"{key}"' in (plan.__doc__ or "") for key in plan.KEYS)
