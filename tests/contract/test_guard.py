"""The invoice guard, made by its manifest: what is held, what releases, what is refused."""

from dataclasses import replace

import pytest

from delivery import guards
from integrations.odoo import installation, provision
from integrations.odoo.client import AccessRefusedError, RefusedError, UnknownNameError, WrongDatabaseError
from integrations.odoo.manifest import Automation, Manifest
from tests.contract.world import unique

WAITING = "Waiting for approval in the cockpit"
SMALL, BIG = 900.0, 5000.0


@pytest.fixture(scope="module", autouse=True)
def guarded(odoo):
    """The guard is made, holds German invoices above 1000 EUR, and is switched off afterwards."""
    odoo.provision()
    odoo.guard("enforce")
    yield
    odoo.guard("off")


def held(odoo, invoice, by="cockpit"):
    with pytest.raises(RefusedError, match=WAITING) as caught:
        odoo.post(invoice, by)
    assert odoo.move(invoice)["state"] == "draft"
    return caught.value.text


class TestHeld:
    @pytest.mark.parametrize("who", ["cockpit", "admin", "ann", "ben"])
    def test_for_everybody(self, odoo, who):
        invoice = odoo.invoice(BIG, by=who)
        held(odoo, invoice, by=who)

    def test_also_when_the_state_is_written(self, odoo):
        invoice = odoo.invoice(BIG)
        with pytest.raises(RefusedError, match=WAITING):
            odoo.admin.call("account.move", "write", [invoice], vals={"state": "posted"})
        assert odoo.move(invoice)["state"] == "draft"

    def test_says_why_who_decides_and_where_to_look(self, odoo):
        invoice = odoo.invoice(BIG)
        text = held(odoo, invoice)
        assert guards.WORDS in text
        assert f"https://cockpit.example/invoices/{invoice}" in text

    def test_with_several_at_once_none_is_posted(self, odoo):
        small, big = odoo.invoice(SMALL), odoo.invoice(BIG)
        with pytest.raises(RefusedError, match=WAITING):
            odoo.client.call("account.move", "action_post", [small, big])
        assert odoo.move(small)["state"] == "draft"


class TestPasses:
    def test_a_small_one(self, odoo):
        invoice = odoo.invoice(SMALL)
        odoo.post(invoice, by="ben")
        assert odoo.move(invoice)["state"] == "posted"

    def test_one_at_the_limit(self, odoo):
        invoice = odoo.invoice(1000.0)
        odoo.post(invoice)
        assert odoo.move(invoice)["state"] == "posted"

    def test_a_company_without_a_limit(self, odoo):
        invoice = odoo.invoice(BIG, company="us")
        odoo.post(invoice)
        assert odoo.move(invoice)["state"] == "posted"

    def test_a_credit_note(self, odoo):
        invoice = odoo.invoice(BIG, move_type="out_refund")
        odoo.post(invoice)
        assert odoo.move(invoice)["state"] == "posted"

    def test_anything_while_it_only_observes_or_is_off(self, odoo):
        for mode in ("observe", "off"):
            odoo.guard(mode)
            try:
                invoice = odoo.invoice(BIG)
                odoo.post(invoice, by="ben")
            finally:
                odoo.guard("enforce")
            assert odoo.move(invoice)["state"] == "posted"


