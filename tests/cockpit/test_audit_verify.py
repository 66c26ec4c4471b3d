"""Promise 12: the audit chain verifies; one changed byte, or a cut-off tail, is named."""

import json
from datetime import timedelta

import pgtrigger
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from cockpit import audit
from cockpit.audit.canonical import link_hash
from cockpit.audit.models import Entry, PersonRef
from cockpit.audit.services import content_of
from tests.cockpit.fakes import MONDAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def trail(ann, ben, tmp_path, settings):
    """Five entries about case 1 and two about case 2, sealed in two seals; the day's root is outside."""
    settings.COCKPIT_HOME = tmp_path
    for number in range(1, 6):
        at = MONDAY + timedelta(minutes=number)
        audit.record(
            "case:1", f"case.act{number}", actor=ann, for_person=ben, at=at, data={"number": number, "text": "a"}
        )
        if number == 3:
            audit.seal(at)
    for _ in range(2):
        audit.record("case:2", "case.open", actor="system:test", at=MONDAY)
    audit.daily_root(MONDAY, tmp_path / "audit-roots")
    assert audit.verify() == []


def tamper(sql, *params):
    with pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        assert cursor.rowcount, "nothing was tampered with"


def set_head_back():
    third = Entry.objects.get(subject="case:1", seq=3)
    tamper("UPDATE audit_head SET seq = 3, hash = %s WHERE subject = 'case:1'", third.hash)


def named() -> list[str]:
    return [str(finding) for finding in audit.verify()]


class TestOneChangedByte:
    @pytest.mark.parametrize(
        "change",
        [
            "data = jsonb_set(data, '{text}', '\"b\"')",
            "data = jsonb_set(data, '{number}', '4.0000001')",
            "data = data || '{\"more\": 1}'",
            "verb = 'case.act9'",
            "actor = for_person",
            "for_person = ''",
            "at = at + interval '1 microsecond'",
            "at = 'infinity'",
            "hash = translate(hash, '0123456789abcdef', '123456789abcdef0')",
        ],
    )
    def test_is_named(self, trail, change):
        tamper(f"UPDATE audit_entry SET {change} WHERE subject = 'case:1' AND seq = 2")
        findings = audit.verify()
        assert [(finding.where, finding.seq) for finding in findings] == [("case:1", 2)]

    def test_is_named_when_an_entry_moves_to_another_subject(self, trail):
        tamper("UPDATE audit_entry SET subject = 'case:3' WHERE subject = 'case:1' AND seq = 4")
        assert {(finding.where, finding.seq) for finding in audit.verify()} == {("case:1", 4), ("case:3", 1)}

    def test_is_named_by_the_link_when_only_the_link_changed(self, trail):
        tamper("UPDATE audit_entry SET prev_hash = repeat('a', 64) WHERE subject = 'case:1' AND seq = 3")
        assert named() == ["case:1: entry 3 (case.act3) does not name the entry before it."]

    def test_is_named_by_the_seal_when_the_whole_chain_was_rewritten(self, trail):
        """Whoever recomputes every later hash and the head still has the seals against them."""
        prev = Entry.objects.get(subject="case:1", seq=1).hash
        for entry in Entry.objects.filter(subject="case:1", seq__gte=2).order_by("seq"):
            entry.data["text"] = "forged"
            entry.prev_hash = prev
            prev = entry.hash = link_hash(prev, content_of(entry))
            with pgtrigger.ignore():
                entry.save()
        tamper("UPDATE audit_head SET hash = %s WHERE subject = 'case:1'", prev)
        assert named() == ["case:1: entry 2 of seal 1 is not the one that was sealed."]

    def test_is_named_in_a_seal(self, trail):
        tamper("UPDATE audit_seal SET at = at + interval '1 second' WHERE seq = 1")
        assert [(finding.where, finding.seq) for finding in audit.verify()] == [("seal 1", 1)]

    def test_is_named_in_a_leaf(self, trail):
        tamper("UPDATE audit_leaf SET hash = repeat('a', 64) WHERE subject = 'case:2' AND seq = 1")
        assert named() == [
            "case:2: entry 1 of seal 2 is not the one that was sealed.",
            "seal 2: its root does not fit the entries it covers.",
        ]

    def test_is_named_when_an_act_is_put_on_somebody_else(self, trail, ann):
        PersonRef.objects.filter(person_id=ann.pk).update(person_id=4711)
        assert "now points to somebody else" in named()[0]

    def test_is_named_when_nothing_is_kept_about_an_actor(self, trail, ann):
        tamper("DELETE FROM audit_personref WHERE person_id = %s", ann.pk)
        assert "nothing is kept about this person, who acts in case:1 entry 1" in named()[0]


