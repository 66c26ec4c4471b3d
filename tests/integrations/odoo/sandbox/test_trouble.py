"""`make trouble`: the demo's Odoo becomes slow, goes away, and comes back."""

import pytest

from integrations.odoo.client import UnreachableError
from integrations.odoo.sandbox import trouble
from tests.sandbox import TOKEN


@pytest.fixture
def home(sandbox, tmp_path, monkeypatch):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "sandbox-token").write_text(f"{TOKEN}\n")
    (tmp_path / "env").write_text(f"SECRET_KEY='a b'\nODOO_URL={sandbox.url}\n")
    monkeypatch.setenv("COCKPIT_HOME", str(tmp_path))
    return tmp_path


def make(monkeypatch, *words):
    monkeypatch.setattr("sys.argv", ["trouble", *words])
    return trouble.main()


class TestTrouble:
    def test_lasts_until_it_is_ended(self, home, odoo, monkeypatch, capsys):
        count = odoo.call("account.move", "search_count", domain=[])
        assert make(monkeypatch, "away") == 0
        assert "make trouble WHICH=none" in capsys.readouterr().out
        for _ in range(2):
            with pytest.raises(UnreachableError):
                odoo.call("account.move", "search_count", domain=[])
        assert make(monkeypatch, "none") == 0
        assert odoo.call("account.move", "search_count", domain=[]) == count

    def test_of_being_away_does_nothing_that_was_asked(self, home, sandbox, odoo, monkeypatch):
        make(monkeypatch, "away")
        with pytest.raises(UnreachableError):
            odoo.call("res.partner", "create", vals_list=[{"name": "Never made"}])
        make(monkeypatch, "none")
        assert odoo.search_read("res.partner", [["name", "=", "Never made"]], ["id"]) == []

    def test_replaces_the_one_before(self, home, sandbox, monkeypatch):
        make(monkeypatch, "slow")
        make(monkeypatch, "errors")
        assert [fault["kind"] for fault in sandbox.store.faults] == ["500"]

    def test_is_named(self, monkeypatch, capsys):
        assert make(monkeypatch, "hail") == 2
        assert "slow, away, errors, none" in capsys.readouterr().err

    def test_needs_a_demo_that_runs(self, home, monkeypatch, capsys):
        (home / "env").write_text("ODOO_URL=http://127.0.0.1:9\n")
        assert make(monkeypatch, "slow") == 1
        assert "Does `make run` run there?" in capsys.readouterr().err
