"""How far the pull has come, what it did, what still has to be told, and from which database."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class PullStatus(models.TextChoices):
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    STOPPED = "stopped", _("stopped")
    INTERRUPTED = "interrupted", _("interrupted")


class Absence(models.TextChoices):
    """Why nothing is read of a model although nothing is wrong."""

    MODEL = "model", _("Odoo has no such model")
    RIGHT = "right", _("not shown to the integration user")


class Cursor(models.Model):
    """Of one model of Odoo: everything written there before `done_to` is here."""

    model = models.CharField(max_length=100, primary_key=True)
    done_to = models.DateTimeField(null=True)  # end of the last complete window; NULL before the first load
    wide_to = models.DateTimeField(null=True)  # end of the last complete window with the wide overlap
    # The open window. Its bounds are frozen before its first page and stay until its last.
    window_from = models.DateTimeField(null=True)  # NULL in an open window: from the beginning
    window_to = models.DateTimeField(null=True)  # NULL: no window is open
    window_wide = models.BooleanField(default=False)
    last_id = models.BigIntegerField(default=0)  # the open window is here up to this id
    map_digest = models.CharField(max_length=64, default="")  # of the columns that the rows were read with
    filling = models.BooleanField(default=False)  # a first load into an empty table is under way
    indexes_due = ArrayField(models.TextField(), default=list)  # how the indexes are made that it put off
    # Making sure: counts and sums against Odoo's, and reading again what they can't see.
    swept_at = models.DateTimeField(null=True)  # when it was last compared, whatever came of it
    sweep_s = models.FloatField(default=0)  # how long that took
    reconciled_at = models.DateTimeField(null=True)  # when mirror and Odoo were last seen, or made, equal
    reread_id = models.BigIntegerField(default=0)  # up to here the records were read again, bit by bit
    reread_at = models.DateTimeField(null=True)  # when that came to the last record
    # For the freshness line: our time, not Odoo's.
    fresh_at = models.DateTimeField(null=True)  # start of the last round that read this model to its end
    status = models.CharField(max_length=12, choices=PullStatus, default=PullStatus.RUNNING)  # of the last run
    sentence = models.TextField(default="")
    absent = models.CharField(max_length=10, choices=Absence, blank=True, default="")  # empty: it is read
    lacks = ArrayField(models.TextField(), default=list)  # columns that stay NULL: the server lacks or hides the field

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(window_to__isnull=False) | Q(window_from__isnull=True, last_id=0),
                name="mirror_cursor_no_id_without_window",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} up to {self.done_to}"


class PullRun(models.Model):
    """What one round did with one model. `model` is empty when the round could not begin."""

    class Kind(models.TextChoices):
        CHANGES = "changes", _("changes")
        RECONCILIATION = "reconcile", _("reconciliation")

    model = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.CHANGES)
    status = models.CharField(max_length=12, choices=PullStatus, default=PullStatus.RUNNING)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    window_from = models.DateTimeField(null=True)
    window_to = models.DateTimeField(null=True)
    expected = models.BigIntegerField(null=True)  # records in the window, where somebody waits for all of them
    read = models.BigIntegerField(default=0)
    inserted = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    deleted = models.BigIntegerField(default=0)
    rate = models.FloatField(null=True)  # rows read a second, so far
    sentence = models.TextField(default="")

    class Meta:
        indexes = [
            models.Index(fields=["model", "-started_at"], name="mirror_run_model"),
            models.Index(fields=["status"], condition=Q(status="running"), name="mirror_run_running"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.kind} {self.started_at:%Y-%m-%d %H:%M:%S}: {self.status}"


class Dirty(models.Model):
    """Something changed here and has not been told yet. Written with the rows, deleted with the telling."""

    reason = models.CharField(max_length=60)  # the event that tells it, or the projection that is due
    model = models.CharField(max_length=100)
    odoo_id = models.BigIntegerField(default=0)  # 0: the model as a whole

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reason", "model", "odoo_id"], name="mirror_dirty_once")]

    def __str__(self) -> str:
        return f"{self.reason} {self.model}:{self.odoo_id}"


class Installation(models.Model):
    """The one Odoo database that this mirror is of."""

    url = models.CharField(max_length=500)
    database = models.CharField(max_length=200)
    mark = models.CharField(max_length=200, blank=True, default="")  # the id that `odoo apply` left there
    born = models.CharField(max_length=200)  # what every database has from birth and keeps
    pinned_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="mirror_one_installation")]

    def __str__(self) -> str:
        return f"{self.database} at {self.url}"


class UsedId(models.Model):
    """An external id under which we made a record: once used, nothing else is made under it."""

    xmlid = models.CharField(max_length=300, primary_key=True)
    odoo_model = models.CharField(max_length=100)
    odoo_id = models.BigIntegerField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.xmlid}: {self.odoo_model} {self.odoo_id}"