class TestCutOffTail:
    def test_is_named(self, trail):
        tamper("DELETE FROM audit_entry WHERE subject = 'case:1' AND seq >= 4")
        assert named() == ["case:1: the tail is cut off: entries 4 to 5 are missing."]

    def test_is_named_when_the_head_was_set_back_too(self, trail):
        tamper("DELETE FROM audit_entry WHERE subject = 'case:1' AND seq >= 4")
        set_head_back()
        assert named() == ["case:1: entry 4 of seal 2 is missing."]

    def test_is_named_when_a_subject_is_gone_altogether(self, trail):
        tamper("DELETE FROM audit_entry WHERE subject = 'case:2'")
        assert named() == ["case:2: all entries, 1 to 2, are missing."]
        tamper("DELETE FROM audit_head WHERE subject = 'case:2'")
        assert named() == ["case:2: entry 1 of seal 2 is missing."]

    def test_is_named_when_the_leaves_went_with_it(self, trail):
        tamper("DELETE FROM audit_entry WHERE subject = 'case:2'")
        tamper("DELETE FROM audit_head WHERE subject = 'case:2'")
        tamper("DELETE FROM audit_leaf WHERE subject = 'case:2'")
        ends = "2026-11-23.json: chains ended elsewhere on that day."
        assert named() == ["seal 2: it covers 4 entries; 2 are left.", ends]

    def test_is_named_by_the_root_outside_when_the_last_seal_went_with_it(self, trail):
        tamper("DELETE FROM audit_entry WHERE subject = 'case:2' OR seq >= 4")
        tamper("DELETE FROM audit_head WHERE subject = 'case:2'")
        set_head_back()
        tamper("DELETE FROM audit_leaf WHERE seal_id = 2")
        tamper("DELETE FROM audit_seal WHERE seq = 2")
        assert named() == ["2026-11-23.json: it knows 2 seals, the database only 1."]

    def test_of_the_seals_is_named(self, trail):
        tamper("DELETE FROM audit_leaf WHERE seal_id = 1")
        tamper("DELETE FROM audit_seal WHERE seq = 1")
        assert named()[0] == "seal 2: the seal before it is 0; what lies between is missing."

    def test_of_a_seal_whose_leaves_stay_is_named(self, trail):
        """Whoever owns the tables can drop the foreign key too."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = 'audit_leaf'::regclass AND contype = 'f'"
            )
            cursor.execute(f"ALTER TABLE audit_leaf DROP CONSTRAINT {cursor.fetchone()[0]}")
        tamper("DELETE FROM audit_seal WHERE seq = 2")
        assert "seal 2: it is missing; 4 entries say they are in it." in named()

    def test_in_the_middle_is_named(self, trail):
        tamper("DELETE FROM audit_entry WHERE subject = 'case:1' AND seq = 3")
        assert named() == ["case:1: entry 3 is missing; the next one is 4."]

    def test_of_an_entry_that_no_seal_covers_yet_is_named_by_the_head(self, trail):
        audit.record("case:9", "case.open", actor="system:test", at=MONDAY)
        tamper("DELETE FROM audit_entry WHERE subject = 'case:9'")
        assert named() == ["case:9: all entries, 1 to 1, are missing."]

    def test_leaves_a_missing_head_named(self, trail):
        tamper("DELETE FROM audit_head WHERE subject = 'case:1'")
        assert named() == ["case:1: the head is missing; the last entry is 5."]


class TestRootFile:
    def test_is_named_when_it_tells_another_story(self, trail, tmp_path):
        path = tmp_path / "audit-roots" / "2026-11-23.json"
        root = json.loads(path.read_text())
        path.chmod(0o644)
        path.write_text(json.dumps({**root, "hash": "a" * 64}))
        assert named() == ["2026-11-23.json: seal 2 was another one on that day."]

    @pytest.mark.parametrize("text", ["", "[]", '{"seals": 1}', "\xff", '{"seals": "x", "entries": 1, "hash": ""}'])
    def test_is_named_when_it_cannot_be_read(self, trail, tmp_path, text):
        (tmp_path / "audit-roots" / "2026-11-24.json").write_text(text, encoding="latin-1")
        assert named() == ["2026-11-24.json: this root file cannot be read."]

    def test_of_an_older_database_is_named_after_a_newer_one(self, trail, tmp_path):
        root = {"seals": 7, "entries": 9000, "hash": "a" * 64}
        (tmp_path / "audit-roots" / "2026-11-25.json").write_text(json.dumps(root))
        assert named() == ["2026-11-25.json: it knows 7 seals, the database only 2."]


class TestCommand:
    def test_ends_well_on_an_intact_trail(self, trail, capsys):
        call_command("audit", "verify")
        assert capsys.readouterr().out == "The audit trail is intact: 7 entries, 2 seals.\n"

    def test_ends_with_an_error_that_the_output_explains(self, trail, capsys):
        tamper("UPDATE audit_entry SET verb = 'x' WHERE subject = 'case:1' AND seq = 2")
        with pytest.raises(CommandError, match=r"not intact: 1 finding") as ended:
            call_command("audit", "verify")
        assert ended.value.returncode == 1
        assert capsys.readouterr().out == "case:1: entry 2 (x) is not what was written.\n"

    def test_seals_and_writes_the_root(self, trail, tmp_path, capsys):
        audit.record("case:1", "case.act6", actor="system:test", at=MONDAY)
        call_command("audit", "seal")
        call_command("audit", "seal")
        call_command("audit", "root", folder=tmp_path / "elsewhere")
        said = capsys.readouterr().out.splitlines()
        assert said[:2] == ["Seal 3 covers 1 entries.", "Everything is sealed."]
        assert said[2].startswith(f"Root written to {tmp_path}/elsewhere/")