class TestRelease:
    def test_lets_the_invoice_be_posted_by_anybody(self, odoo):
        invoice = odoo.invoice(BIG)
        odoo.release(invoice)
        odoo.post(invoice, by="ben")
        assert odoo.move(invoice)["state"] == "posted"

    @pytest.mark.parametrize("who", ["admin", "ann", "ben", "lea"])
    def test_is_the_cockpits_alone(self, odoo, who):
        invoice = odoo.invoice(BIG)
        with pytest.raises(RefusedError, match="Only the cockpit releases"):
            odoo.release(invoice, by=who)
        held(odoo, invoice)

    def test_cannot_be_forged_on_create(self, odoo):
        with pytest.raises(RefusedError, match="Only the cockpit releases"):
            odoo.invoice(BIG, by="ben", x_cockpit_release="1|2|EUR|5000.00|")

    def test_of_another_amount_does_not_fit(self, odoo):
        invoice = odoo.invoice(BIG)
        odoo.release(invoice)
        line = odoo.lines(invoice)[0]["id"]
        odoo.client.call("account.move.line", "write", [line], vals={"price_unit": 9000.0})
        assert "changed after it was approved" in held(odoo, invoice)
        odoo.client.call("account.move.line", "write", [line], vals={"price_unit": BIG})
        odoo.post(invoice)
        assert odoo.move(invoice)["state"] == "posted"

    def test_of_another_partner_does_not_fit(self, odoo):
        invoice = odoo.invoice(BIG)
        odoo.release(invoice)
        odoo.client.call("account.move", "write", [invoice], vals={"partner_id": odoo.partner()})
        held(odoo, invoice)

    @pytest.mark.parametrize(
        "swapped",
        [
            {"name": "Second"},
            {"quantity": 2.0, "price_unit": 1000.0},
            {"price_unit": 4000.0, "discount": 50.0},
        ],
    )
    def test_of_other_lines_at_the_same_total_does_not_fit(self, odoo, swapped):
        lines = [odoo.line(3000.0, name="First"), odoo.line(2000.0, name="Licences")]
        invoice = odoo.invoice(lines=lines)
        odoo.release(invoice)
        odoo.client.call("account.move.line", "write", [odoo.lines(invoice)[1]["id"]], vals=swapped)
        assert odoo.move(invoice)["amount_total"] == BIG
        held(odoo, invoice)

    def test_of_another_order_of_the_lines_does_not_fit(self, odoo):
        invoice = odoo.invoice(lines=[odoo.line(3000.0, sequence=1), odoo.line(2000.0, sequence=2)])
        odoo.release(invoice)
        odoo.client.call("account.move.line", "write", [odoo.lines(invoice)[0]["id"]], vals={"sequence": 3})
        held(odoo, invoice)

    def test_of_another_product_does_not_fit(self, odoo):
        invoice = odoo.invoice(lines=[odoo.line(BIG, product_id=odoo.product)])
        odoo.release(invoice)
        vals = {"product_id": False, "name": "Consulting", "price_unit": BIG}
        odoo.client.call("account.move.line", "write", [odoo.lines(invoice)[0]["id"]], vals=vals)
        held(odoo, invoice)

    def test_still_fits_when_a_note_is_added(self, odoo):
        invoice = odoo.invoice(BIG)
        odoo.release(invoice)
        note = [0, 0, {"display_type": "line_note", "name": "Thank you | for\nyour order"}]
        odoo.client.call("account.move", "write", [invoice], vals={"invoice_line_ids": [note]})
        odoo.post(invoice)
        assert odoo.move(invoice)["state"] == "posted"

    @pytest.mark.parametrize(
        "line",
        [
            {"name": "a|b, c\nd\t\"e\" 'f' \\ <g> & %s {h}"},
            {"name": "Müller – Übergabe 設計 😀 \u2028 \u00a0 e\u0301"},
            {"name": "x" * 4000},
            {"name": "False"},
            {"quantity": 3.33, "price_unit": 1234.567891, "discount": 12.35},
            {"quantity": 0.01, "price_unit": 999999.99},
            {"quantity": 1.005, "price_unit": 5000.0},
        ],
    )
    def test_is_the_same_text_here_and_there(self, odoo, line):
        """Odoo posts it only if its own code makes the text that Python made."""
        invoice = odoo.invoice(lines=[odoo.line(BIG, **line)])
        held(odoo, invoice)
        odoo.release(invoice)
        odoo.post(invoice)
        assert odoo.move(invoice)["state"] == "posted"

    def test_knows_no_negative_zero(self, odoo):
        lines = [odoo.line(BIG), odoo.line(-0.0, name="Nothing"), odoo.line(0.0, quantity=-1.0), odoo.line(-0.0000001)]
        invoice = odoo.invoice(lines=lines)
        odoo.release(invoice)
        odoo.post(invoice)
        assert odoo.move(invoice)["state"] == "posted"

    def test_is_not_copied_with_its_invoice(self, odoo):
        fields = odoo.admin.search_read(
            "ir.model.fields",
            [
                ("model", "=", "account.move"),
                ("name", "in", ["x_cockpit_release", "x_cockpit_emergency", "x_cockpit_emergency_by"]),
            ],
            ["copied"],
        )
        assert [field["copied"] for field in fields] == [False, False, False]


