import json
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from cockpit import audit
from cockpit.audit import sealing
from cockpit.audit.models import Entry, Leaf, Seal
from cockpit.audit.sealing import merkle_root
from tests.cockpit.fakes import MONDAY, at_once

pytestmark = pytest.mark.django_db


def record(subject="case:1"):
    return audit.record(subject, "case.open", actor="system:test", at=MONDAY)


class TestSeal:
    def test_covers_each_entry_once(self):
        record(), record()
        first = audit.seal(MONDAY)
        record()
        second = audit.seal(MONDAY + timedelta(minutes=1))
        assert (first.seq, first.entries, second.seq, second.entries) == (1, 2, 2, 1)
        assert second.prev_hash == first.hash
        assert audit.seal(MONDAY) is None
        assert Leaf.objects.count() == Entry.objects.count() == 3

    @pytest.mark.django_db(transaction=True)
    def test_covers_an_entry_that_commits_late_with_a_lower_id(self, tmp_path):
        written, go = threading.Event(), threading.Event()

        def slow():
            with transaction.atomic():
                entry = record("case:slow")
                written.set()
                assert go.wait(10)
            return entry.pk

        def fast():
            assert written.wait(10)
            with transaction.atomic():
                entry = record("case:fast")
            audit.seal(MONDAY)
            go.set()
            return entry.pk

        late, early = at_once(slow, fast)
        assert late < early, "the late one has the lower id"
        assert list(Leaf.objects.values_list("entry_id", flat=True)) == [early]
        audit.seal(MONDAY)
        assert set(Leaf.objects.values_list("entry_id", flat=True)) == {late, early}
        assert audit.verify(tmp_path) == []

    @pytest.mark.django_db(transaction=True)
    def test_is_made_by_one_sealer_at_a_time(self, tmp_path):
        with transaction.atomic():
            record()
        made = at_once(*[lambda: audit.seal(MONDAY)] * 4)
        assert sorted(type(one).__name__ for one in made) == ["NoneType"] * 3 + ["Seal"]
        assert audit.verify(tmp_path) == []

    def test_looks_back_over_a_window_and_the_daily_one_over_everything(self, monkeypatch, tmp_path):
        monkeypatch.setattr(sealing, "LOOK_BACK", 1)
        entries = [record(f"case:{number}") for number in range(5)]
        with connection.cursor() as cursor:  # as if the first had committed long after the last
            cursor.execute(
                "INSERT INTO audit_seal VALUES (1, now(), 1, '', '', '');"
                "INSERT INTO audit_leaf VALUES (%s, 0, 'case:4', 1, '', 1)",
                [entries[-1].pk],
            )
        assert audit.seal(MONDAY) is None
        assert audit.seal(MONDAY, everything=True).entries == 4

    def test_takes_no_more_than_it_can_hold_and_goes_on(self, monkeypatch, tmp_path):
        monkeypatch.setattr(sealing, "MOST_ENTRIES", 2)
        for number in range(5):
            record(f"case:{number}")
        sealing.daily_root(MONDAY, tmp_path)
        assert list(Seal.objects.order_by("seq").values_list("entries", flat=True)) == [2, 2, 1]
        assert audit.verify(tmp_path) == []


class TestDailyRoot:
    def test_seals_what_is_left_and_leaves_the_database(self, tmp_path):
        record()
        path = audit.daily_root(MONDAY, tmp_path / "roots")
        assert path.name == "2026-11-23.json"
        seal = Seal.objects.get()
        assert json.loads(path.read_text()) == {
            "at": "2026-11-23T09:00:00.000000Z",
            "seals": 1,
            "entries": 1,
            "hash": seal.hash,
            "subjects": 1,
            "ends": merkle_root([sealing.head_leaf("case:1", 1, Entry.objects.get().hash)]),
        }
        assert [file.name for file in path.parent.iterdir()] == ["2026-11-23.json"]

    def test_stands_once_written(self, tmp_path):
        first = audit.daily_root(MONDAY, tmp_path).read_text()
        record()
        assert audit.daily_root(MONDAY + timedelta(hours=1), tmp_path).read_text() == first
        assert audit.verify(tmp_path) == []

    def test_is_not_fooled_by_a_half_written_one(self, tmp_path):
        (tmp_path / "2026-11-23.half").write_text('{"se')
        assert json.loads(audit.daily_root(MONDAY, tmp_path).read_text())["seals"] == 0
        assert audit.verify(tmp_path) == []


class TestMerkleRoot:
    def test_tells_order_number_and_content_apart(self):
        a, b, c = ("a" * 64, "b" * 64, "c" * 64)
        roots = [merkle_root(leaves) for leaves in ([a], [b], [a, b], [b, a], [a, b, c], [a, b, c, c], [a, c, b])]
        assert len(set(roots)) == len(roots)

    def test_is_the_published_shape(self):
        """RFC 6962, section 2.1: two leaves hash to SHA-256(1 | SHA-256(0 | a) | SHA-256(0 | b))."""
        import hashlib

        leaf = [hashlib.sha256(b"\x00" + bytes.fromhex(digest * 64)).digest() for digest in "ab"]
        assert merkle_root(["a" * 64, "b" * 64]) == hashlib.sha256(b"\x01" + leaf[0] + leaf[1]).hexdigest()
