"""Wiring: every setting, read strictly from the environment. `docs/settings.md` lists the variables."""

import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import structlog
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name: str, default: str | None = None) -> str:
    """The variable's text, else the default; a required one that is missing is named."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set {name} in the environment, or start with `make run`, which sets it.")
    return value


def env_bool(name: str, default: str) -> bool:
    value = env(name, default).lower()
    if value not in {"1", "true", "yes", "on", "0", "false", "no", "off", ""}:
        raise ImproperlyConfigured(f"{name}={value!r} is neither yes nor no; use 1 or 0.")
    return value in {"1", "true", "yes", "on"}


def env_list(name: str, default: str) -> list[str]:
    return [part.strip() for part in env(name, default).split(",") if part.strip()]


def database(url: str) -> dict:
    """Django's database settings from a libpq URL or key=value text."""
    parts = conninfo_to_dict(url)
    # Compiling a query takes longer than running any of ours; a planner that guesses high does it all the same.
    parts["options"] = f"-c jit=off {parts.get('options') or ''}".strip()
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    config = {ours: str(parts.pop(theirs, "") or "") for theirs, ours in known.items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **config,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": env("COCKPIT_PROCESS", "cockpit"), "pool": POOL, **parts},
    }


DEBUG = env_bool("DEBUG", "0")
SECRET_KEY = env("SECRET_KEY")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", "")
HTTPS = env_bool("HTTPS", "0")
ENCRYPTION_KEYS = env_list("ENCRYPTION_KEYS", "")  # Fernet keys, the newest first; none: made from SECRET_KEY
SETUP_KEY = env("SETUP_KEY", "")  # opens the set-up page until there is an administrator
PUBLIC_URL = env("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")  # where people open the cockpit; in notes and mails
# A forked worker must not inherit a pool: Celery and commands open plain connections.
POOL = {"min_size": 1, "max_size": 8, "timeout": 5} if env_bool("DATABASE_POOL", "0") else False
DATABASES = {"default": database(env("DATABASE_URL"))}
REDIS_URL = env("REDIS_URL", "redis://127.0.0.1:6379/0")
COCKPIT_HOME = Path(env("COCKPIT_HOME", str(BASE_DIR / ".cockpit")))

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",  # its templates, for our form renderer
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_htmx",
    "django_structlog",
    "guardian",
    "pghistory",
    "pgtrigger",
    "template_partials",
    "cockpit.time",
    "cockpit.audit",
    "cockpit.accounts",
    "cockpit.saved_views",
    "cockpit.events",
    "cockpit.outbox",
    "cockpit.exception_queue",
    "cockpit.api",
    "cockpit.notify",
    "integrations.mirror",
    "integrations.odoo",
    "integrations.odoo.hints",
    "approvals",
    "delivery",
    "dashboards",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "cockpit.pages.middleware.SignedInMiddleware",
    "cockpit.pages.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "cockpit.request_log.RequestLog",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "cockpit.urls"
WSGI_APPLICATION = "cockpit.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cockpit.pages.frame.frame",
            ],
            "builtins": ["template_partials.templatetags.partials"],
            "libraries": {"words": "cockpit.pages.tags"},
        },
    }
]
FORM_RENDERER = "cockpit.pages.forms.Renderer"
CSRF_FAILURE_VIEW = "cockpit.pages.errors.csrf_failure"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ANONYMOUS_USER_NAME = None  # guardian: nobody unsigned holds a right
GUARDIAN_MONKEY_PATCH_USER = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "cockpit.accounts.adapter.ClosedDoorAdapter"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True  # for the length of SESSION_COOKIE_AGE, without asking
ACCOUNT_FORMS = {
    "login": "cockpit.accounts.forms.SignInForm",
    "change_password": "cockpit.accounts.forms.NewPasswordForm",
}
ACCOUNT_RATE_LIMITS = False  # they live in the cache; axes counts in PostgreSQL, also while Redis is away
MFA_TOTP_ISSUER = "Cockpit"
AXES_LOCKOUT_CALLABLE = "cockpit.pages.errors.locked_out"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "cockpit.accounts.adapter.login_name"
SESSION_COOKIE_AGE = 12 * 3600  # a working day
SESSION_ENGINE = "django.contrib.sessions.backends.db"  # people sign in while Redis is away
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0

