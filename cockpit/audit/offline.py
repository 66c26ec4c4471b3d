"""Proves one packet of the audit trail without the program that wrote it: python3 verify.py [PACKET] [FILE …].

PACKET: a folder or zip, else this file's folder. FILE: days' roots (.json) you kept; documents that were looked at.
Ends with 0 when all is as it was written, else with 1 and the first broken link. Python 3.9, standard library only.
"""

import hashlib
import json
import sys
import zipfile
from pathlib import Path


class Broken(Exception):  # noqa: N818
    """The first thing that is not as it was written."""


def check(true, problem):
    if not true:
        raise Broken(problem)


def sha(text):
    return hashlib.sha256(text if isinstance(text, bytes) else text.encode()).hexdigest()


def canonical(content):
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def without(row, *keys):
    return {key: value for key, value in row.items() if key not in keys}


def fold(leaf, path):  # to the root of a Merkle tree as in RFC 6962
    digest = hashlib.sha256(b"\x00" + bytes.fromhex(leaf)).digest()
    for step in path:
        other = bytes.fromhex(step[1:])
        digest = hashlib.sha256(b"\x01" + (other + digest if step[0] == "L" else digest + other)).digest()
    return digest.hex()


class Packet:
    def __init__(self, files, kept_roots, documents=None):
        """`files`: name → bytes; `kept_roots`: the same of roots that the reader brought; `documents`: their bytes."""
        self.files, self.kept_roots, self.documents, self.notes = files, kept_roots, documents or {}, []
        said = self.read("manifest")
        plain = (json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
        own = sha(canonical(without(said, "hash")))
        check(own == said["hash"] and plain == files["manifest.json"], "manifest.json is not what was written.")
        check(sorted({*said["files"], "manifest.json"}) == sorted(files), "there are other files than were written.")
        for name, digest in said["files"].items():
            check(sha(files[name]) == digest, f"{name} is not what was written.")
        self.key, self.hash, self.chain, self.seals = said["packet"], own, self.read("chain"), self.read("seals")
        self.entries, self.data = self.chain["entries"], [entry["data"] for entry in self.chain["entries"]]
        self.by_number = {entry["seq"]: entry for entry in self.entries}
        self.roots = {name[6:]: json.loads(text) for name, text in files.items() if name.startswith("roots/")}

    def read(self, name):
        return json.loads(self.files[f"{name}.json"])

    def named(self, part):
        """What entries of the chain say was taken away."""
        rows = [entry for entry in self.entries if entry["verb"].endswith((".erase", ".purge"))]
        return [one for entry in rows for one in entry["data"].get(part, [])]

    def check_chain(self):
        last = "0" * 64
        for number, entry in enumerate(self.entries, start=1):
            check(entry["seq"] == number and entry["subject"] == self.chain["subject"], f"entry {number} is missing.")
            digest = sha(f"{last}\n{canonical(without(entry, 'prev_hash', 'hash'))}")
            same = digest == entry["hash"] and entry["prev_hash"] == last
            check(same, f"entry {number} ({entry['verb']}) is not what was written.")
            last = digest

    def check_roots(self):
        seals = {row["seal"]: row for row in self.seals["seals"]}
        for number, row in seals.items():
            digest = sha(f"{row['prev_hash']}\n{canonical(without(row, 'prev_hash', 'hash'))}")
            follows = number - 1 not in seals or seals[number - 1]["hash"] == row["prev_hash"]
            check(digest == row["hash"] and follows, f"seal {number} is not what was made.")
        for day, root in self.roots.items():
            check(seals.get(root["seals"], {}).get("hash") == root["hash"], f"{day} is the root of other seals.")
        for day, text in self.kept_roots.items():
            check(day in self.roots, f"this packet does not rest on {day}.")
            check(self.files[f"roots/{day}"] == text, f"{day} is not the root that you kept.")
        self.notes += [] if self.kept_roots else ["the roots are the packet's own: compare them with those you kept."]
        lasts = sorted((root["seals"], day) for day, root in self.roots.items())
        for leaf in self.seals["leaves"]:
            number, seal = leaf["seq"], leaf["seal"]
            check(number in self.by_number, f"entry {number} was sealed and is missing: the tail is cut off.")
            fits = seal in seals and fold(self.by_number[number]["hash"], leaf["path"]) == seals[seal]["root"]
            check(fits, f"entry {number} is not what seal {seal} covers.")
            last, day = next((one for one in lasts if one[0] >= seal), (seal, None))
            check(all(one in seals for one in range(seal, last + 1)), f"a seal is missing between {seal} and {last}.")
            self.notes += [] if day else [f"entry {number} is sealed, but no day's root covers it yet."]
        sealed = {leaf["seq"] for leaf in self.seals["leaves"]}
        for number in sorted(set(self.by_number) - sealed):
            check(number > max(sealed, default=0), f"the seal of entry {number} is missing.")
            self.notes.append(f"entry {number} was not sealed yet when this packet was made.")

    def check_end(self):
        end = self.seals["end"]
        if end is None:
            check(not any("ends" in root for root in self.roots.values()), "seals.json lacks where the chain ends.")
            self.notes.append("no day's root says where this chain ends: what came last could be missing.")
            return
        leaf = sha(canonical({"subject": self.chain["subject"], "seq": end["seq"], "hash": end["hash"]}))
        fits = fold(leaf, end["path"]) == self.roots[end["root"]]["ends"]
        check(fits, f"the chain's end is not the one in {end['root']}.")
        check(end["root"] == max(self.roots), f"{max(self.roots)} does not say where the chain ends.")
        check(end["seq"] in self.by_number, f"entries up to {end['seq']} were there: the tail is cut off.")
        check(self.by_number[end["seq"]]["hash"] == end["hash"], f"entry {end['seq']} is not the one in {end['root']}.")
        newer = [f"what came after entry {end['seq']} is newer than {end['root']}."]
        self.notes += newer if self.entries[end["seq"] :] else []

    def check_words(self):
        words, persons = {row["digest"]: row for row in self.read("words")}, self.read("persons")
        for entry in self.entries:
            for who in (entry["actor"], entry["for"]):
                check(not who.startswith("person:") or who in persons, f"persons.json lacks {who}.")
            marks = {key: one for key, one in entry["data"].items() if isinstance(one, dict) and set(one) == {"sha256"}}
            for key, digest in ((key, one["sha256"]) for key, one in marks.items()):
                row, here = words.pop(digest, None), f"what entry {entry['seq']} says as {key}"
                check(row, f"{here} is missing.")
                gone = row["erased_at"] and not row["text"] and digest in self.named("words")
                check(gone or sha(f"{row['salt']}\n{row['text']}") == digest, f"{here} is not what was written.")
                self.notes += [f"{here} was erased on {row['erased_at'][:10]}."] if gone else []
        check(not words, "words.json holds words that no entry knows.")

    def check_snapshots(self):
        shown, named = {row["hash"]: row for row in self.read("snapshots")}, self.named("facts")
        for digest, row in shown.items():
            facts, kept = row["facts"], row["kept"]
            salted = {key: sha(f"{salt}\n{canonical(facts[key])}") for key, salt in row["salts"].items()}
            whole = {**salted, **kept} if salted or kept else facts
            here, same = f"snapshot {row['number']}", sha(canonical(whole)) == digest and set(facts) <= set(whole)
            same = same or kept == {"*": digest}
            check(same, f"{here} is not what was shown.")
            for key in sorted(kept):
                check({f"{digest}:{key}", f"{digest}:*"} & set(named), f"{here} lacks {key}, and no entry says so.")
            self.notes += [f"of {here} these were taken away: {', '.join(sorted(kept))}."] if kept else []
        known = {data["snapshot"] for data in self.data if data.get("snapshot")}
        check(known == set(shown), "snapshots.json does not hold exactly those that the chain names.")
        lists = [value for row in shown.values() for value in row["facts"].values() if isinstance(value, list)]
        evidence = self.read("evidence")
        check(all(any(one in rows for rows in lists) for one in evidence), "evidence.json names what no snapshot does.")
        for name, content in self.documents.items():
            found = hashlib.sha1(content).hexdigest() in [one["checksum"] for one in evidence]  # noqa: S324
            check(found, f"{name} is none of the documents looked at.")

    def check_decisions(self):
        rows = {(row["at"], row["step"], row["person"]): row for row in self.read("decisions")}
        void = {pk for data in self.data for pk in data.get("void", [])}
        for entry in [entry for entry in self.entries if entry["verb"].endswith(".decide")]:
            row, data = rows.pop((entry["at"], entry["data"]["step"], entry["actor"]), {}), entry["data"]
            same = row and all(row[key] == data.get(key) for key in ("role", "verdict", "snapshot", "for", "note"))
            same = same and bool(row["void_at"]) == (row["decision"] in void)
            check(same, f"decisions.json does not hold what entry {entry['seq']} decided.")
        check(not rows, "decisions.json holds a decision that the chain does not know.")
        marks = [data["policy_hash"] for data in self.data if data.get("policy_hash")]
        check(not marks or sha(self.files["policy.yaml"]) == marks[-1], "policy.yaml is not what was asked by.")
        moves = [one["to"] for one in self.data if "from" in one and "to" in one and "step" not in one]
        state = ["observed" if self.data[0].get("observed") else "pending", *moves][-1]
        said, number = self.read("request"), "R-" + self.chain["subject"].rpartition(":")[2]
        check(said["state"] == state, f"request.json is not as the chain ends: {state}.")
        check(said["number"] == self.key == number, f"this is not about {self.key}, but about {number}.")


def load(path):
    if path.is_dir():
        return {one.relative_to(path).as_posix(): one.read_bytes() for one in sorted(path.rglob("*")) if one.is_file()}
    with zipfile.ZipFile(path) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def prove(files, kept_roots, documents=None):
    """The packet, proven. Raises Broken that names the first broken link."""
    try:
        packet = Packet(files, kept_roots, documents)
        parts = [packet.check_chain, packet.check_roots, packet.check_end, packet.check_words]
        of_request = packet.chain["subject"].startswith("approvals.request:")
        for part in [*parts, packet.check_snapshots, packet.check_decisions] if of_request else parts:
            part()
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as problem:
        raise Broken(f"this is no packet as it was written ({type(problem).__name__}: {problem}).") from problem
    return packet


if __name__ == "__main__":
    where, *given = [Path(one) for one in sys.argv[1:]] or [Path(__file__).parent]
    try:
        brought = {one.name: one.read_bytes() for one in given}
        kept = {name: brought.pop(name) for name in list(brought) if name.endswith(".json")}
        packet = prove(load(where), kept, brought)
    except (Broken, OSError, zipfile.BadZipFile) as problem:
        sys.exit(f"BROKEN: {problem}")
    print("".join(f"Note: {note}\n" for note in packet.notes), end="")  # noqa: T201
    print(f"INTACT: {packet.key}, {len(packet.entries)} entries; packet {packet.hash}.")  # noqa: T201
