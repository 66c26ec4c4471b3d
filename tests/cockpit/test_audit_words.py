"""What people write: proven while it is there, gone without a trace when it is erased, and the chain holds."""

import pgtrigger
import pytest
from django.db import DatabaseError, connection, transaction

from cockpit import audit
from cockpit.audit import offline
from cockpit.audit.models import Entry, Words
from tests.cockpit.fakes import MONDAY

pytestmark = pytest.mark.django_db
NOTE = "Größe ‘ok’ for Clara \U0001f600"


@pytest.fixture
def entry(ann, tmp_path, settings) -> Entry:
    settings.COCKPIT_HOME = tmp_path
    return audit.record("case:1", "case.close", actor=ann, at=MONDAY, data={"a": 1}, words={"note": NOTE, "why": ""})


class TestWords:
    def test_stand_beside_the_entry_which_keeps_their_salted_hash(self, entry):
        kept = Words.objects.get()
        assert entry.data == {"a": 1, "note": {"sha256": kept.digest}}
        assert (kept.text, kept.subject, kept.seq, kept.key) == (NOTE, "case:1", 1, "note")
        assert kept.digest == offline.sha(f"{kept.salt}\n{NOTE}") != offline.sha(NOTE)
        assert audit.spoken([entry]) == {entry.pk: {"note": NOTE}}
        assert audit.verify() == []

    def test_have_another_hash_each_time(self, entry, ann):
        again = audit.record("case:1", "case.close", actor=ann, at=MONDAY, words={"note": NOTE})
        assert again.data["note"] != entry.data["note"]

    def test_can_be_erased_and_the_chain_still_verifies(self, entry):
        digest = entry.data["note"]["sha256"]
        assert audit.erase_words([digest, "no such"], at=MONDAY) == [digest]
        assert audit.erase_words([digest], at=MONDAY) == [], "twice is once"
        kept = Words.objects.get()
        assert (kept.text, kept.salt, kept.erased_at) == ("", "", MONDAY)
        assert audit.spoken([entry]) == {entry.pk: {"note": ""}}
        assert audit.verify() == []

    @pytest.mark.parametrize(
        "change", ["text = 'another'", "salt = ''", "digest = md5(digest)", "erased_at = now()", "seq = 2"]
    )
    def test_refuse_to_be_changed(self, entry, change):
        with pytest.raises(DatabaseError, match="only be erased"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE audit_words SET {change}")

    @pytest.mark.parametrize("act", ["DELETE FROM audit_words", "TRUNCATE audit_words"])
    def test_refuse_to_go(self, entry, act):
        refusal = pytest.raises(DatabaseError, match=r"Cannot delete|cannot be emptied")
        with refusal, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(act)

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ("UPDATE audit_words SET text = 'another'", "case:1: what entry 1 says as note is not what was written."),
            ("UPDATE audit_words SET subject = 'case:2'", "case:1: what entry 1 says as note is missing."),
            ("DELETE FROM audit_words", "case:1: what entry 1 says as note is missing."),
        ],
    )
    def test_are_named_when_somebody_changes_them_all_the_same(self, entry, change, says):
        with pgtrigger.ignore(), connection.cursor() as cursor:
            cursor.execute(change)
        assert [str(finding) for finding in audit.verify()] == [says]

    def test_that_cannot_be_stored_are_refused(self, ann):
        with pytest.raises(audit.AuditError, match="cannot be stored"):
            audit.record("case:1", "case.close", actor=ann, at=MONDAY, words={"note": "a\x00b"})

    def test_cost_one_query_for_a_hundred_acts(self, ann):
        acts = [audit.Act(f"case:{number}", "case.close", words={"note": str(number)}) for number in range(100)]
        audit.record_all(acts[:1], actor=ann, at=MONDAY)
        plain = [audit.Act(act.subject, act.verb) for act in acts]
        with connection.execute_wrapper(counting := Counting()):
            audit.record_all(plain, actor=ann, at=MONDAY)
        with connection.execute_wrapper(more := Counting()):
            audit.record_all(acts, actor=ann, at=MONDAY)
        assert more.count - counting.count <= 1


class Counting:
    def __init__(self):
        self.count = 0

    def __call__(self, execute, sql, params, many, context):
        self.count += 1
        return execute(sql, params, many, context)