# --- language, time -----------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- static files, content security ---------------------------------------------------------------
STATIC_URL = "static/"
# Where `make run` has collected them, compressed; without such a folder each is served from where its app keeps it.
STATIC_ROOT = Path(env("STATIC_FOLDER", "")) if os.path.isdir(env("STATIC_FOLDER", "")) else None
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "cockpit.pages.collected.CollectedFiles"
        if STATIC_ROOT
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or not STATIC_ROOT
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
SECURE_REFERRER_POLICY = "same-origin"


# --- mail -----------------------------------------------------------------------------------------
def mail_server(url: str) -> dict[str, Any]:
    """Django's names for smtp://user:password@host:587?tls=1, smtps://…, file:///folder, console:."""
    parts = urlsplit(url)
    if parts.scheme in {"file", "console"}:
        backend = {"file": "filebased", "console": "console"}[parts.scheme]
        return {"EMAIL_BACKEND": f"django.core.mail.backends.{backend}.EmailBackend", "EMAIL_FILE_PATH": parts.path}
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured(
            "EMAIL_URL is none of smtp://user:password@host:587?tls=1, smtps://user:password@host, file:///folder, "
            "console:"
        )
    ssl = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if ssl else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": ssl,
        "EMAIL_USE_TLS": not ssl and parse_qs(parts.query).get("tls") == ["1"],
    }


globals().update(mail_server(env("EMAIL_URL", f"file://{COCKPIT_HOME}/mails")))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env("MAIL_FROM", "Cockpit <cockpit@localhost>")
LINK_DAYS = int(env("LINK_DAYS", "3"))  # a link in a mail opens its page for so long
LINK_LIMIT = Decimal(env("LINK_LIMIT", "5000"))  # above it, in the reporting currency, deciding needs a sign-in
LINK_LIMITS = {  # of a kind its own; what has no amount needs a sign-in unless it is named here
    kind: Decimal(limit)
    for kind, _sign, limit in (one.partition("=") for one in env_list("LINK_LIMITS", "timesheet_week=0"))
}

