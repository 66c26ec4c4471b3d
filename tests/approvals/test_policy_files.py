"""A decision table as a file: what is wrong with it is said with its row."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from approvals import services
from approvals.models import PolicyVersion
from approvals.policy import PolicyError
from approvals.policy_files import read, seconds
from tests import cast

ROW = "kind: invoice_release\nrules:\n  - "


class TestRead:
    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("{", "This is not YAML"),
            ("just words", "A policy file has `kind`"),
            ("kind: x\nrules: 3", "A policy file has `kind`"),
            ("kind: x\nmode: maybe\nrules: []", "not 'maybe'"),
            (ROW + "[]", "Row 1 is not a mapping"),
            (ROW + "{name: Large, whenn: []}", r"Row 1 \(Large\)|whenn means nothing here"),
            (ROW + "{when: [{fact: amount, value: 5}]}", "a condition is written as"),
            (ROW + "{when: [{fact: amount, op: over, value: 5}]}", "'over' is no operator"),
            (ROW + "{when: [{fact: amount, op: '>', value: much}]}", "'much' is no number"),
            (ROW + "{ask: [finance]}", "who is asked is written as"),
            (ROW + "{ask: [{role: king}]}", "there is no role 'king'"),
            (ROW + "{ask: [{role: finance, within: soon}]}", "'soon' is no span of time"),
        ],
    )
    def test_names_the_row_and_what_to_write(self, text, says):
        with pytest.raises(PolicyError, match=says):
            read(text)

    def test_takes_spans_in_minutes_hours_and_days_of_eight_hours(self):
        assert [seconds(span, "Row 1") for span in ("30 min", "4 h", "2d")] == [1800, 14_400, 57_600]


@pytest.mark.django_db
class TestLoad:
    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("kind: coffee\nrules: []", "There is no kind of request 'coffee'"),
            (ROW + "{when: [{fact: colour, op: '=', value: red}]}", "there is no fact 'colour'"),
            (ROW + "{when: [{fact: amount, op: '>', value: 5}]}", "give its limit a currency"),
            (ROW + "{when: [{fact: origin, op: '=', value: S1, currency: EUR}]}", "takes no currency"),
            (ROW + "{unit: Mars}", "there is no unit 'Mars'; units are .*Halden"),
        ],
    )
    def test_changes_nothing_when_something_is_wrong(self, text, says, tmp_path):
        cast.firm()
        file = tmp_path / "policy.yaml"
        file.write_text(text)
        with pytest.raises(CommandError, match=says):
            call_command("policy", "load", str(file))
        assert not PolicyVersion.objects.exists()

    def test_says_that_a_file_is_missing(self):
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("policy", "load", "nowhere.yaml")

    @pytest.mark.parametrize("file", sorted(Path("policies").glob("*.example.yaml")), ids=lambda file: file.stem)
    def test_takes_every_example(self, file):
        cast.firm()
        call_command("policy", "load", str(file))
        assert PolicyVersion.objects.get().mode == "observe"

    def test_takes_the_example_as_it_stands(self, capsys):
        cast.firm()
        call_command("policy", "load", "policies/invoice_release.example.yaml")
        version = PolicyVersion.objects.get()
        assert (version.mode, version.published_at) == ("observe", None)
        services.publish(version, actor="system:test", at=timezone.now())
        call_command("policy", "show")
        assert "amount above 25000 EUR" in " ".join(capsys.readouterr().out.split())
