"""What was decided, by whom, and who took part."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cockpit.accounts.models import Person


class Decision(models.Model):
    """One verdict of one effective person, on the snapshot that was on the screen."""

    class Verdict(models.TextChoices):
        APPROVE = "approve", _("Approved")
        REJECT = "reject", _("Rejected")

    step = models.ForeignKey("approvals.Step", models.PROTECT, related_name="decisions")
    round = models.ForeignKey("approvals.Round", models.PROTECT, related_name="decisions")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")  # who pressed
    effective_person = models.ForeignKey(
        Person, models.PROTECT, related_name="+"
    )  # whose vote it is: the delegator, else the same
    verdict = models.CharField(max_length=10, choices=Verdict)
    note = models.TextField(blank=True)
    snapshot = models.ForeignKey("approvals.Snapshot", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    void_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "effective_person"],
                condition=Q(void_at__isnull=True),
                name="one_vote_per_person_and_round",
            ),
            models.CheckConstraint(condition=~Q(verdict="reject") | ~Q(note=""), name="a_rejection_has_a_reason"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="barred_persons_never_decide",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("person_id", "effective_person_id", "round_id"),
                when=pgtrigger.Before,
                func="""
                    IF EXISTS (SELECT 1 FROM approvals_request q JOIN approvals_round r ON r.request_id = q.id
                               WHERE r.id = NEW.round_id
                                 AND q.barred_persons && ARRAY[NEW.person_id, NEW.effective_person_id]) THEN
                        RAISE EXCEPTION 'this person asked, wrote or benefits, and so may not decide'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="whoever_presses_counts_once",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("person_id", "effective_person_id", "void_at"),
                when=pgtrigger.Before,
                func="""
                    IF NEW.void_at IS NULL AND EXISTS (
                        SELECT 1 FROM approvals_decision d
                        WHERE d.round_id = NEW.round_id AND d.id IS DISTINCT FROM NEW.id AND d.void_at IS NULL
                          AND ARRAY[d.person_id, d.effective_person_id]
                              && ARRAY[NEW.person_id, NEW.effective_person_id]) THEN
                        RAISE EXCEPTION 'one person, also through a deputy, decides once in a round'
                            USING ERRCODE = 'unique_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(name="decisions_stay", operation=pgtrigger.Delete),
        ]


class Participant(models.Model):
    """Whoever took part may go on seeing it, also after roles change."""

    class Part(models.TextChoices):
        REQUESTER = "requester", _("asked for it")
        DECIDED = "decided", _("decided")
        ASKED = "asked", _("was asked to decide")
        ASKED_BACK = "asked_back", _("was asked a question")
        CONSULTED = "consulted", _("was asked for their view")

    request = models.ForeignKey("approvals.Request", models.CASCADE, related_name="participants")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    part = models.CharField(max_length=10, choices=Part)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "person", "part"], name="participant_once")]
        indexes = [models.Index(fields=["person"], name="participant_person")]
