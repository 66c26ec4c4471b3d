"""`manage.py odoo check | plan | apply | destroy`: what it says and how it ends."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from rich.console import Console
from rich.progress import Progress

from delivery import guards
from integrations.mirror.models import Installation
from integrations.odoo import checking, installation
from integrations.odoo.commands import pull
from integrations.odoo.hints.manifest import why_none
from tests.contract.world import World
from tests.sandbox import Running, running

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def sandbox(django_db_setup: None, django_db_blocker: Any) -> Iterator[Running]:
    with django_db_blocker.unblock(), running("command") as sandbox:
        yield sandbox


@pytest.fixture
def odoo(sandbox: Running, settings: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    """The sandbox as it was seeded; the cockpit's settings and the administrator's variables lead to it."""
    sandbox.reset()
    for name, value in sandbox.env.items():
        if name.startswith("ODOO_ADMIN_"):
            monkeypatch.setenv(name, value)
    names = ("URL", "DB", "LOGIN", "API_KEY", "PASSWORD")
    settings.ODOO = {**settings.ODOO, "TRANSPORT": "auto", **{name: sandbox.env[f"ODOO_{name}"] for name in names}}
    return World(sandbox.env, "json2")


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("odoo", *words, stdout=out)
    return out.getvalue()


def fails(*words: str) -> str:
    """What it prints, and the sentence that it ends with."""
    out = io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("odoo", *words, stdout=out)
    return f"{out.getvalue()}{caught.value}"


class TestCheck:
    def test_passes_where_everything_is_there(self, odoo):
        run("apply", "--yes")
        said = run("check")
        assert "The cockpit can work with this Odoo." in said
        assert not re.search(r"^(fail|warn)", said, re.MULTILINE)
        assert "over json2" in said

    def test_warns_while_there_is_no_guard(self, odoo):
        assert re.search(r"warn +guard +Odoo holds nothing back yet: `manage.py odoo apply`", run("check"))

    @pytest.mark.parametrize(
        ("setting", "value", "words"),
        [
            ("URL", "", "ODOO_URL is empty"),
            ("URL", "http://127.0.0.1:9", "nothing listens there"),
            ("DB", "elsewhere", "serves no database 'elsewhere'"),
            ("API_KEY", "wrong", "ODOO_API_KEY"),
            ("LOGIN", "somebody", "The API key belongs to 'cockpit'"),
        ],
    )
    def test_names_what_keeps_it_from_connecting(self, odoo, settings, setting, value, words):
        settings.ODOO = {**settings.ODOO, setting: value}
        said = fails("check")
        assert re.search(rf"fail +connection +.*{words}", said.replace("\n", " "))
        assert "1 thing to put right." in said

    def test_says_what_an_absent_model_would_add_without_failing(self, odoo):
        said = _flat(run("check"))
        assert (
            "absent planning.slot Odoo has no such model. For availability from planned shifts: install planning"
            in said
        )
        assert " fields; not there: validated (timesheet_grid)" in said

    def test_names_a_model_that_is_not_there_and_its_module(self, odoo, monkeypatch):
        renamed = _without(monkeypatch, "hr.leave")
        assert f"Odoo has no model {renamed}: install its module hr_holidays." in _flat(fails("check"))

    def test_names_a_field_that_is_not_there(self, odoo, monkeypatch):
        _change_map(monkeypatch, "res.partner", fields={"name": "x_no_field"})
        assert "reads the field 'x_no_field', which the server's res.partner does not have" in _flat(fails("check"))

    def test_names_the_right_that_is_missing(self, odoo, settings):
        settings.ODOO = {**settings.ODOO, "LOGIN": odoo.login("eve"), "API_KEY": "", "PASSWORD": "eve"}
        said = _flat(fails("check"))
        assert re.search(rf"fail account\.move .*{odoo.login('eve')}", said)
        assert f"'{odoo.login('eve')}' may not change records of account.move" in said
        assert "a group that may, like Invoicing." in said

    def test_names_a_user_who_may_not_release(self, odoo, settings):
        run("apply", "--yes")
        settings.ODOO = {**settings.ODOO, "LOGIN": odoo.login("ann"), "API_KEY": "", "PASSWORD": "ann"}
        assert f"'{odoo.login('ann')}' may not release: run `manage.py odoo apply`" in _flat(fails("check"))

    def test_names_another_database_under_the_same_address(self, odoo):
        run("apply", "--yes")
        Installation.objects.update(mark="another")
        assert re.search(r"fail database .*another database", _flat(fails("check")))

    def test_pins_no_database_by_looking(self, odoo):
        run("check")
        assert not Installation.objects.exists()

    def test_names_a_rule_that_was_switched_off(self, odoo):
        run("apply", "--yes")
        rule = odoo.admin.search_read("base.automation", [("name", "=", "Cockpit: posting needs a release")], ["id"])
        odoo.admin.call("base.automation", "write", [rule[0]["id"]], vals={"active": False})
        assert "cockpit.rule_invoice_post has another active" in _flat(fails("check"))

    def test_says_no_secret(self, odoo, settings):
        said = run("check")
        assert settings.ODOO["API_KEY"] not in said


class TestFields:
    @pytest.fixture
    def risk(self, odoo):
        """A field of the firm's own on contacts."""
        model = odoo.admin.search_read("ir.model", [("model", "=", "res.partner")], ["id"])[0]["id"]
        values = {"name": "x_risk", "field_description": "Risk", "model_id": model, "ttype": "float"}
        [made] = odoo.admin.call("ir.model.fields", "create", vals_list=[values])
        yield
        odoo.admin.call("ir.model.fields", "unlink", [made])

    def test_offers_what_could_be_a_fact_as_an_entry_to_copy(self, odoo, risk):
        said = run("fields", "--all")
        assert "No field of your own is a fact" in said
        assert 'model = "res.partner"\nfield = "x_risk"\nkey = "risk"\nlabel = "Risk"\ntype = "number"' in said

    def test_holds_the_file_against_odoo(self, odoo, risk, settings, tmp_path):
        entry = '[[field]]\nmodel = "res.partner"\nfield = "{}"\nkey = "{}"\nlabel = "Risk"\ntype = "number"\n'
        path = tmp_path / "fields.toml"
        settings.ODOO = {**settings.ODOO, "FIELDS": str(path)}
        path.write_text(entry.format("x_risk", "risk"))
        assert "ok res.partner.x_risk own_risk (number): Risk" in _flat(run("fields"))
        path.write_text(entry.format("x_risk", "risk") + entry.format("x_gone", "gone"))
        said = _flat(fails("fields"))
        assert "res.partner has no field 'x_gone'" in said
        assert "1 of 2 fields can't be read" in said
        path.write_text("[[field]")
        assert "no TOML" in fails("fields")


