"""The packet of a request: a stranger proves it with one file, and no change to any part of it goes unseen."""

import hashlib
import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from approvals import services
from approvals.models import Step
from cockpit import audit
from cockpit.audit import offline, packets
from cockpit.audit.models import Entry
from tests import cast
from tests.cast import MONDAY

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(hours=1)
PDF = b"%PDF-1.4 accepted"
PAPER = {"id": 5, "name": "Accepted.pdf", "mimetype": "application/pdf", "size": len(PDF)}
PAPER |= {"checksum": hashlib.sha1(PDF, usedforsecurity=False).hexdigest()}


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def firm():
    made = cast.firm()
    cast.policy()
    return made


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    return tmp_path / "roots"


def decide(request: Any, who: Any, verdict: str = "approve", note: str = "", at: Any = LATER) -> None:
    request.refresh_from_db()
    step = Step.objects.get(round__request=request, state="open")
    services.decide(step.pk, actor=who, verdict=verdict, snapshot_id=request.snapshot_id, at=at, note=note)


@pytest.fixture
def request_(firm, roots):
    """Asked, talked about, decided, undone, moved on and decided again by another; two seals, two roots."""
    request = firm.ask(evidence=[PAPER])
    firm.ask(18)
    step = Step.objects.get(round__request=request)
    asked = services.ask_back(step.pk, actor=firm["ann"], text="Which order?", at=LATER)
    services.answer(asked.pk, actor=firm["ben"], text="Größe ‘S00046’", at=LATER)
    services.comment(request.pk, actor=firm["mia"], text="@Ann Albers, look at the order.", at=LATER)
    decide(request, firm["ann"], note="The order is right.")
    services.undo(request.pk, actor=firm["ann"], at=LATER + timedelta(seconds=5))
    audit.daily_root(MONDAY, roots)
    more = cast.invoice_facts(firm.de, "51000.00", evidence=[PAPER])
    services.refresh_facts(request, more, at=LATER + timedelta(minutes=1))
    decide(request, firm["dan"], at=LATER + timedelta(minutes=2))
    services.settle_due(LATER + timedelta(minutes=3))
    audit.daily_root(MONDAY + timedelta(days=1), roots)
    request.refresh_from_db()
    return request


@pytest.fixture
def packet(request_, roots) -> packets.Packet:
    return packets.packet(request_.number, at=LATER, roots=roots)


def said(files: dict[str, bytes], name: str) -> Any:
    return json.loads(files[name])


def forged(packet: packets.Packet, **changed: Any) -> dict[str, bytes]:
    """By somebody who knows how packets are made: the manifest fits. Names with __ for the dot; None takes away."""
    files = {name: content for name, content in packet.files.items() if name != "manifest.json"}
    for name, content in changed.items():
        name = name.replace("__", ".")
        files.pop(name, None)
        if content is not None:
            files[name] = content if isinstance(content, bytes) else (json.dumps(content, indent=1) + "\n").encode()
    return packets.with_manifest(packet.key, files, at=LATER)


def proven(files: dict[str, bytes], kept: dict[str, bytes] | None = None) -> list[str]:
    return offline.prove(files, kept or {}).notes


def rechained(entries: list[dict]) -> list[dict]:
    """As somebody would who rewrites the whole chain from where they changed it."""
    last, made = "0" * 64, []
    for number, entry in enumerate(entries, start=1):
        content = {key: value for key, value in entry.items() if key not in ("prev_hash", "hash")} | {"seq": number}
        digest = hashlib.sha256(f"{last}\n{offline.canonical(content)}".encode()).hexdigest()
        made.append(content | {"prev_hash": last, "hash": digest})
        last = digest
    return made


