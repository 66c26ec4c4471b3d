"""The firm lives: acts follow from state and time, keep to rights and guards, and never pile up."""

import datetime as dt
import random
from collections import Counter

import pytest

from integrations.odoo.sandbox import acts, life
from integrations.odoo.sandbox.errors import OdooError
from integrations.odoo.sandbox.records import Env
from tests.contract.world import World

NOW = dt.datetime(2026, 11, 24, 15, 0, tzinfo=dt.UTC)
PACE = dt.timedelta(seconds=life.PACE_S)


def tick(sandbox, at):
    return sandbox.store.run(lambda cursor: life.tick(Env(cursor, 1, is_sudo=True), at))


def act(sandbox, what, number=1, today=None):
    day = today or dt.datetime.now(dt.UTC).date()
    return sandbox.store.run(lambda cursor: what(Env(cursor, 1, is_sudo=True), day, random.Random(number)))


def drafts(sandbox):
    sql = "SELECT count(*) AS n FROM record WHERE model = 'account.move' AND data->>'state' = 'draft'"
    return sandbox.store.run(lambda cursor: cursor.execute(sql).fetchall())[0]["n"]


@pytest.fixture
def guarded(sandbox):
    world = World(sandbox.env, "json2")
    world.provision()
    world.guard("enforce", above="25000")
    return sandbox


class TestTick:
    def test_does_the_same_with_the_same_firm_at_the_same_time(self, sandbox):
        first = [tick(sandbox, NOW + n * PACE) for n in range(12)]
        sandbox.reset()
        assert [tick(sandbox, NOW + n * PACE) for n in range(12)] == first
        assert sum(map(len, first)) == 12

    def test_acts_once_in_a_moment(self, sandbox):
        assert len(tick(sandbox, NOW)) == 1
        assert tick(sandbox, NOW) == []
        assert len(tick(sandbox, NOW + PACE)) == 1

    def test_does_not_make_up_for_a_night(self, sandbox):
        tick(sandbox, NOW)
        assert len(tick(sandbox, NOW + dt.timedelta(hours=14))) == life.CATCH_UP

    def test_never_piles_up(self, sandbox):
        said = [sentence for n in range(240) for sentence in tick(sandbox, NOW + n * PACE)]
        assert 3 <= drafts(sandbox) <= 14
        assert len(said) > 200
        kinds = Counter(sentence.split(" ", 2)[2].split()[0] for sentence in said)
        assert len(kinds) >= 6, kinds


class TestActs:
    @pytest.mark.parametrize("what", [acts.draft_invoice, acts.confirm_small, acts.change_amount, acts.leave_note])
    def test_are_written_down_in_the_name_of_somebody(self, sandbox, odoo, what):
        name = act(sandbox, what).rsplit(" ", 1)[0].split()[:2]
        changed = odoo.search_read("account.move", [], ["create_uid", "write_uid"], order="write_date desc", limit=1)
        people = odoo.search_read("res.users", [["name", "=", " ".join(name)]], ["id"], limit=1)
        assert people, name
        if what is not acts.leave_note:
            assert changed[0]["write_uid"] == people[0]["id"]

    def test_meet_the_guard_like_everybody(self, guarded, odoo):
        before = odoo.search_read("account.move", [["state", "=", "draft"]], ["write_date"], order="id")
        with pytest.raises(OdooError, match="Waiting for approval in the cockpit"):
            act(guarded, acts.try_large)
        assert odoo.search_read("account.move", [["state", "=", "draft"]], ["write_date"], order="id") == before

    def test_confirm_nothing_large_where_no_guard_is(self, sandbox):
        assert act(sandbox, acts.try_large) == ""

    def test_fill_a_day_that_was_missing(self, sandbox, odoo):
        newest = odoo.search_read("account.analytic.line", [], ["date", "employee_id"], order="date desc", limit=1)[0]
        day = [["date", "=", newest["date"]], ["employee_id", "=", newest["employee_id"]]]
        odoo.call("account.analytic.line", "unlink", odoo.call("account.analytic.line", "search", domain=day))
        count = odoo.call("account.analytic.line", "search_count", domain=[])
        assert act(sandbox, acts.enter_missing_day).endswith("which was missing.")
        assert odoo.call("account.analytic.line", "search_count", domain=[]) > count


class TestPace:
    @pytest.mark.parametrize(("given", "pace"), [({}, life.PACE_S), ({"FIRM_PACE": "0"}, 0), ({"FIRM_PACE": "60"}, 60)])
    def test_is_seconds(self, given, pace):
        assert life.pace_of(given) == pace

    @pytest.mark.parametrize("given", ["often", "-1", "0.2"])
    def test_is_refused_with_a_sentence(self, given):
        with pytest.raises(SystemExit, match=r"give seconds from 1 to 86400"):
            life.pace_of({"FIRM_PACE": given})