class TestPlan:
    def test_lists_what_is_missing_and_changes_nothing(self, odoo):
        said = run("plan")
        assert re.search(r"\+ +cockpit\.group_release \(res\.groups\)", said)
        assert re.search(r"\d+ to create, 0 to change, 0 to delete\.", said)
        assert installation.database_id(odoo.client) is None
        assert run("plan") == said

    def test_shows_where_edited_code_differs(self, odoo):
        run("apply", "--yes")
        name = [("name", "=", "Cockpit: posting needs a release")]
        action = odoo.admin.search_read("ir.actions.server", name, ["code"])[0]
        code = action["code"].replace("raise UserError", "log")
        odoo.admin.call("ir.actions.server", "write", [action["id"]], vals={"code": code})
        said = run("plan")
        assert re.search(r"~ +cockpit\.action_invoice_post \(ir\.actions\.server\) +code +….*log\(", said)
        with pytest.raises(SystemExit) as ended:
            run("plan", "--check")
        assert ended.value.code == 1

    def test_needs_an_administrator(self, odoo, monkeypatch):
        monkeypatch.setenv("ODOO_ADMIN_LOGIN", "cockpit")
        monkeypatch.setenv("ODOO_ADMIN_API_KEY", odoo.env["ODOO_API_KEY"])
        assert "'cockpit' is no administrator of Odoo" in fails("plan")

    @pytest.mark.parametrize(("name", "value"), [("ODOO_ADMIN_API_KEY", "wrong"), ("ODOO_ADMIN_LOGIN", "stranger")])
    def test_names_the_administrators_variables_when_they_are_wrong(self, odoo, monkeypatch, name, value):
        monkeypatch.setenv(name, value)
        said = fails("plan")
        assert name in said
        assert not re.search(r"ODOO_(LOGIN|API_KEY|PASSWORD)\b", said)

    def test_asks_for_the_administrator_only_on_a_terminal(self, odoo, monkeypatch):
        for name in ("ODOO_ADMIN_LOGIN", "ODOO_ADMIN_API_KEY", "ODOO_ADMIN_PASSWORD"):
            monkeypatch.delenv(name)
        assert "set ODOO_ADMIN_LOGIN and ODOO_ADMIN_API_KEY" in fails("plan")


