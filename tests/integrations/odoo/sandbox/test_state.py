"""The sandbox's state: kept in PostgreSQL, one transaction per call, safe among several writers."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from integrations.odoo.client import OdooError, RefusedError
from integrations.odoo.sandbox import firm
from integrations.odoo.sandbox.records import Env
from integrations.odoo.sandbox.store import Store, declare
from tests.integrations.odoo.sandbox.conftest import sign_in
from tests.sandbox import KEYS, running, test_database


def at_once(sandbox, count, act):
    """`act(client, number)` by so many threads, each with a client of its own: answers or errors."""
    clients = [sign_in(sandbox) for _ in range(count)]
    sandbox.store.pool.resize(count, 8)
    sandbox.store.pool.wait()
    start = Barrier(count)

    def attempt(number):
        start.wait()
        try:
            return act(clients[number], number)
        except OdooError as problem:
            return problem

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(attempt, range(count)))


def raw(sandbox, sql, *values):
    return sandbox.store.run(lambda cursor: cursor.execute(sql, values).fetchall())


class TestRestart:
    def test_keeps_what_was_written(self, sandbox, odoo, draft, monkeypatch):
        monkeypatch.setenv("SANDBOX_API_KEY", KEYS["cockpit"])
        odoo.call("account.move", "write", [draft], vals={"ref": "kept"})
        sandbox.stop()
        again = Store(test_database(), sandbox.store.schema)
        again.open(firm.seed)  # seeds an empty schema only
        try:
            counted = again.run(lambda cursor: cursor.execute("SELECT count(*) AS n FROM record").fetchall())
        finally:
            again.close()
            sandbox.restart()
        assert counted == raw(sandbox, "SELECT count(*) AS n FROM record")
        assert odoo.search_read("account.move", [("id", "=", draft)], ["ref"])[0]["ref"] == "kept"

    def test_learns_what_was_declared_since(self, sandbox):
        """A newer sandbox over older data."""
        field = ("ir.model.fields", "account.move", "ref")
        count = "SELECT count(*) AS n FROM record WHERE model = %s AND data->>'model' = %s AND data->>'name' = %s"
        raw(sandbox, count.replace("SELECT count(*) AS n", "DELETE") + " RETURNING id", *field)
        sandbox.store.run(lambda cursor: declare(Env(cursor, 1, is_sudo=True)))
        sandbox.store.run(lambda cursor: declare(Env(cursor, 1, is_sudo=True)))
        assert raw(sandbox, count, *field)[0]["n"] == 1

    def test_forgets_with_a_reset(self, sandbox, odoo, draft):
        before = odoo.search_read("account.move", [], ["ref", "state", "write_date"])
        odoo.call("account.move", "write", [draft], vals={"ref": "gone"})
        made = odoo.call("res.partner", "create", vals_list=[{"name": "Gone AG"}])
        sandbox.reset()
        assert odoo.search_read("account.move", [], ["ref", "state", "write_date"]) == before
        assert odoo.call("res.partner", "create", vals_list=[{"name": "New AG"}]) == made


class TestTransaction:
    def test_undoes_a_call_that_fails_half_way(self, sandbox, odoo, draft):
        posted = odoo.search_read("account.move", [("state", "=", "posted")], ["id"], limit=1)[0]["id"]
        with pytest.raises(RefusedError, match="must be in draft"):
            odoo.call("account.move", "action_post", [draft, posted])
        assert odoo.search_read("account.move", [("id", "=", draft)], ["state"])[0]["state"] == "draft"

    def test_stamps_every_row_of_a_call_alike_and_with_microseconds(self, sandbox, odoo):
        made = odoo.call("res.partner", "create", vals_list=[{"name": f"P{n}"} for n in range(3)])
        stamps = raw(
            sandbox, "SELECT DISTINCT write_date AS at FROM record WHERE model = 'res.partner' AND id = ANY(%s)", made
        )
        assert len(stamps) == 1
        rows = odoo.search_read("res.partner", [("id", "in", made)], ["write_date"])
        assert {row["write_date"] for row in rows} == {stamps[0]["at"].strftime("%Y-%m-%d %H:%M:%S")}


class TestWriteDate:
    def stamp(self, sandbox, model, one):
        return raw(sandbox, "SELECT write_date AS at FROM record WHERE model = %s AND id = %s", model, one)[0]["at"]

    def test_moves_with_a_write_that_changes_nothing(self, sandbox, odoo, draft):
        same = odoo.search_read("account.move", [("id", "=", draft)], ["ref"])[0]["ref"]
        before = self.stamp(sandbox, "account.move", draft)
        odoo.call("account.move", "write", [draft], vals={"ref": same})
        assert self.stamp(sandbox, "account.move", draft) > before

    def test_of_an_invoice_moves_with_every_write_on_its_lines(self, sandbox, odoo, draft):
        line = odoo.search_read("account.move.line", [("move_id", "=", draft)], ["id"], limit=1)[0]["id"]
        before = self.stamp(sandbox, "account.move", draft)
        odoo.call("account.move.line", "write", [line], vals={"name": "Other words"})
        renamed = self.stamp(sandbox, "account.move", draft)
        odoo.call("account.move.line", "write", [line], vals={"price_unit": 17.0})
        assert before < renamed < self.stamp(sandbox, "account.move", draft)

    def test_stays_when_the_other_side_of_a_many2many_is_written(self, sandbox):
        admin = sign_in(sandbox, "admin")
        eve = admin.search_read("res.users", [("login", "=", sandbox.env["ODOO_EVE_LOGIN"])], ["id"])[0]["id"]
        group = admin.call("res.groups", "create", vals_list=[{"name": "Choir"}])[0]
        before = self.stamp(sandbox, "res.users", eve)
        admin.call("res.groups", "write", [group], vals={"user_ids": [[4, eve, 0]]})
        assert group in admin.search_read("res.users", [("id", "=", eve)], ["group_ids"])[0]["group_ids"]
        assert self.stamp(sandbox, "res.users", eve) == before


class TestRace:
    def test_of_many_writers_on_one_record_lets_all_write(self, sandbox, draft):
        write = lambda client, n: client.call("account.move", "write", [draft], vals={"ref": f"writer {n}"})  # noqa: E731
        assert at_once(sandbox, 8, write) == [True] * 8

    def test_of_two_posts_of_one_invoice_lets_one_win(self, sandbox, odoo, draft, rounds):
        for _ in range(rounds):
            answers = at_once(sandbox, 2, lambda client, n: client.call("account.move", "action_post", [draft]))
            assert [type(one) for one in answers].count(RefusedError) == 1
            assert answers.count(False) == 1
            odoo.call("account.move", "button_draft", [draft])

    def test_of_posts_of_several_invoices_gives_each_a_number_of_its_own(self, sandbox, odoo):
        domain = [("state", "=", "draft"), ("company_id.name", "=", "Halden & Roth GmbH")]
        ids = [row["id"] for row in odoo.search_read("account.move", domain, ["id"], limit=4)]
        at_once(sandbox, 4, lambda client, n: client.call("account.move", "action_post", [ids[n]]))
        moves = odoo.search_read("account.move", [("id", "in", ids)], ["name", "state"])
        assert {move["state"] for move in moves} == {"posted"}
        assert len({move["name"] for move in moves}) == 4

    def test_of_loads_under_one_external_id_makes_one_record(self, sandbox, odoo):
        load = lambda client, n: client.call(  # noqa: E731
            "res.partner", "load", fields=["id", "name"], data=[["tests.raced", f"Racer {n}"]]
        )
        answers = at_once(sandbox, 4, load)
        ids = {tuple(answer["ids"]) for answer in answers if answer["ids"]}
        assert len(ids) == 1
        assert odoo.call("res.partner", "search_count", domain=[["name", "ilike", "Racer"]]) == 1


class TestGuard:
    def test_is_not_played_before_it_was_provisioned(self, odoo, draft):
        odoo.call("account.move", "action_post", [draft])
        assert odoo.search_read("account.move", [("id", "=", draft)], ["state"])[0]["state"] == "posted"


class TestFirm:
    def test_has_invoices_to_decide_on_both_sides_of_the_limits(self, odoo):
        fields = ["amount_total_signed", "company_id", "create_uid"]
        drafts = odoo.search_read("account.move", [("state", "=", "draft"), ("move_type", "=", "out_invoice")], fields)
        limits = {one["id"]: 25_000 if one["country_code"] == "DE" else 20_000
                  for one in odoo.search_read("res.company", [], ["country_code"])}  # fmt: skip
        above = [move for move in drafts if move["amount_total_signed"] > limits[move["company_id"]]]
        assert (len(above), len(drafts) - len(above)) == (8, 3)
        assert {move["company_id"] for move in above} == set(limits)

    def test_lets_no_finance_person_write_the_invoices_that_finance_decides(self, odoo):
        authors = {move["create_uid"] for move in odoo.search_read("account.move", [], ["create_uid"])}
        logins = {
            user["login"].split("@")[0]
            for user in odoo.search_read("res.users", [("id", "in", list(authors))], ["login"])
        }
        assert logins == {"ben", "grace", "mia"}

    def test_is_the_same_each_time(self, sandbox, one_sandbox):
        sql = "SELECT model, id, data FROM record ORDER BY model, id"
        with running("odoo_sandbox_twin") as twin:
            assert raw(twin, sql) == raw(sandbox, sql)
