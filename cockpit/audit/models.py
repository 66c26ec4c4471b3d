"""The trail: entries chained per subject, the seals over them, and who the salted references stand for."""

import pgtrigger
from django.db import models

from cockpit.audit.canonical import GENESIS


def append_only() -> list[pgtrigger.Trigger]:
    """Triggers that refuse to change, delete or empty: also for raw SQL and bulk writes."""
    return [pgtrigger.Protect(name="keep", operation=pgtrigger.Update | pgtrigger.Delete), keep_table()]


def keep_table() -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="keep_table",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="RAISE EXCEPTION 'The audit trail cannot be emptied: %', TG_TABLE_NAME;",
    )


class PersonRef(models.Model):
    """Whom a reference in the trail stands for. Erasing name, salt and id keeps every hash valid."""

    ref = models.CharField(max_length=32, primary_key=True)
    person_id = models.BigIntegerField(null=True, unique=True)
    salt = models.CharField(max_length=64, blank=True)
    display_name = models.CharField(max_length=200, blank=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete), keep_table()]

    def __str__(self) -> str:
        return self.display_name or f"erased person {self.ref[:8]}"


class Head(models.Model):
    """The last link of a subject's chain. Its row lock makes the subject's acts serial."""

    subject = models.CharField(max_length=200, primary_key=True)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=GENESIS)

    class Meta:
        triggers = [
            pgtrigger.Protect(name="keep", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="forward", operation=pgtrigger.Update, condition=pgtrigger.Q(new__seq__lte=pgtrigger.F("old__seq"))
            ),
            keep_table(),
        ]

    def __str__(self) -> str:
        return f"{self.subject} at {self.seq}"


class Entry(models.Model):
    """One act: who did what to the subject, when, for whom. Never changed, never deleted."""

    subject = models.CharField(max_length=200)
    seq = models.BigIntegerField()
    verb = models.CharField(max_length=100)
    actor = models.CharField(max_length=100)  # "person:<ref>" or "system:<name>"
    for_person = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "seq"], name="entry_once_per_subject_seq")]
        indexes = [models.Index(fields=["at"], name="entry_by_time")]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.subject} #{self.seq} {self.verb}"


class Words(models.Model):
    """What somebody wrote, beside the entry that holds only its salted hash: can be taken away, and the chain holds."""

    digest = models.CharField(max_length=64, primary_key=True)
    subject = models.CharField(max_length=200)
    seq = models.BigIntegerField()
    key = models.CharField(max_length=40)  # of the entry's data
    salt = models.CharField(max_length=64, blank=True)
    text = models.TextField(blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["subject", "seq"], name="words_of_entry")]
        triggers = [
            pgtrigger.Protect(name="keep", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="only_erased",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                    IF (NEW.digest, NEW.subject, NEW.seq, NEW.key) IS DISTINCT FROM
                       (OLD.digest, OLD.subject, OLD.seq, OLD.key)
                       OR NEW.text <> '' OR NEW.salt <> '' OR NEW.erased_at IS NULL THEN
                        RAISE EXCEPTION 'Cannot update rows from audit_words table: they can only be erased';
                    END IF;
                    RETURN NEW;
                """,
            ),
            keep_table(),
        ]

    def __str__(self) -> str:
        return self.text or f"erased words {self.digest[:8]}"


class Seal(models.Model):
    """A Merkle root over entries that no earlier seal covers, chained to the seal before."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    entries = models.PositiveIntegerField()
    root = models.CharField(max_length=64)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        triggers = append_only()

    def __str__(self) -> str:
        return f"seal {self.seq}"


class Leaf(models.Model):
    """One entry's place in a seal. No foreign key: a leaf must outlive an entry that was taken away."""

    entry_id = models.BigIntegerField(primary_key=True)
    seal = models.ForeignKey(Seal, models.PROTECT, related_name="leaves", db_index=False)
    position = models.PositiveIntegerField()
    subject = models.CharField(max_length=200)
    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seal", "position"], name="leaf_once_per_position")]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.subject} #{self.seq} in seal {self.seal_id}"
