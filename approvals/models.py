"""Requests and the policies that route them. Written by `services` alone."""

from __future__ import annotations

from datetime import datetime

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Concat, Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals import kinds
from approvals import policy as policies
from approvals.delegations import Delegation as Delegation
from approvals.delegations import acting_for
from approvals.keys import keys_of, person_key, role_key
from approvals.marks import Comment as Comment
from approvals.marks import CutOff as CutOff
from approvals.marks import Mention as Mention
from approvals.marks import Snooze as Snooze
from approvals.turns import Question as Question
from cockpit.accounts import grants
from cockpit.accounts.models import Person, Unit, User
from cockpit.accounts.roles import ROLES, VIEW


class Policy(models.Model):
    """The decision table of one kind; `mode` says whether it binds."""

    class Mode(models.TextChoices):
        OFF = "off", _("Off")
        OBSERVE = "observe", _("Observe only")
        ENFORCE = "enforce", _("Enforce")

    kind = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.OBSERVE)

    def __str__(self) -> str:
        return self.name

    def version_at(self, at) -> PolicyVersion | None:
        return self.versions.filter(published_at__lte=at).order_by("-published_at", "-number").first()


class PolicyVersion(models.Model):
    """One published state of a table. Its rows never change afterwards: a trigger sees to it."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    mode = models.CharField(max_length=10, choices=Policy.Mode, default=Policy.Mode.OBSERVE)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["policy", "number"], name="policy_version_once")]

    def __str__(self) -> str:
        return f"{self.policy.name} v{self.number}"

    def table(self) -> policies.Version:
        """The pure form that `policy.route` takes."""
        return policies.Version(self.pk, self.number, self.policy.kind, tuple(rule.pure() for rule in self.rules.all()))


class PolicyRule(models.Model):
    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="rules")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=160)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")
    add_on = models.BooleanField(default=False)
    when = models.JSONField(default=list)  # [{"fact", "op", "value", "currency"}]
    steps = models.JSONField(default=list)  # [{"role", "order", "quorum", "goal_s", "about"}]

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["version", "number"], name="policy_rule_once")]
        triggers = [
            pgtrigger.Trigger(
                name="published_rules_stay",
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                func="""
                    IF EXISTS (SELECT 1 FROM approvals_policyversion v
                               WHERE v.id = COALESCE(NEW.version_id, OLD.version_id)
                                 AND v.published_at IS NOT NULL) THEN
                        RAISE EXCEPTION 'rows of a published policy version never change; publish a new version';
                    END IF;
                    RETURN COALESCE(NEW, OLD);
                """,
            )
        ]

    def pure(self) -> policies.Rule:
        return policies.rule_from_data(self.number, self.name, self.when, self.steps, self.unit_id, self.add_on)


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


def needing(user: User, at: datetime | None = None) -> Q:
    """What `Step.decidable_by` says, asked of requests alone: at 100,000 open ones a join costs too much."""
    person = getattr(user, "person", None)
    if person is None:
        return Q(pk__in=[])
    asked = Q(asks__overlap=keys_of(user))
    for each in acting_for(person, at=at or timezone.now()):
        asked |= each.covers() & Q(asks__overlap=each.keys) & ~Q(pk__in=voted_by(each.delegator))
    return (
        Q(state=Request.State.PENDING) & asked & ~Q(barred_persons__contains=[person.pk]) & ~Q(pk__in=voted_by(person))
    )


def waiting(user: User) -> Q:
    """The open requests that `needing` leaves out, said without a "not": each part finds its rows by an index.

    Asks two small questions of the database as it is built.
    """
    pending, settling = Q(state=Request.State.PENDING), Q(state=Request.State.SETTLING)
    person = getattr(user, "person", None)
    if person is None:
        return pending | settling
    acting = acting_for(person, at=timezone.now())
    theirs = {key for each in acting for key in each.keys}
    mine = theirs | set(keys_of(user))
    others = [asks for asks in asked_now() if not mine & set(asks)]
    found = settling | (pending & Q(barred_persons__contains=[person.pk]))
    if others:
        found |= pending & Q(asks__in=others)
    if voted := list(voted_by(person)):
        found |= pending & Q(pk__in=voted)
    if theirs:
        found |= pending & Q(asks__overlap=sorted(theirs)) & ~needing(user)
    return found


def voted_by(person: Person) -> models.QuerySet:
    """The requests on whose round this person has decided, or somebody for them, or they for somebody."""
    votes = Decision.objects.filter(votes_of(person), round__closed_at__isnull=True, void_at__isnull=True)
    return votes.values_list("round__request_id", flat=True)


def votes_of(person: Person) -> Q:
    """Decisions in which this person took part: whoever presses and whose vote it is count as one."""
    return Q(effective_person=person) | Q(person=person)


def asked_now() -> list[list[str]]:
    """Each different `asks` of a pending request, by steps through its index: as fast for many requests as for few."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE found(asks) AS (
                (SELECT asks FROM approvals_request WHERE state = 'pending' ORDER BY asks LIMIT 1)
                UNION ALL
                SELECT (SELECT r.asks FROM approvals_request r WHERE r.state = 'pending' AND r.asks > found.asks
                        ORDER BY r.asks LIMIT 1)
                FROM found WHERE found.asks IS NOT NULL
            )
            SELECT asks FROM found WHERE asks IS NOT NULL
            """
        )
        return [asks for (asks,) in cursor.fetchall()]


def visible_to(user: User, prefix: str = "") -> Q:
    """The granted scope, what one is asked now in a role that has no such scope, and what one took part in."""
    person = getattr(user, "person", None)
    scope = Q(**{f"{prefix}unit_id__in": grants.units_where(user, VIEW)})
    if person is None:
        return scope
    held = grants.granted_units(user).items()
    asked = [role_key(role, unit) for role, units in held if VIEW not in ROLES[role].capabilities for unit in units]
    pending = Q(**{f"{prefix}state": Request.State.PENDING}) & ~Q(**{f"{prefix}barred_persons__contains": [person.pk]})
    scope |= pending & Q(**{f"{prefix}asks__overlap": [*asked, person_key(person.pk)]})
    for each in acting_for(person, at=timezone.now()):
        scope |= pending & each.covers(prefix) & Q(**{f"{prefix}asks__overlap": each.keys})
    part = Participant.objects.filter(request_id=OuterRef(f"{prefix}pk"), person=person)
    return scope | Q(Exists(part))


class Request(models.Model):
    """One question about one record: may this happen? Open until settled; asked anew in a further round."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for a decision")
        SETTLING = "settling", _("Decided, can be undone")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        CLOSED = "closed", _("Closed without a decision")
        OBSERVED = "observed", _("Would have been asked")

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
    hash = models.CharField(max_length=64)
    taken_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["request", "number"], name="snapshot_once")]
        triggers = [pgtrigger.Protect(name="snapshots_stay", operation=pgtrigger.Update | pgtrigger.Delete)]


