"""Who works here: users who sign in, persons who act, units that bound what they see."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from cockpit.accounts.roles import ROLES


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra) -> User:
        if not email:
            raise ValueError("A user needs an e-mail address: it is what they sign in with.")
        user = self.model(email=email.lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get(self, *args, **kwargs) -> User:
        """One sign-in, with the person who acts by it: whoever reads the one asks for the other."""
        return self.select_related("person").get(*args, **kwargs)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractUser):
    """A sign-in. What a person may do hangs on role grants, never on this row."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []
    objects = UserManager()  # type: ignore[assignment, misc]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]


class Unit(models.Model):
    """A node of the firm: a company is a root, departments hang below it. Projected from Odoo."""

    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField(max_length=200)
    code = models.CharField(max_length=40, blank=True)
    path = models.CharField(max_length=400, editable=False, db_index=True)  # "/3/17/": ancestors and itself
    currency = models.CharField(max_length=3, blank=True)
    calendar = models.ForeignKey("time.Calendar", models.SET_NULL, null=True, blank=True, related_name="+")
    odoo_model = models.CharField(max_length=60, blank=True)
    odoo_id = models.BigIntegerField(null=True, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["path"]
        default_permissions = ()
        permissions = [(role, f"acts as {role}") for role in ROLES]
        constraints = [
            models.UniqueConstraint(
                fields=["odoo_model", "odoo_id"],
                condition=models.Q(odoo_id__isnull=False),
                name="unit_once_per_odoo_record",
            )
        ]
        indexes = [models.Index(fields=["path"], name="unit_path_prefix", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs) -> None:
        """Keep `path` in step with the parent, for this unit and all below it."""
        super().save(*args, **kwargs)
        path = f"{self.parent.path if self.parent else '/'}{self.pk}/"
        if path != self.path:
            Unit.objects.filter(pk=self.pk).update(path=path)
            self.path = path
            for child in self.children.all():
                child.parent = self
                child.save()

    @property
    def ancestor_ids(self) -> list[int]:
        """This unit and every unit above it, root first."""
        return [int(part) for part in self.path.strip("/").split("/")]

    @property
    def company_id(self) -> int:
        return self.ancestor_ids[0]


class Person(models.Model):
    """Someone who acts or is asked: an employee in Odoo, with a sign-in or not yet."""

    user = models.OneToOneField(User, models.SET_NULL, null=True, blank=True, related_name="person")
    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    manager = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="reports")
    unit = models.ForeignKey(Unit, models.SET_NULL, null=True, blank=True, related_name="people")
    calendar = models.ForeignKey("time.Calendar", models.SET_NULL, null=True, blank=True, related_name="+")
    time_zone = models.CharField(max_length=64, default="UTC")
    active = models.BooleanField(default=True)
    odoo_employee_id = models.BigIntegerField(null=True, blank=True, unique=True)
    odoo_user_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    erased_at = models.DateTimeField(null=True, blank=True)  # their name is gone, and Odoo does not bring it back

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        parts = self.name.split()
        return (parts[0][:1] + (parts[-1][:1] if len(parts) > 1 else "")).upper()