class TestHints:
    @pytest.fixture
    def reachable(self, odoo, db, settings):
        settings.ODOO = {**settings.ODOO, "HINTS_URL": "http://127.0.0.1:9", "HINTED_MODELS": ["account.move"]}

        def addresses():
            hooks = odoo.admin.search_read("ir.actions.server", [("state", "=", "webhook")], ["webhook_url"])
            return {hook["webhook_url"] for hook in hooks}

        return addresses

    def test_are_declared_once_odoo_reaches_us(self, reachable):
        assert "sends no hints" not in run("apply", "--yes")
        assert [each.startswith("http://127.0.0.1:9/hints/odoo/") for each in reachable()] == [True]
        assert run("apply", "--yes") == "Odoo holds everything as declared.\n"

    def test_get_another_address(self, reachable):
        run("apply", "--yes")
        before = reachable()
        run("apply", "--yes", "--new-hint-address")
        assert len(before | reachable()) == 2

    def test_end_when_nobody_wants_them_and_stay_so(self, reachable):
        run("apply", "--yes")
        assert "will send no hints" in run("apply", "--yes", "--without-hints")
        assert reachable() == set()
        assert "they are turned off" in run("apply", "--yes")
        run("apply", "--yes", "--new-hint-address")
        assert len(reachable()) == 1

    def test_are_not_promised_where_odoo_can_not_reach_us(self, odoo, db, settings):
        settings.ODOO = {**settings.ODOO, "HINTS_URL": "http://localhost:8000", "URL": "https://odoo.example.com"}
        assert "which is this machine alone" in why_none()


class TestApply:
    def test_makes_it_so_and_then_finds_nothing_to_do(self, odoo):
        assert "Done: Odoo holds everything as declared." in run("apply", "--yes")
        assert run("apply", "--yes").startswith("Odoo holds everything as declared.\nOdoo sends no hints: ")
        assert guards.published_guard(odoo.client)["x_mode"] == "off"

    def test_asks_first(self, odoo, monkeypatch):
        monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
        assert "Nothing was changed." in fails("apply")
        assert installation.database_id(odoo.client) is None

    def test_does_nothing_when_nobody_answers(self, odoo, monkeypatch):
        monkeypatch.setattr("sys.stdin", io.StringIO(""))
        assert "Say --yes" in fails("apply")

    def test_takes_a_password_too(self, odoo, monkeypatch):
        monkeypatch.delenv("ODOO_ADMIN_API_KEY")
        assert "Done" in run("apply", "--yes")

    @pytest.mark.parametrize("word", ["plan", "apply", "destroy"])
    def test_and_its_like_leave_another_database_alone(self, odoo, word):
        Installation.objects.create(
            pk=1, url="http://a", database="a", mark="", born="somebody else", pinned_at="2026-11-01T00:00:00Z"
        )
        words = [word] if word == "plan" else [word, "--yes"]
        assert "another database" in fails(*words)
        assert installation.database_id(odoo.client) is None


class TestDestroy:
    def test_can_be_followed_by_another_apply(self, odoo):
        run("apply", "--yes")
        first = installation.database_id(odoo.client)
        assert Installation.objects.get().mark == first
        run("destroy", "--yes")
        run("apply", "--yes")
        assert Installation.objects.get().mark == installation.database_id(odoo.client) != first
        assert "can work with this Odoo" in run("check")

    def test_takes_everything_away(self, odoo):
        run("apply", "--yes")
        assert re.search(r"Done: \d+ records taken away\.", run("destroy", "--yes"))
        assert odoo.admin.search_read("ir.model.data", [("module", "=", "cockpit")], ["name"]) == []
        assert run("destroy", "--yes") == "There is nothing of the cockpit in this Odoo.\n"


def _flat(text: str) -> str:
    """Without the table's padding and line ends."""
    return re.sub(r"\s+", " ", text)


def _without(monkeypatch: pytest.MonkeyPatch, model: str) -> str:
    """Let the map of a model ask for one that this Odoo lacks."""
    _change_map(monkeypatch, model, odoo_model=f"{model}.gone")
    monkeypatch.setitem(checking.MODULES, f"{model}.gone", checking.MODULES[model])
    return f"{model}.gone"


def _change_map(monkeypatch: pytest.MonkeyPatch, model: str, **changes: Any) -> None:
    maps = tuple(replace(each, **changes) if each.odoo_model == model else each for each in checking.MAPS)
    monkeypatch.setattr(checking, "MAPS", maps)


class TestTerminal:
    def test_shows_rows_how_many_how_fast_and_how_long_still(self):
        out, clock = io.StringIO(), iter(range(0, 10_000, 10))
        console = Console(file=out, force_terminal=True, width=120, color_system=None)
        progress = Progress(*pull.COLUMNS, console=console, get_time=lambda: float(next(clock)), auto_refresh=False)
        show = pull._bars(progress)
        for read in (0, 1_000, 2_000, 3_000):
            show("account.move", read, 50_000)
        console.print(progress.get_renderable())
        said = out.getvalue()
        assert "account.move" in said
        assert "3,000/50,000" in said
        assert re.search(r"\d+/s", said)
        assert re.search(r"0:\d\d:\d\d", said)