class TestEmergency:
    def test_posts_for_a_reason(self, odoo):
        invoice = odoo.invoice(BIG)
        reason = {"x_cockpit_emergency": "Cut-off tonight, the cockpit is away"}
        odoo.as_user("lea").call("account.move", "write", [invoice], vals=reason)
        odoo.post(invoice, by="lea")
        move = odoo.move(invoice, "state", "x_cockpit_emergency", "x_cockpit_release")
        assert (move["state"], move["x_cockpit_emergency"]) == ("posted", reason["x_cockpit_emergency"])
        assert not move["x_cockpit_release"]

    def test_notes_who_gave_the_reason_and_who_posted(self, odoo):
        invoice = odoo.invoice(BIG)
        odoo.as_user("lea").call("account.move", "write", [invoice], vals={"x_cockpit_emergency": "Cut-off"})
        lea = str(odoo.user_id("lea"))
        assert odoo.move(invoice, "x_cockpit_emergency_by")["x_cockpit_emergency_by"] == lea
        odoo.post(invoice, by="lea")
        assert odoo.move(invoice, "x_cockpit_emergency_by")["x_cockpit_emergency_by"] == lea

    def test_puts_nobody_in_the_place_of_who_released(self, odoo):
        invoice = odoo.invoice(BIG)
        lea, ben = str(odoo.user_id("lea")), str(odoo.user_id("ben"))
        write = {"x_cockpit_emergency": "Cut-off", "x_cockpit_emergency_by": ben}
        odoo.as_user("lea").call("account.move", "write", [invoice], vals=write)
        assert odoo.move(invoice, "x_cockpit_emergency_by")["x_cockpit_emergency_by"] == f"{ben},{lea}"
        odoo.as_user("lea").call("account.move", "write", [invoice], vals={"x_cockpit_emergency_by": ""})
        assert odoo.move(invoice, "x_cockpit_emergency_by")["x_cockpit_emergency_by"] == lea

    def test_needs_a_reason(self, odoo):
        held(odoo, odoo.invoice(BIG), by="lea")

    @pytest.mark.parametrize("who", ["cockpit", "admin", "ben"])
    def test_needs_the_group(self, odoo, who):
        invoice = odoo.invoice(BIG)
        with pytest.raises(RefusedError, match="emergency release needs the group"):
            odoo.as_user(who).call("account.move", "write", [invoice], vals={"x_cockpit_emergency": "because"})
        with pytest.raises(RefusedError, match="emergency release needs the group"):
            odoo.invoice(BIG, by=who, x_cockpit_emergency="because")

    def test_reason_posts_for_nobody_outside_the_group(self, odoo):
        invoice = odoo.invoice(BIG)
        odoo.as_user("lea").call("account.move", "write", [invoice], vals={"x_cockpit_emergency": "Cut-off"})
        held(odoo, invoice, by="ben")


class TestGuardRow:
    def test_is_read_by_everybody(self, odoo):
        assert guards.published_guard(odoo.as_user("eve"))["x_mode"] == "enforce"

    @pytest.mark.parametrize("who", ["admin", "ann", "lea"])
    def test_is_written_by_the_cockpit_alone(self, odoo, who):
        row = odoo.admin.search_read("x_cockpit_guard", [("x_model", "=", "account.move")], ["id"])[0]["id"]
        with pytest.raises(AccessRefusedError):
            odoo.as_user(who).call("x_cockpit_guard", "write", [row], vals={"x_mode": "off"})
        for anybody in (who, "cockpit"):
            with pytest.raises(AccessRefusedError):
                odoo.as_user(anybody).call("x_cockpit_guard", "unlink", [row])

    def test_cannot_be_outvoted_by_a_second_row(self, odoo):
        odoo.admin.call("x_cockpit_guard", "create", vals_list=[{"x_model": "account.move", "x_mode": "off"}])
        held(odoo, odoo.invoice(BIG))

    def test_holds_everything_when_no_amount_can_be_compared(self, odoo):
        limit = guards.GuardLimit(odoo.companies["us"], None, "EUR", "USD")
        guards.publish_guard(odoo.client, guards.guard_domain([limit]), "enforce")
        try:
            held(odoo, odoo.invoice(1.0, company="us"))
        finally:
            odoo.guard("enforce")

    def test_tells_which_database_this_is(self, odoo):
        found = installation.database_id(odoo.client)
        assert found
        assert installation.check_database(odoo.client, found) == found
        assert installation.check_database(odoo.client, None) == found
        with pytest.raises(WrongDatabaseError, match="another database"):
            installation.check_database(odoo.client, "11111111-2222-3333-4444-555555555555")


