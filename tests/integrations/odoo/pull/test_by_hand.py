"""`manage.py odoo pull`."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from integrations.odoo.client import UnreachableError
from integrations.odoo.commands import pull as command

TAG = "res.partner.category"


@pytest.fixture
def by_hand(odoo, db, monkeypatch):
    """Run the command against the fake; what it printed."""
    odoo.put(TAG, 1, name="Gold")
    odoo.now += timedelta(minutes=1)
    monkeypatch.setattr(command, "connect", lambda config: odoo)

    def run(*words: str) -> str:
        out = StringIO()
        call_command("odoo", "pull", *words, stdout=out)
        return out.getvalue()

    return run


class TestCommand:
    def test_shows_what_was_read(self, by_hand):
        line = next(line for line in by_hand(TAG).splitlines() if line.startswith(TAG))
        assert line.split()[:7] == [TAG, "done", "1", "1", "0", "0", "0"]

    def test_shows_what_was_gone(self, by_hand, odoo):
        by_hand(TAG)
        odoo.drop(TAG, 1)
        line = next(line for line in by_hand(TAG, "--compare-ids").splitlines() if "compared" in line)
        assert line.split() == [f"{TAG},", "compared", "done", "0", "0", "0", "0", "1"]

    def test_reads_everything_anew_when_asked(self, by_hand, odoo):
        by_hand(TAG)
        odoo.now += timedelta(days=1)
        assert [TAG, "done", "1", "0", "0", "1", "0"] in [
            line.split()[:7] for line in by_hand(TAG, "--whole").splitlines()
        ]

    def test_ends_with_the_sentence_of_what_failed(self, by_hand, odoo):
        def refuse(*_):
            raise UnreachableError("Odoo at odoo.test does not answer.", maybe_done=False)

        odoo.spoil = refuse
        with pytest.raises(CommandError, match=r"^Odoo at odoo.test does not answer\.$"):
            by_hand()

    def test_believes_that_many_were_deleted_when_told_so(self, by_hand, odoo):
        for id_ in range(2, 80):
            odoo.put(TAG, id_, name="Silver")
        odoo.now += timedelta(minutes=1)
        by_hand(TAG)
        odoo.drop(TAG, *range(1, 80))
        with pytest.raises(CommandError, match="--accept-vanished"):
            by_hand(TAG, "--compare-ids")
        assert [f"{TAG},", "compared", "done", "0", "0", "0", "0", "79"] in [
            line.split() for line in by_hand(TAG, "--accept-vanished").splitlines()
        ]

    def test_says_which_models_there_are(self, by_hand):
        with pytest.raises(CommandError, match=r"No map for stock.picking\. There are maps for res.company"):
            by_hand("stock.picking")

    def test_says_that_another_round_is_under_way(self, by_hand, monkeypatch):
        monkeypatch.setattr(command, "pull_round", lambda *_, **__: [])
        with pytest.raises(CommandError, match="Another round is under way"):
            by_hand()