# --- work in the background -----------------------------------------------------------------------
CACHES = {
    "default": {
        "BACKEND": "cockpit.cache.AbsentMindedCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }
}

# Every task is idempotent: it is acknowledged after its work, so one that dies with its worker runs again.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,  # longer than the longest task
    "unacked_restore_interval": 2,  # with the throttle: look for lost tasks every 2 s, not every 100
    "unacked_restore_throttle": 1,
    "socket_timeout": 10,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "global_keyprefix": "celery:",
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"
# Short work for people, work with the mirror, and deliveries don't wait for each other.
CELERY_TASK_DEFAULT_QUEUE = "interactive"
CELERY_TASK_ROUTES = {
    "integrations.odoo.tasks.*": {"queue": "sync"},
    "integrations.odoo.hints.tasks.*": {"queue": "deliveries"},  # not behind a round
    "dashboards.tasks.*": {"queue": "sync"},
    "cockpit.outbox.tasks.*": {"queue": "deliveries"},
}
CELERY_BEAT_SCHEDULER = "redbeat.RedBeatScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 2


def every(seconds: float, task: str) -> dict:
    """A beat entry. A run that no worker took before the next is due is dropped, so nothing piles up."""
    return {"task": task, "schedule": seconds, "options": {"expires": max(seconds, 5)}}


CELERY_BEAT_SCHEDULE = {
    "outbox": every(2, "cockpit.outbox.tasks.sweep"),
    "settle": every(2, "approvals.tasks.settle_due"),
    "clocks": every(15, "approvals.tasks.sweep_clocks"),
    "snoozes": every(15, "approvals.tasks.wake_due"),
    "policies": every(30, "approvals.tasks.send_due"),
    "weigh": every(300, "approvals.tasks.weigh_open"),
    "notices": every(15, "cockpit.notify.tasks.send_due"),  # digests, and what came while somebody was quiet
    "cases": every(30, "cockpit.exception_queue.tasks.sweep"),
    "rules": every(15, "cockpit.exception_queue.tasks.run_rules"),
    "calendars": every(300, "cockpit.time.tasks.recalendar"),  # for certainty: a change itself calls it at once
    "pull": every(15, "integrations.odoo.tasks.pull_round"),
    "guardian": every(60, "integrations.odoo.tasks.look_at_connection"),  # looks once an hour
    "hints": every(2, "integrations.odoo.hints.tasks.read_hints"),  # for certainty: a hint itself calls it at once
    "directory": {"task": "integrations.odoo.tasks.project_directory", "schedule": crontab(minute="20", hour="0")},
    "rollups": every(15, "dashboards.tasks.refresh_rollups"),
    "rollups_all": every(3600, "dashboards.tasks.check_rollups"),
    "retention": {"task": "approvals.tasks.purge_due", "schedule": crontab(minute="35", hour="1")},
    "seal": every(60, "cockpit.audit.tasks.seal"),
    "carry": every(3600, "cockpit.audit.tasks.carry_roots"),
    "verify": {"task": "cockpit.audit.tasks.verify_trail", "schedule": crontab(minute="20", hour="2")},
    "root": {"task": "cockpit.audit.tasks.daily_root", "schedule": crontab(minute="5", hour="0")},
}

RECERTIFY_MONTHS = int(env("RECERTIFY_MONTHS", "6"))  # then each role is to be confirmed or taken away
DEPUTIES_AHEAD_DAYS = int(env("DEPUTIES_AHEAD_DAYS", "14"))  # before a leave begins, its deputy is proposed
DEPUTIES_FROM_DAYS = int(env("DEPUTIES_FROM_DAYS", "2"))  # shorter leaves need none
REPORTING_CURRENCY = env("REPORTING_CURRENCY", "EUR")  # in which amounts of several companies are compared

# What is wired upward: the floors below read dotted names, never an import.
APPROVAL_KINDS = [
    "delivery.discounts.kinds.DISCOUNT",
    "delivery.terms.kinds.TERMS",
    "delivery.initiation.kinds.PROJECT_INITIATION",
    "delivery.staffing.kinds.STAFFING",
    "delivery.timesheets.asked.TIMESHEET_WEEK",
    "delivery.expenses.kinds.EXPENSE",
    "delivery.changes.kinds.CHANGE_REQUEST",
    "delivery.budgets.kinds.BUDGET_OVERRIDE",
    "delivery.subcontracting.kinds.SUBCONTRACTOR",
    "delivery.vendors.kinds.VENDOR",
    "delivery.milestones.kinds.MILESTONE",
    "delivery.invoice_release.kinds.INVOICE_RELEASE",
    "delivery.adjustments.kinds.INVOICE_ADJUSTMENT",
    "delivery.write_offs.kinds.WRITE_OFF",
    "delivery.credit_notes.kinds.CREDIT_NOTE",
    "approvals.policy_change.POLICY_CHANGE",
]
CLASSES_FROM = {  # fact → where the firm's Odoo says it; `delivery/classes.py`
    "client_tier": env("CLIENT_TIER_FROM", "partner.tag"),
    "project_type": env("PROJECT_TYPE_FROM", "project.tag:Type:"),
    "service_line": env("SERVICE_LINE_FROM", "product.category, department"),
}
APPROVAL_OWN_FACTS = "delivery.own_facts.facts_of"  # kind → facts made of the firm's own fields
EVENT_HANDLERS = {
    "odoo.invoice.changed": ["delivery.invoice_release.rules.evaluate", "delivery.credit_notes.rules.evaluate"],
    "odoo.order.changed": ["delivery.orders.rules.evaluate"],
    "odoo.expense.changed": ["delivery.expenses.rules.evaluate"],
    "mirror.loaded": [
        "delivery.invoice_release.rules.evaluate_all",
        "delivery.credit_notes.rules.evaluate_all",
        "delivery.orders.rules.evaluate_all",
        "delivery.expenses.rules.evaluate_all",
    ],
    **{
        f"approvals.{what}": [f"approvals.notices.on_{what}"]
        for what in ("asked", "reminded", "escalated", "asked_back", "answered", "mentioned")
    },
    "approvals.policy.submitted": ["delivery.publishing.on_submitted"],
    "approvals.policy.published": [
        "delivery.invoice_release.rules.evaluate_all",
        "delivery.credit_notes.rules.evaluate_all",
        "delivery.orders.rules.evaluate_all",
        "delivery.expenses.rules.evaluate_all",
    ],
    "approvals.decided": [
        "approvals.services.agreeing.on_decided",
        "delivery.invoice_release.effects.on_decided",
        "delivery.credit_notes.effects.on_decided",
        "delivery.orders.effects.on_decided",
        "delivery.expenses.effects.on_decided",
        "approvals.notices.on_decided",
    ],
}
# handler name → what runs a message, and how long one attempt may take.
OUTBOX_HANDLERS: dict[str, dict[str, Any]] = {
    "events.handle": {"run": "cockpit.events.dispatch.handle", "timeout_s": 30},
    "notify.mail": {"run": "cockpit.notify.sending.run", "timeout_s": 60},
    "notify.chat": {"run": "cockpit.notify.chat.run", "timeout_s": 60},
    "delivery.guard": {"run": "delivery.publishing.run", "timeout_s": 60},
    "odoo.push": {"run": "integrations.odoo.push.run", "timeout_s": 60},
    "odoo.resync": {"run": "integrations.odoo.resync.run", "timeout_s": 240},
    "odoo.guardian": {"run": "integrations.odoo.guardian.services.run", "timeout_s": 240},
    "odoo.reread": {"run": "integrations.odoo.push.reread.run", "timeout_s": 120},
}
# What people are told of → what writes the letter when it is sent, or says that it is no longer true.
NOTICES = {
    f"approvals.{what}": f"approvals.letters.{what}"
    for what in ("asked", "reminded", "escalated", "asked_back", "answered", "mentioned", "decided")
}
CHAT_URLS = env("CHAT_URLS", "")  # a file: e-mail address → Apprise URL
SAVED_VIEW_PAGES = {"queue": "queue", "exceptions": "exceptions"}  # page → the name of its address
DOCUMENTS = "integrations.odoo.documents.fetch"  # where a request's documents are read from
OUTBOX_ON_DEAD = "cockpit.exception_queue.dead_letters.open_for"
OUTBOX_ON_CLEAR = "cockpit.exception_queue.dead_letters.clear_for"
OUTBOX_CASE_KINDS = {"notify.mail": "notify.undelivered"}  # whose dead letters are another kind of case
ODOO_MANIFESTS = ["delivery.guards.manifest", "integrations.odoo.push.keys.manifest"]
SUBJECT_UNITS = {  # whose cases may see it
    "accounts.person": "cockpit.notify.cases.unit_of_person",
    "approvals.request": "approvals.scope.unit_of",
    "exception_queue.case": "cockpit.exception_queue.scopes.unit_of_case",
}
SUBJECT_MONEY = {"approvals.request": "approvals.scope.money_of"}  # what is at risk while its effects are stuck
SUBJECT_URLS = {"approvals.request": "/queue/R-{}/", "exception_queue.case": "/exceptions/E-{}/"}
SUBJECT_TITLES = {
    "approvals.request": "approvals.search.titles"
}  # (user, keys) → titles of those that the user may see
# What a kind of case says of itself; its repairs, the next step first; the rules that look by the clock.
CASE_KINDS = {
    "outbox.refused": "cockpit.exception_queue.dead_letters.REFUSED",
    "outbox.dead": "cockpit.exception_queue.dead_letters.DEAD",
    "notify.undelivered": "cockpit.notify.cases.UNDELIVERED",
    "timesheets.missing": "delivery.timesheets.kinds.MISSING",
    "mirror.stale": "integrations.odoo.pull.stale.STALE",
    "mirror.all_stale": "integrations.odoo.pull.stale.ALL_STALE",
    "odoo.vanished": "integrations.odoo.pull.vanishing.VANISHED",
    "odoo.differs": "integrations.odoo.pull.lasting.LASTING",
    "odoo.key": "integrations.odoo.guardian.cases.KEY",
    "odoo.rights": "integrations.odoo.guardian.cases.RIGHTS",
    "odoo.api": "integrations.odoo.guardian.cases.API",
    "odoo.drift": "integrations.odoo.guardian.cases.DRIFT",
    "odoo.neighbours": "integrations.odoo.guardian.cases.NEIGHBOURS",
    "approvals.no_approver": "approvals.cases.NO_APPROVER",
    "approvals.outage": "approvals.cases.OUTAGE",
    "approvals.uncovered": "approvals.cases.UNCOVERED",
    "approvals.recertify": "approvals.cases.RECERTIFY",
    "approvals.left_behind": "approvals.cases.LEFT_BEHIND",
    "push.altered": "integrations.odoo.push.altered.ALTERED",
    "invoice.emergency_release": "delivery.invoice_release.cases.EMERGENCY",
    "invoice.altered_after_release": "delivery.invoice_release.cases.ALTERED",
    "invoice.posted_undecided": "delivery.invoice_release.cases.UNDECIDED",
    "guard.emergency_release": "delivery.radar_cases.EMERGENCY",
    "guard.moved_undecided": "delivery.radar_cases.UNDECIDED",
    "guard.moved_against": "delivery.radar_cases.AGAINST",
    "guard.moved_unasked": "delivery.radar_cases.UNASKED",
    "guard.altered_after_release": "delivery.radar_cases.ALTERED",
}
_LETTERS = ["cockpit.exception_queue.dead_letters.RETRY", "cockpit.exception_queue.dead_letters.SKIP"]
CASE_REPAIRS: dict[str, list[str]] = {
    "outbox.refused": _LETTERS,
    "outbox.dead": _LETTERS,
    "notify.undelivered": _LETTERS,
    "timesheets.missing": ["delivery.timesheets.effects.REMIND"],
    "mirror.stale": ["integrations.odoo.pull.stale.RESYNC"],
    "odoo.differs": ["integrations.odoo.pull.stale.RESYNC"],
    "odoo.vanished": ["integrations.odoo.pull.stale.RESYNC", "integrations.odoo.pull.accepting.ACCEPT"],
    "mirror.all_stale": ["integrations.odoo.pull.stale.RESYNC"],
    **{
        f"odoo.{check}": ["integrations.odoo.guardian.cases.LOOK_AGAIN"]
        for check in ("key", "rights", "api", "drift", "neighbours")
    },
    "push.altered": ["integrations.odoo.push.altered.KEEP", "integrations.odoo.push.altered.OURS"],
}
CASE_RULES: dict[str, dict[str, Any]] = {
    "timesheets": {
        "run": "delivery.timesheets.watching.watch",
        "label": _("Timesheets missing for a week"),
        "every_s": 60,
    },
    "outbox": {
        "run": "cockpit.exception_queue.dead_letters.reconcile",
        "label": _("Writes that Odoo refused or lost"),
        "every_s": 60,
    },
    "guardian": {"run": "integrations.odoo.guardian.services.watch", "label": _("Connection to Odoo"), "every_s": 60},
    "deputies": {
        "run": "approvals.services.covering.watch",
        "label": _("Leaves during which nobody decides"),
        "every_s": 300,
    },
    "leavers": {
        "run": "approvals.services.leaving.watch",
        "label": _("What waits for people who left"),
        "every_s": 300,
    },
    "grants": {
        "run": "approvals.services.recertifying.watch",
        "label": _("Roles that nobody has confirmed for long"),
        "every_s": 3600,
    },
    "stale": {"run": "integrations.odoo.pull.stale.watch", "label": _("Data from Odoo that is old"), "every_s": 30},
}
AUDIT_ROOT_TO = env_list("AUDIT_ROOT_TO", "")  # where each day's root is carried: folder:/…, mail:…, https://…
AUDIT_SCOPES = ["approvals.scope.subjects_in", "cockpit.exception_queue.scopes.subjects_in"]  # units → subjects there
PERSON_ERASERS = [  # who takes a person's names out of what
    "approvals.erasing.erase_person",
    "cockpit.exception_queue.erasing.erase_person",
    "integrations.odoo.erasing.erase_person",
]
AUDIT_PACKETS = {"R": "approvals.packets.of_request"}  # what a packet is made of, by how its key begins
DEMO = [  # what makes the simulated firm ready, in this order
    "delivery.demo.set_up",
    "dashboards.demo.set_up",
    "delivery.setup.looking.look",
    "integrations.odoo.guardian.services.look_if_due",
]
API_ROUTERS = {"": "approvals.api.router.router"}  # prefix → what answers below /api/v1/
API_CALLS_A_MINUTE = int(env("API_CALLS_A_MINUTE", "120"))  # of one token
NAV = [
    "approvals.nav.entries",
    "cockpit.exception_queue.nav.entries",
    "dashboards.nav.entries",
    "approvals.nav.people",
    "integrations.odoo.guardian.nav.entries",
    "approvals.nav.policies",
    "delivery.setup.nav.entries",
    "cockpit.trail.nav.entries",
]
GRANT_CHECKS = ["approvals.services.limiting.check_grant"]  # (person, role, unit); raises GrantError
BANNERS = ["approvals.reading.deputies.banners"]  # what stands above every page while it is true
# Where a role begins, by the name of its page; of several roles the first that is named here counts.
HOMES = [
    *((role, "queue") for role in ("finance", "project_manager", "delivery_manager", "partner")),
    ("pmo", "exceptions"),
    ("leadership", "utilization"),
]
# What ⌘K asks for records: (user, text, limit) → list of Found, never more than the user may see.
SEARCH_SOURCES: list[str] = [
    "approvals.search.requests",
    "approvals.search.asking",
    "cockpit.exception_queue.search.cases",
    "dashboards.search.people",
    "dashboards.search.projects",
    "dashboards.search.clients",
    "dashboards.search.invoices",
    "approvals.search.pages",
]
SEARCH_NAMES: dict[str, Any] = {  # how the page calls a source that did not answer
    "approvals.search.requests": _("Requests"),
    "approvals.search.asking": _("Ask for"),
    "cockpit.exception_queue.search.cases": _("Cases"),
    "dashboards.search.people": _("People"),
    "dashboards.search.projects": _("Projects"),
    "dashboards.search.clients": _("Clients"),
    "dashboards.search.invoices": _("Invoices"),
    "approvals.search.pages": _("Pages"),
}
DEPENDENTS = [  # what rests on which of Odoo's models
    "delivery.dependents.DEPENDENTS",
    "dashboards.dependents.DEPENDENTS",
    "integrations.odoo.directory.dependents.DEPENDENTS",
]
STANDINGS = "integrations.odoo.standing.Standings"  # how old what pages, requests and cases show is

# --- measures -------------------------------------------------------------------------------------
# Hours that Odoo invoices in one of these ways (`timesheet_invoice_type`) are billable.
BILLABLE_KINDS = env("BILLABLE_KINDS", "billable_time,billable_fixed,billable_milestones,billable_manual").split(",")

# --- the log --------------------------------------------------------------------------------------
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # A traceback without local variables: keys and passwords are among them.
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ],
    logger_factory=lambda *names: structlog.PrintLogger(sys.stderr),  # a command's answer is its output alone
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"veil": {"()": "cockpit.request_log.VeilSecrets"}},
    "loggers": {"django.request": {"filters": ["veil"]}},
}

