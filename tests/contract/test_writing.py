"""Writing: what create, write, unlink and load answer, and how write_date behaves."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from integrations.odoo.client import AccessRefusedError, MissingRecordError, RefusedError
from tests.contract.world import QUIET, unique

ARCHIVED = {"active_test": False}


def written(odoo, partner):
    return odoo.client.search_read("res.partner", [("id", "=", partner)], ["write_date"], context=ARCHIVED)[0][
        "write_date"
    ]


def later():
    """Wait until Odoo, on this machine, stamps another second."""
    time.sleep(1.02 - time.time() % 1)


class TestCreate:
    def test_always_answers_a_list(self, odoo):
        one = odoo.client.call("res.partner", "create", vals_list=[{"name": unique("A")}])
        two = odoo.client.call("res.partner", "create", vals_list=[{"name": unique("B")}, {"name": unique("C")}])
        assert (len(one), len(two)) == (1, 2)

    def test_makes_all_or_none(self, odoo):
        name = unique("Half")
        with pytest.raises(RefusedError):
            odoo.client.call("res.partner", "create", vals_list=[{"name": name}, {"name": False}])
        assert odoo.client.call("res.partner", "search_count", domain=[["name", "=", name]]) == 0

    def test_refuses_what_a_rule_forbids_in_odoos_words(self, odoo):
        with pytest.raises(RefusedError, match=r"Odoo refused: .+") as caught:
            odoo.client.call("res.partner", "create", vals_list=[{"name": False}])
        assert caught.value.text in caught.value.sentence

    def test_refuses_a_value_that_is_no_choice(self, odoo):
        with pytest.raises(RefusedError, match="Wrong value"):
            odoo.client.call("account.move", "create", vals_list=[{"move_type": "barter"}])

    def test_ignores_a_given_write_date(self, odoo):
        values = {"name": unique("Old"), "write_date": "2001-01-01 00:00:00"}
        made = odoo.client.call("res.partner", "create", vals_list=[values])[0]
        assert written(odoo, made) > "2020"


class TestWrite:
    def test_changes_what_is_named(self, odoo):
        partner = odoo.partner(ref="A-1")
        assert odoo.client.call("res.partner", "write", [partner], vals={"ref": "B-2"}) is True
        assert odoo.client.search_read("res.partner", [("id", "=", partner)], ["ref"])[0]["ref"] == "B-2"

    def test_sets_many2many_by_commands(self, odoo):
        tags = odoo.client.call(
            "res.partner.category", "create", vals_list=[{"name": unique("T")}, {"name": unique("U")}]
        )
        partner = odoo.partner(category_id=[[6, 0, tags]])
        read = lambda: odoo.client.search_read("res.partner", [("id", "=", partner)], ["category_id"])[0]  # noqa: E731
        assert sorted(read()["category_id"]) == sorted(tags)
        odoo.client.call("res.partner", "write", [partner], vals={"category_id": [[3, tags[0], 0]]})
        assert read()["category_id"] == [tags[1]]

    def test_says_that_the_record_is_gone(self, odoo):
        partner = odoo.partner()
        assert odoo.client.call("res.partner", "unlink", [partner]) is True
        with pytest.raises(MissingRecordError):
            odoo.client.call("res.partner", "write", [partner], vals={"ref": "x"})
        with pytest.raises(MissingRecordError):
            odoo.client.call("res.partner", "unlink", [partner])

    def test_without_the_right_is_refused(self, odoo):
        with pytest.raises(AccessRefusedError):
            odoo.client.call("ir.model.fields", "create", vals_list=[{"name": "x_mine"}])


class TestWriteDate:
    def test_is_one_for_all_rows_of_a_call_and_not_in_the_future(self, odoo):
        rows = [{"name": unique("Row")} for _ in range(20)]
        made = odoo.client.call("res.partner", "create", vals_list=rows, context=QUIET)
        dates = {r["write_date"] for r in odoo.client.search_read("res.partner", [("id", "in", made)], ["write_date"])}
        assert len(dates) == 1
        stamped = datetime.strptime(dates.pop(), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        assert timedelta(0) <= odoo.client.server_now() - stamped < timedelta(seconds=60)

    def test_compares_by_whole_seconds(self, odoo):
        partner = odoo.partner()
        stamp = written(odoo, partner)
        hits = lambda *term: odoo.client.call("res.partner", "search_count", domain=[["id", "=", partner], term])  # noqa: E731
        assert hits("write_date", "=", stamp) == 1
        assert hits("write_date", ">=", stamp) == 1
        assert hits("write_date", "<=", stamp) == 1
        assert hits("write_date", ">", stamp) == 0
        assert hits("write_date", "<", stamp) == 0

    def test_moves_even_when_nothing_changes(self, odoo):
        partner = odoo.partner(ref="same")
        before = written(odoo, partner)
        later()
        odoo.client.call("res.partner", "write", [partner], vals={"ref": "same"})
        assert written(odoo, partner) > before

    def test_moves_with_the_tags_of_a_record(self, odoo):
        tag = odoo.client.call("res.partner.category", "create", vals_list=[{"name": unique("Tag")}])[0]
        partner = odoo.partner()
        before = written(odoo, partner)
        later()
        odoo.client.call("res.partner", "write", [partner], vals={"category_id": [[4, tag, 0]]})
        assert written(odoo, partner) > before

    def test_of_an_invoice_moves_when_a_line_changes_its_total(self, odoo):
        invoice = odoo.invoice(100)
        line = odoo.lines(invoice)[0]["id"]
        before = odoo.move(invoice, "write_date")["write_date"]
        later()
        odoo.client.call("account.move.line", "write", [line], vals={"price_unit": 120.0})
        after = odoo.move(invoice, "write_date", "amount_total")
        assert (after["write_date"] > before, after["amount_total"]) == (True, 120.0)

    def test_of_an_invoice_moves_even_when_a_line_is_only_renamed(self, odoo):
        invoice = odoo.invoice(100)
        line = odoo.lines(invoice)[0]["id"]
        before = odoo.move(invoice, "write_date")["write_date"]
        later()
        odoo.client.call("account.move.line", "write", [line], vals={"name": "Another word"})
        assert odoo.move(invoice, "write_date")["write_date"] > before


class TestLoad:
    def load(self, odoo, *rows, fields=("id", "name")):
        return odoo.client.call("res.partner", "load", fields=list(fields), data=[list(row) for row in rows])

    def test_makes_a_record_once_for_an_external_id(self, odoo):
        xid = f"contract.{unique('p').replace(' ', '_')}"
        first = self.load(odoo, (xid, "One"))
        second = self.load(odoo, (xid, "Other"))
        assert first["ids"] == second["ids"]
        assert odoo.client.search_read("res.partner", [("id", "=", first["ids"][0])], ["name"])[0]["name"] == "Other"
        assert odoo.client.call("res.partner", "get_external_id", first["ids"]) == {str(first["ids"][0]): xid}

    def test_makes_another_one_when_the_record_was_deleted(self, odoo):
        xid = f"contract.{unique('p').replace(' ', '_')}"
        first = self.load(odoo, (xid, "One"))["ids"]
        odoo.client.call("res.partner", "unlink", first)
        assert self.load(odoo, (xid, "One"))["ids"] != first

    def test_tells_errors_in_its_answer_and_writes_nothing(self, odoo):
        xid, name = f"contract.{unique('p').replace(' ', '_')}", unique("Loaded")
        answer = self.load(odoo, (xid, name), (xid + "b", ""))
        assert answer["ids"] is False
        assert answer["messages"][0]["message"]
        assert odoo.client.call("res.partner", "search_count", domain=[["name", "=", name]]) == 0
