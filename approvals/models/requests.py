"""Requests, and the facts that they were asked and decided on."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Upper
from django.utils.translation import gettext_lazy as _

from approvals import kinds
from approvals.models.policies import PolicyVersion
from approvals.models.seeing import needing, visible_to, waiting
from approvals.models.states import State
from cockpit.accounts.models import Person, Unit, User


class RequestQuerySet(models.QuerySet["Request"]):
    def open(self):
        return self.filter(state__in=Request.OPEN)

    def visible_to(self, user: User):
        """The only door for views: the granted scope and what one took part in."""
        return self.filter(visible_to(user))

    def needing(self, user: User):
        """Pending requests in which this user could decide a step now."""
        return self.filter(needing(user))

    def waiting_on_others(self, user: User):
        """Open requests in which there is nothing for this user to decide."""
        return self.filter(waiting(user))


class Request(models.Model):
    """One question about one record: may this happen? Open until settled; asked anew in a further round."""

    State = State

    class Closed(models.TextChoices):
        """Why a request ended without a decision."""

        NOT_REQUIRED = "not_required", _("no longer required")
        SUBJECT_GONE = "subject_gone", _("the record was deleted in Odoo")
        MOVED_IN_ODOO = "moved_in_odoo", _("the record moved on in Odoo")
        WITHDRAWN = "withdrawn", _("withdrawn by who asked")

    OPEN = (State.PENDING, State.SETTLING)
    TRANSITIONS = {
        "settle": ({State.PENDING}, State.SETTLING),
        "undo": ({State.SETTLING}, State.PENDING),
        "recall": ({State.SETTLING}, State.PENDING),  # the facts moved while it settled
        "approve": ({State.SETTLING}, State.APPROVED),
        "reject": ({State.SETTLING}, State.REJECTED),
        "close": ({State.PENDING, State.SETTLING}, State.CLOSED),
        "reopen": ({State.APPROVED, State.REJECTED}, State.PENDING),
    }

    kind_key = models.CharField(max_length=60, db_column="kind")
    subject = models.CharField(max_length=120)  # "odoo.account.move:17"
    title = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    outcome = models.CharField(max_length=10, blank=True)  # while settling and after: approved | rejected
    closed_reason = models.CharField(max_length=20, choices=Closed, blank=True)
    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    client_odoo_id = models.BigIntegerField(null=True, blank=True)
    client_name = models.CharField(max_length=200, blank=True)
    project_odoo_id = models.BigIntegerField(null=True, blank=True)
    requester = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    barred_persons = ArrayField(
        models.BigIntegerField(), default=list
    )  # requester, author, beneficiary: a trigger refuses them
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    record_name = models.CharField(max_length=120, blank=True, default="")  # as the record calls itself: INV/2026/00031
    # Kept by `services.weighing`; money in the reporting currency, at the rate that the record stored.
    amount_reporting = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    rate_known = models.BooleanField(
        default=True, db_default=True
    )  # False: it counted one to one, which binds no limit
    cutoff_date = models.DateField(null=True, blank=True)
    days_to_cutoff = models.PositiveSmallIntegerField(null=True, blank=True)  # working days, today counted; 0: passed
    cost_of_delay = models.DecimalField(max_digits=18, decimal_places=2, default=0)  # money for each of these days
    weighed_at = models.DateTimeField(null=True, blank=True)
    haystack = models.GeneratedField(  # what search looks through
        expression=Concat("title", Value(" "), "client_name", Value(" "), "record_name"),
        output_field=models.TextField(),
        db_persist=True,
    )
    snapshot = models.ForeignKey("Snapshot", models.PROTECT, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    asks = ArrayField(
        models.CharField(max_length=80), default=list
    )  # "finance@3" for each open step, kept by `keep_due`
    settles_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)  # its time was over: what was said is gone, the proof stays

    objects = RequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind_key", "subject"],
                condition=Q(state__in=["pending", "settling"]),
                name="one_open_request_per_subject",
            ),
            models.CheckConstraint(
                condition=~Q(state="settling") | Q(settles_at__isnull=False, outcome__in=["approved", "rejected"]),
                name="settling_has_deadline",
            ),
        ]
        indexes = [
            # One serves who has much to decide and reads the first page, the other who has little among very many.
            models.Index(fields=["due_at", "id"], condition=Q(state__in=["pending", "settling"]), name="request_queue"),
            GinIndex(fields=["asks"], condition=Q(state="pending"), name="request_asks"),
            # For what waits on others: whom all the pending ones ask, and who is barred from them.
            models.Index(fields=["asks"], condition=Q(state="pending"), name="request_asked"),
            GinIndex(fields=["barred_persons"], condition=Q(state="pending"), name="request_barred"),
            models.Index(fields=["settles_at"], condition=Q(state="settling"), name="request_settling"),
            models.Index(fields=["kind_key", "subject"], name="request_subject"),
            models.Index(fields=["-closed_at"], condition=Q(closed_at__isnull=False), name="request_done"),
            *(
                models.Index(fields=[field, "id"], condition=Q(state__in=["pending", "settling"]), name=name)
                for field, name in (
                    ("-cost_of_delay", "request_costliest"),
                    ("-amount_reporting", "request_largest"),
                    ("asked_at", "request_oldest"),
                )
            ),
            # What became of the last ones like it.
            models.Index(
                fields=["kind_key", "client_odoo_id", "-closed_at"],
                condition=Q(closed_at__isnull=False),
                name="request_of_client",
            ),
            models.Index(
                fields=["kind_key", "-closed_at"], condition=Q(closed_at__isnull=False), name="request_of_kind"
            ),
            models.Index(fields=["requester", "-asked_at"], name="request_of_person"),
            models.Index(fields=["amount"], name="request_amount"),
            GinIndex(OpClass(Upper(F("haystack")), name="gin_trgm_ops"), name="request_words"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def number(self) -> str:
        """The visible key: in the queue, in mails, in Odoo's chatter."""
        return f"R-{self.pk}"

    @property
    def audit_subject(self) -> str:
        return f"approvals.request:{self.pk}"

    @property
    def kind(self) -> kinds.Kind:
        return kinds.as_asked(self.kind_key, self.subject)

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class Snapshot(models.Model):
    """The facts as they stood when they were shown. Never changed: decisions and releases are bound to it."""

    request = models.ForeignKey(Request, models.PROTECT, related_name="snapshots")
    number = models.PositiveIntegerField()
    facts = models.JSONField(encoder=DjangoJSONEncoder)
    hash = models.CharField(max_length=64)  # over a salted hash of each fact: one can go, and the rest is still proven
    taken_at = models.DateTimeField()
    salts = models.JSONField(default=dict)  # fact → salt; gone with what was erased
    kept = models.JSONField(default=dict)  # fact → its salted hash, where the fact was erased or masked

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["request", "number"], name="snapshot_once")]
        triggers = [
            pgtrigger.Protect(name="snapshots_stay", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="facts_are_only_erased",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                    IF (NEW.id, NEW.request_id, NEW.number, NEW.hash, NEW.taken_at) IS DISTINCT FROM
                       (OLD.id, OLD.request_id, OLD.number, OLD.hash, OLD.taken_at)
                       OR NOT NEW.kept @> OLD.kept OR NOT OLD.salts @> NEW.salts
                       OR EXISTS (SELECT 1 FROM jsonb_each(OLD.facts) was
                                  WHERE was.value IS DISTINCT FROM NEW.facts -> was.key
                                    AND NOT NEW.kept ? '*' AND (NOT NEW.kept ? was.key OR NEW.salts ? was.key))
                       OR EXISTS (SELECT 1 FROM jsonb_object_keys(NEW.facts) now(key)
                                  WHERE NOT OLD.facts ? now.key) THEN
                        RAISE EXCEPTION 'a snapshot never changes; what is erased in it keeps its hash';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]