class Round(models.Model):
    """One pass through the route. A material change or a resubmission opens the next; the old one is kept."""

    request = models.ForeignKey(Request, models.PROTECT, related_name="rounds")
    number = models.PositiveIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    route = models.JSONField()
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["request", "number"], name="round_once"),
            models.UniqueConstraint(fields=["request"], condition=Q(closed_at__isnull=True), name="one_open_round"),
        ]


class StepQuerySet(models.QuerySet["Step"]):
    def visible_to(self, user: User):
        return self.filter(round__request__in=Request.objects.visible_to(user))

    def decidable_by(self, user: User, at: datetime | None = None):
        """Open steps that ask this user or whom they act for, not barred, and nobody of them decided in this round."""
        person = getattr(user, "person", None)
        if person is None:
            return self.none()
        asked = _asked_of(user)
        for each in acting_for(person, at=at or timezone.now()):
            theirs = Exists(_votes_in_round(each.delegator))
            asked |= each.covers("round__request__") & _asked_of(each.delegator.user) & ~Q(theirs)
        return (
            self.filter(asked, state=Step.State.OPEN)
            .exclude(round__request__barred_persons__contains=[person.pk])
            .exclude(Exists(_votes_in_round(person)))
        )


def _asked_of(user: User | None) -> Q:
    """Steps that ask this user: as a person, else in a role they hold in that unit."""
    if user is None:
        return Q(pk__in=[])
    asked = Q(asked_persons__contains=[user.person.pk])
    for role, units in grants.granted_units(user).items():
        asked |= Q(asked_persons=[], role=role, unit_id__in=units)
    return asked