class TestProvision:
    def test_twice_changes_nothing(self, odoo):
        assert provision.plan(odoo.admin, odoo.manifest) == []
        assert provision.apply(odoo.admin, odoo.manifest) == []

    def test_is_read_by_the_cockpit_itself(self, odoo):
        assert provision.plan(odoo.client, odoo.manifest) == []

    def test_shows_and_mends_code_that_somebody_edited(self, odoo):
        action = odoo.admin.search_read(
            "ir.actions.server", [("name", "=", "Cockpit: posting needs a release")], ["id"]
        )
        odoo.admin.call("ir.actions.server", "write", [action[0]["id"]], vals={"code": "pass"})
        changes = provision.plan(odoo.admin, odoo.manifest)
        assert [(c.action, c.xid, [d.field for d in c.differences]) for c in changes] == [
            ("change", "cockpit.action_invoice_post", ["code"])
        ]
        assert changes[0].differences[0].now == "pass"
        assert provision.apply(odoo.admin, odoo.manifest) == changes
        assert provision.plan(odoo.admin, odoo.manifest) == []

    def test_shows_and_mends_a_rule_that_was_switched_off(self, odoo):
        rule = odoo.admin.search_read("base.automation", [("name", "=", "Cockpit: posting needs a release")], ["id"])
        odoo.admin.call("base.automation", "write", [rule[0]["id"]], vals={"active": False})
        changes = provision.plan(odoo.client, odoo.manifest)
        assert [(c.xid, d.field, d.now, d.wanted) for c in changes for d in c.differences] == [
            ("cockpit.rule_invoice_post", "active", "no", "yes")
        ]
        provision.apply(odoo.admin, odoo.manifest)
        held(odoo, odoo.invoice(BIG))

    def test_shows_and_mends_a_stranger_in_the_release_group(self, odoo):
        group = odoo.admin.search_read("res.groups", [("name", "=", "Cockpit: release")], ["id"])[0]["id"]
        odoo.admin.call("res.groups", "write", [group], vals={"user_ids": [[4, odoo.as_user("ben").uid, 0]]})
        changes = provision.plan(odoo.admin, odoo.manifest)
        assert [(c.xid, d.field) for c in changes for d in c.differences] == [("cockpit.group_release", "user_ids")]
        provision.apply(odoo.admin, odoo.manifest)
        assert provision.plan(odoo.admin, odoo.manifest) == []

    def test_shows_and_takes_away_what_is_not_declared_any_more(self, odoo):
        extra = Automation("old", "Cockpit: old", "account.move", ("ref",), "[('ref', '=', 'x')]", "pass")
        provision.apply(odoo.admin, Manifest((*odoo.manifest.parts, extra)))
        changes = provision.plan(odoo.admin, odoo.manifest)
        assert sorted((c.action, c.xid) for c in changes) == [
            ("delete", "cockpit.action_old"),
            ("delete", "cockpit.rule_old"),
        ]
        provision.apply(odoo.admin, odoo.manifest)
        assert provision.plan(odoo.admin, odoo.manifest) == []

    def test_names_the_rules_of_others_on_the_same_model(self, odoo):
        model = odoo.admin.search_read("ir.model", [("model", "=", "account.move")], ["id"])[0]["id"]
        name = unique("Tell the partner")
        values = {"name": name, "model_id": model, "trigger": "on_write", "filter_domain": "[('ref', '=', 'x')]"}
        rule = odoo.admin.call("base.automation", "create", vals_list=[values])
        try:
            assert name in provision.neighbours(odoo.admin, odoo.manifest)
            assert provision.plan(odoo.admin, odoo.manifest) == []
        finally:
            odoo.admin.call("base.automation", "unlink", rule)
        assert name not in provision.neighbours(odoo.admin, odoo.manifest)

    def test_says_which_user_is_missing(self, odoo):
        parts = tuple(
            replace(p, members=("nobody-here",)) if getattr(p, "members", None) else p for p in odoo.manifest.parts
        )
        with pytest.raises(RefusedError, match=r"nobody-here.*ODOO_LOGIN"):
            provision.apply(odoo.admin, Manifest(parts))

    def test_needs_an_administrator(self, odoo):
        with pytest.raises(AccessRefusedError, match="ODOO_ADMIN_LOGIN"):
            provision.check_administrator(odoo.client)
        provision.check_administrator(odoo.admin)

    def test_is_taken_away_whole_and_made_again(self, odoo):
        before = installation.database_id(odoo.client)
        gone = provision.destroy(odoo.admin, odoo.manifest)
        assert {change.action for change in gone} == {"delete"}
        left = odoo.admin.search_read("ir.model.data", [("module", "=", "cockpit")], ["name", "model"])
        assert left == []
        with pytest.raises(UnknownNameError):
            odoo.client.search_read("x_cockpit_guard", [], ["id"])
        with pytest.raises(guards.GuardMissingError, match="odoo apply"):
            odoo.guard("enforce")
        fields = odoo.client.call("account.move", "fields_get", allfields=["x_cockpit_release"], attributes=["type"])
        assert fields == {}
        invoice = odoo.invoice(BIG)
        odoo.post(invoice, by="ben")
        assert odoo.move(invoice)["state"] == "posted"
        odoo.provision()
        assert installation.database_id(odoo.client) not in {None, before}
        assert guards.published_guard(odoo.client)["x_mode"] == "off"
        odoo.guard("enforce")
        held(odoo, odoo.invoice(BIG))