class TestPacket:
    def test_is_proven_by_one_file_without_the_program(self, packet, tmp_path, roots):
        folder = packet.write(tmp_path / "out")
        alone = [sys.executable, "-I", "-S", "verify.py"]
        kept = [".", *map(str, sorted(roots.iterdir()))]
        done = subprocess.run([*alone, *kept], cwd=folder, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        entries = len(said(packet.files, "chain.json")["entries"])
        assert done.stdout == f"INTACT: {packet.key}, {entries} entries; packet {packet.hash}.\n"
        (folder / "words.json").write_bytes(packet.files["words.json"].replace(b"right", b"wrong"))
        done = subprocess.run(alone, cwd=folder, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (1, "BROKEN: words.json is not what was written.\n")

    def test_is_proven_as_a_zip_file_too(self, packet, tmp_path):
        path = packet.write(tmp_path / "R.zip")
        assert offline.prove(offline.load(path), {}).hash == packet.hash
        assert packet.zipped() == path.read_bytes()
        assert all(name.startswith(f"{packet.key}/") for name in zipfile.ZipFile(path).namelist())

    def test_holds_all_that_was_decided_on(self, packet, request_, firm):
        files = packet.files
        chain, decisions = said(files, "chain.json"), said(files, "decisions.json")
        assert len(chain["entries"]) == Entry.objects.filter(subject=request_.audit_subject).count() > 8
        assert {one["text"] for one in said(files, "words.json")} >= {
            "The order is right.",
            "Größe ‘S00046’",
            "Which order?",
        }
        assert [(one["verdict"], bool(one["void_at"])) for one in decisions] == [("approve", True), ("approve", False)]
        assert [one["facts"]["amount"]["amount"] for one in said(files, "snapshots.json")] == ["48200.00", "51000.00"]
        assert said(files, "evidence.json") == [PAPER]
        assert said(files, "policy.yaml")["rules"][0]["name"] == "Large in Germany"
        assert set(said(files, "persons.json").values()) == {"Ann Albers", "Ben Brook", "Dan Dietz", "Mia Moreau"}
        assert said(files, "request.json")["state"] == "approved"
        assert [name for name in files if name.startswith("roots/")] == [
            "roots/2026-11-23.json",
            "roots/2026-11-24.json",
        ]

    def test_says_which_documents_were_looked_at(self, packet):
        offline.prove(packet.files, {}, {"a.pdf": PDF})
        with pytest.raises(offline.Broken, match=r"b\.pdf is none of the documents"):
            offline.prove(packet.files, {}, {"a.pdf": PDF, "b.pdf": PDF + b" "})

    def test_is_short_enough_to_be_read(self):
        assert len(packets.VERIFIER.read_text().splitlines()) < 200

    def test_says_what_no_root_covers_yet(self, firm, roots):
        request = firm.ask()
        made = packets.packet(request.number, at=LATER, roots=roots)
        assert "entry 1 was not sealed yet when this packet was made." in proven(made.files)
        audit.seal(LATER)
        made = packets.packet(request.number, at=LATER, roots=roots)
        assert {"entry 1 is sealed, but no day's root covers it yet."} < set(proven(made.files))
        audit.daily_root(LATER, roots)
        services.comment(request.pk, actor=firm["ann"], text="Later.", at=LATER)
        audit.seal(LATER)
        made = packets.packet(request.number, at=LATER, roots=roots)
        assert "what came after entry 1 is newer than 2026-11-23.json." in proven(made.files)


class TestCommand:
    def test_writes_a_packet_and_says_so_in_the_trail(self, request_, roots, tmp_path, capsys):
        call_command("audit", "export", request_.number, to=tmp_path / "a", folder=roots)
        call_command("audit", "export", request_.number, to=tmp_path / "b.zip", folder=roots)
        assert offline.prove(offline.load(tmp_path / "a"), {}).hash in capsys.readouterr().out
        entry = Entry.objects.filter(verb="audit.packet.export").last()
        assert (entry.subject, entry.data["packet"]) == (
            f"audit.packet:{request_.number}",
            offline.prove(offline.load(tmp_path / "b.zip"), {}).hash,
        )

    @pytest.mark.parametrize("key", ["R-999999", "R-", "R-x", "X-1", "", "R-1; DROP"])
    def test_refuses_what_there_is_not(self, firm, key, tmp_path):
        with pytest.raises(CommandError, match=r"There is no request|names nothing that can be exported"):
            call_command("audit", "export", key, to=tmp_path / "a")
        assert not (tmp_path / "a").exists()

    def test_overwrites_nothing(self, request_, roots, tmp_path):
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "mine.txt").write_text("mine")
        with pytest.raises(CommandError, match="not empty"):
            call_command("audit", "export", request_.number, to=tmp_path / "a", folder=roots)
        assert [one.name for one in (tmp_path / "a").iterdir()] == ["mine.txt"]


class TestChangedPacket:
    """Promise 12, outside: one changed byte, or a cut-off tail, is named."""

    def test_is_seen_whichever_byte_it_is(self, packet):
        for name, content in packet.files.items():
            for place in {0, len(content) // 3, len(content) // 2, len(content) - 1}:
                changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
                with pytest.raises(offline.Broken):
                    offline.prove({**packet.files, name: changed}, {})

    @pytest.mark.parametrize("add", ["more.txt", "roots/2026-11-25.json"])
    def test_is_seen_when_a_file_is_more_or_less(self, packet, add):
        with pytest.raises(offline.Broken, match="other files"):
            offline.prove({**packet.files, add: b"{}"}, {})
        for name in packet.files:
            with pytest.raises(offline.Broken):
                offline.prove({key: value for key, value in packet.files.items() if key != name}, {})

    def test_is_seen_though_the_manifest_fits(self, packet):
        assert proven(forged(packet)) == proven(packet.files)
        for name in ("chain", "words", "seals", "snapshots", "decisions", "request", "evidence", "persons"):
            with pytest.raises(offline.Broken):
                proven(forged(packet, **{f"{name}__json": None}))

    def test_names_the_first_entry_that_is_another(self, packet):
        chain = said(packet.files, "chain.json")
        chain["entries"][3]["data"]["accepted"] = True
        with pytest.raises(offline.Broken, match=r"entry 4 \(approvals.request.\w+\) is not what was written"):
            proven(forged(packet, chain__json=chain))
        chain["entries"] = rechained(chain["entries"])
        with pytest.raises(offline.Broken, match="entry 4 is not what seal 1 covers"):
            proven(forged(packet, chain__json=chain))

    def test_names_an_entry_that_was_taken_out(self, packet):
        chain = said(packet.files, "chain.json")
        del chain["entries"][2]
        with pytest.raises(offline.Broken, match="entry 3 is missing"):
            proven(forged(packet, chain__json=chain))

    def test_names_a_tail_that_was_cut_off(self, packet, request_):
        """Also by somebody who cuts off all that belongs to it."""
        chain, seals = said(packet.files, "chain.json"), said(packet.files, "seals.json")
        chain["entries"].pop()
        with pytest.raises(offline.Broken, match="the tail is cut off"):
            proven(forged(packet, chain__json=chain))
        seals["leaves"] = [leaf for leaf in seals["leaves"] if leaf["seq"] <= len(chain["entries"])]
        with pytest.raises(offline.Broken, match="the tail is cut off"):
            proven(forged(packet, chain__json=chain, seals__json=seals))
        seals["end"] = None
        with pytest.raises(offline.Broken, match="lacks where the chain ends"):
            proven(forged(packet, chain__json=chain, seals__json=seals))

    def test_cannot_go_back_to_the_end_of_an_older_root(self, packet, request_, roots):
        (roots / "2026-11-24.json").rename(roots / "kept")
        older = packets.packet(request_.number, at=LATER, roots=roots)
        end = said(older.files, "seals.json")["end"]
        seals = said(packet.files, "seals.json") | {"end": end}
        with pytest.raises(offline.Broken, match=r"2026-11-24\.json does not say where the chain ends"):
            proven(forged(packet, seals__json=seals))

    def test_names_a_seal_that_is_another_or_missing(self, packet):
        for change in ("root", "at", "hash", "prev_hash"):
            seals = said(packet.files, "seals.json")
            seals["seals"][0][change] = "1" * 64
            with pytest.raises(offline.Broken, match="seal 1"):
                proven(forged(packet, seals__json=seals))
        seals = said(packet.files, "seals.json")
        seals["leaves"][0]["path"][0] = "L" + "0" * 64
        with pytest.raises(offline.Broken, match="entry 1 is not what seal 1 covers"):
            proven(forged(packet, seals__json=seals))
        seals = said(packet.files, "seals.json")
        del seals["leaves"][0]
        with pytest.raises(offline.Broken, match="the seal of entry 1 is missing"):
            proven(forged(packet, seals__json=seals))

    def test_does_not_rest_on_the_root_of_another(self, packet, roots):
        mine = {path.name: path.read_bytes() for path in roots.iterdir()}
        proven(packet.files, mine)
        other = {**mine, "2026-11-23.json": mine["2026-11-24.json"]}
        with pytest.raises(offline.Broken, match=r"2026-11-23\.json is not the root that you kept"):
            proven(packet.files, other)
        with pytest.raises(offline.Broken, match=r"does not rest on 2026-11-20\.json"):
            proven(packet.files, {"2026-11-20.json": b"{}"})
        root = json.loads(mine["2026-11-23.json"]) | {"hash": "a" * 64}
        with pytest.raises(offline.Broken, match="root of other seals"):
            proven(forged(packet, **{"roots/2026-11-23__json": root}))
        root = json.loads(mine["2026-11-24.json"]) | {"ends": "a" * 64}
        with pytest.raises(offline.Broken, match="the chain's end is not the one"):
            proven(forged(packet, **{"roots/2026-11-24__json": root}))

    def test_names_words_that_were_changed_or_taken_away(self, packet):
        words = said(packet.files, "words.json")
        place = next(number for number, one in enumerate(words) if one["text"] == "The order is right.")
        words[place]["text"] = "The order is wrong."
        with pytest.raises(offline.Broken, match=r"what entry \d+ says as note is not what was written"):
            proven(forged(packet, words__json=words))
        words[place] |= {"text": "", "salt": "", "erased_at": "2026-11-23T10:00:00.000000Z"}
        with pytest.raises(offline.Broken, match=r"what entry \d+ says as note is not what was written"):
            proven(forged(packet, words__json=words))
        del words[place]
        with pytest.raises(offline.Broken, match=r"what entry \d+ says as note is missing"):
            proven(forged(packet, words__json=words))

    def test_names_a_snapshot_that_shows_something_else(self, packet):
        for change in ({"amount": "1"}, {"more": "x"}):
            shown = said(packet.files, "snapshots.json")
            shown[0]["facts"] |= change
            with pytest.raises(offline.Broken, match="snapshot 1 is not what was shown"):
                proven(forged(packet, snapshots__json=shown))
        shown = said(packet.files, "snapshots.json")
        value, salt = shown[0]["facts"].pop("amount"), shown[0]["salts"].pop("amount")
        shown[0]["kept"]["amount"] = offline.sha(f"{salt}\n{offline.canonical(value)}")
        with pytest.raises(offline.Broken, match="snapshot 1 lacks amount, and no entry says so"):
            proven(forged(packet, snapshots__json=shown))
        with pytest.raises(offline.Broken, match="exactly those that the chain names"):
            proven(forged(packet, snapshots__json=said(packet.files, "snapshots.json")[1:]))

    @pytest.mark.parametrize(
        "change",
        [
            {"verdict": "reject"},
            {"person": "person:x"},
            {"for": "person:x"},
            {"void_at": None},
            {"note": None},
            {"role": "pmo"},
        ],
    )
    def test_names_a_decision_that_was_another(self, packet, change):
        decisions = said(packet.files, "decisions.json")
        decisions[0] |= change
        with pytest.raises(offline.Broken, match=r"decisions.json (does not hold|holds)"):
            proven(forged(packet, decisions__json=decisions))
        with pytest.raises(offline.Broken, match="does not hold what entry"):
            proven(forged(packet, decisions__json=said(packet.files, "decisions.json")[1:]))

    def test_names_another_policy_evidence_state_or_person(self, packet):
        policy = packet.files["policy.yaml"].replace(b"25000", b"95000")
        for changed, problem in (
            ({"policy__yaml": policy}, "policy.yaml is not what was asked by"),
            ({"evidence__json": [{**PAPER, "checksum": "0" * 40}]}, "names what no snapshot does"),
            (
                {"request__json": said(packet.files, "request.json") | {"state": "rejected"}},
                "as the chain ends: approved",
            ),
            ({"persons__json": {}}, "persons.json lacks person:"),
        ):
            with pytest.raises(offline.Broken, match=problem):
                proven(forged(packet, **changed))

    def test_is_not_fooled_by_what_is_no_packet(self, packet):
        for junk in (b"", b"[]", b"{}", b"null", b'{"files": 1}', b"\xff\xfe"):
            for name in ("manifest.json", "chain.json", "seals.json"):
                with pytest.raises(offline.Broken):
                    offline.prove({**packet.files, name: junk}, {})
                if name != "manifest.json":
                    with pytest.raises(offline.Broken):
                        proven(forged(packet, **{name.replace(".", "__"): junk}))