def _votes_in_round(person: Person) -> models.QuerySet:
    return Decision.objects.filter(votes_of(person), round=OuterRef("round"), void_at__isnull=True)


class Step(models.Model):
    """Somebody must say yes: the persons in `asked_persons`, or, where it is empty, the holders of `role`."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Not yet asked")
        OPEN = "open", _("Asked")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        VOID = "void", _("No longer counts")

    round = models.ForeignKey(Round, models.PROTECT, related_name="steps")
    order = models.PositiveIntegerField()
    role = models.CharField(max_length=40, choices=[(name, role.label) for name, role in ROLES.items()])
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    quorum = models.PositiveIntegerField(default=1)
    goal_s = models.PositiveIntegerField()
    about = ArrayField(models.CharField(max_length=60), default=list)
    who = models.CharField(max_length=80, blank=True, default="")  # as the policy says it; see `resolvers`
    asked_persons = ArrayField(models.BigIntegerField(), default=list)
    reject = models.CharField(max_length=8, default="any")
    ladder = models.JSONField(default=list)  # [{"at": 100, "to": "role:partner", "hand_over": true}]
    timeout = models.CharField(max_length=8, blank=True, default="")
    climbed = models.PositiveSmallIntegerField(default=0)  # the highest rung of the ladder that was taken, in per cent
    added_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")  # not by the policy
    claimed_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    claimed_until = models.DateTimeField(null=True, blank=True)  # then it is given back by itself
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    opened_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(claimed_by__isnull=True) | Q(claimed_until__isnull=False), name="a_claim_ends"
            )
        ]
        indexes = [
            models.Index(fields=["role", "unit"], condition=Q(state="open"), name="step_open"),
            models.Index(fields=["claimed_until"], condition=Q(claimed_by__isnull=False), name="step_claimed"),
        ]

    @property
    def keys(self) -> list[str]:
        """Who is asked by this step, as `Request.asks` holds it."""
        return [person_key(pk) for pk in self.asked_persons] or [role_key(self.role, self.unit_id)]

    @property
    def clock_subject(self) -> str:
        return f"approvals.step:{self.pk}"


class Decision(models.Model):
    """One verdict of one effective person, on the snapshot that was on the screen."""

    class Verdict(models.TextChoices):
        APPROVE = "approve", _("Approved")
        REJECT = "reject", _("Rejected")

    step = models.ForeignKey(Step, models.PROTECT, related_name="decisions")
    round = models.ForeignKey(Round, models.PROTECT, related_name="decisions")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")  # who pressed
    effective_person = models.ForeignKey(
        Person, models.PROTECT, related_name="+"
    )  # whose vote it is: the delegator, else the same
    verdict = models.CharField(max_length=10, choices=Verdict)
    note = models.TextField(blank=True)
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="+")
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

    request = models.ForeignKey(Request, models.CASCADE, related_name="participants")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    part = models.CharField(max_length=10, choices=Part)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "person", "part"], name="participant_once")]
        indexes = [models.Index(fields=["person"], name="participant_person")]
