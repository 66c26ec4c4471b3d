"""The firm's own fields: what a file may say, what of it fits a server, and what a wrong one is told."""

import os

import pytest

from integrations.mirror.models import Cursor, Partner
from integrations.odoo import own_fields
from integrations.odoo.own_fields import OwnField, OwnFieldsError, parse
from tests.integrations.odoo.pull.conftest import odoo, pull  # noqa: F401

RISK = '[[field]]\nmodel = "res.partner"\nfield = "x_risk"\nkey = "risk_score"\nlabel = "Risk score"\ntype = "number"\n'
KEY_CLIENT = RISK.replace("x_risk", "x_key").replace("risk_score", "is_key").replace('"number"', '"yes_no"')


class TestParse:
    def test_reads_entries(self):
        assert parse(RISK) == (OwnField("res.partner", "x_risk", "risk_score", "Risk score", "number"),)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("[[field]", "no TOML"),
            ('name = "x"', r"holds entries \[\[field\]\] and nothing else"),
            (RISK + 'more = "x"\n', "Entry 1 .* needs the texts model, field, key, label, type, and no more"),
            (RISK.replace("x_risk", "risk"), "'risk' is no field of your own, like x_risk"),
            (RISK.replace("risk_score", "Risk Score"), "the key 'Risk Score' is no name"),
            (RISK.replace('"number"', '"float"'), "the type 'float' is unknown; there are text, number"),
            (RISK + RISK, "names key 'risk_score' twice"),
            (RISK + RISK.replace("risk_score", "other"), "names field 'x_risk' twice"),
        ],
    )
    def test_says_what_is_wrong_and_where(self, text, said):
        with pytest.raises(OwnFieldsError, match=said):
            parse(text)


class TestCheck:
    @pytest.mark.parametrize(
        ("described", "said"),
        [
            ({}, "res.partner has no field 'x_risk' .* from which the fact 'risk_score' is read"),
            ({"x_risk": {"type": "char"}}, "is char, not number: write type = 'text'"),
            ({"x_risk": {"type": "many2one"}}, "is many2one, not number: fields of that type can be no fact"),
            ({"x_risk": {"type": "float", "store": False}}, "is computed anew each time"),
        ],
    )
    def test_says_what_does_not_fit(self, described, said):
        with pytest.raises(OwnFieldsError, match=said):
            parse(RISK)[0].check(described)

    def test_lets_a_fitting_field_pass(self):
        parse(RISK)[0].check({"x_risk": {"type": "integer", "store": True}})


@pytest.fixture
def write(settings, tmp_path):
    """Write the file, always as a later one."""
    path, written = tmp_path / "fields.toml", [0]

    def to(text: str) -> None:
        path.write_text(text)
        written[0] += 1
        os.utime(path, (written[0], written[0]))

    settings.ODOO = {**settings.ODOO, "FIELDS": str(path)}
    return to


class TestPulling:
    @pytest.fixture
    def client(self, odoo):  # noqa: F811
        odoo.fields["res.partner"] |= {"x_risk": {"type": "float"}, "x_key": {"type": "boolean"}}
        odoo.put("res.partner", 7, name="Nordlicht AG", x_risk=0.7, x_key=False)
        odoo.put("res.partner", 8, name="Kranich AG", x_risk=False, x_key=True)
        return odoo

    def extras(self):
        return dict(Partner.objects.values_list("pk", "extra"))

    def test_takes_on_changes_and_drops_them_as_the_file_says(self, client, pull, write):  # noqa: F811
        write("")
        pull()
        assert self.extras() == {7: None, 8: None}
        write(RISK + KEY_CLIENT)
        pull(after_s=600)
        assert self.extras() == {7: {"risk_score": 0.7, "is_key": False}, 8: {"risk_score": 0, "is_key": True}}
        write(RISK.replace("risk_score", "danger"))
        pull(after_s=600)
        assert self.extras() == {7: {"danger": 0.7}, 8: {"danger": 0}}
        write("")
        pull(after_s=600)
        assert self.extras() == {7: None, 8: None}

    def test_is_not_done_by_guess_when_the_server_lacks_one(self, client, pull, write):  # noqa: F811
        write(RISK.replace("x_risk", "x_gone"))
        runs = {run.model: run for run in pull()}
        assert runs["res.partner"].status == "failed"
        assert "res.partner has no field 'x_gone'" in runs["res.partner"].sentence
        assert runs["res.company"].status == "done"
        write(RISK)
        pull()
        assert self.extras()[7] == {"risk_score": 0.7}

    def test_of_a_broken_file_reads_nothing_and_loses_nothing(self, client, pull, write):  # noqa: F811
        write(RISK)
        pull()
        before = Cursor.objects.get(model="res.partner").done_to
        write("[[field]")
        runs = pull()
        assert {run.status for run in runs} == {"failed"}
        assert "no TOML" in runs[0].sentence
        assert Cursor.objects.get(model="res.partner").done_to == before
        assert self.extras()[7] == {"risk_score": 0.7}
        write(RISK)
        assert {run.status for run in pull()} == {"done"}

    def test_names_a_file_that_is_not_there(self, settings):
        settings.ODOO = {**settings.ODOO, "FIELDS": "/nowhere/fields.toml"}
        with pytest.raises(OwnFieldsError, match=r"The file at ODOO_FIELDS, /nowhere/fields.toml, can't be read"):
            own_fields.configured()


class TestLanguage:
    def test_is_asked_for_and_a_change_reads_all_anew(self, odoo, pull, settings, monkeypatch):  # noqa: F811
        asked = []
        usual = odoo.search_read

        def noting(model, *arguments, **options):
            asked.append((model, (options.get("context") or {}).get("lang")))
            return usual(model, *arguments, **options)

        monkeypatch.setattr(odoo, "search_read", noting)
        odoo.put("product.category", 3, name="Beratung")
        settings.ODOO = {**settings.ODOO, "LANG": "en_US"}
        pull()
        assert ("product.category", "en_US") in asked
        settings.ODOO = {**settings.ODOO, "LANG": "de_DE"}
        runs = {run.model: run for run in pull(after_s=3600) if run.kind == "changes"}
        assert ("product.category", "de_DE") in asked
        assert (runs["product.category"].read, runs["product.category"].window_from) == (1, None)