# --- Odoo -----------------------------------------------------------------------------------------
ODOO: dict[str, Any] = {
    "URL": env("ODOO_URL", ""),
    "DB": env("ODOO_DB", ""),
    "LOGIN": env("ODOO_LOGIN", ""),
    "API_KEY": env("ODOO_API_KEY", ""),
    "PASSWORD": env("ODOO_PASSWORD", ""),
    "TRANSPORT": env("ODOO_TRANSPORT", "auto"),  # auto | json2 | jsonrpc
    "TIMEOUT_S": 30,
    # Where Odoo reaches us with its hints; empty: nowhere.
    "HINTS_URL": env("ODOO_HINTS_URL", os.environ.get("PUBLIC_URL", "")).rstrip("/"),
    # Whose saves Odoo tells at once: what decisions and queues depend on. Timesheets are saved by the hundred, and
    # Odoo would send one after another while the user waits.
    "HINTED_MODELS": env_list("ODOO_HINTED_MODELS", "account.move,sale.order,project.task,hr.expense,hr.leave"),
    "PAGE_SIZE": int(env("ODOO_PAGE_SIZE", "5000")),  # records a call of the pull
    "LANG": env("ODOO_LANG", "en_US"),  # of the names that Odoo translates: one, whoever reads them
    "FIELDS": env("ODOO_FIELDS", ""),  # a file that names the firm's own x_ fields as facts
    "READERS": int(env("ODOO_READERS", "2")),  # calls at once in a first load
}
