from django.urls import include, path

from cockpit.pages import languages, scope, search
from cockpit.pages.health import healthz
from cockpit.pages.views import freshness_line, home

handler500 = "cockpit.pages.errors.server_error"

urlpatterns = [
    path("", home, name="home"),
    path("", include("approvals.urls")),
    path("exceptions/", include("cockpit.exception_queue.urls")),
    path("", include("dashboards.urls")),
    path("odoo/", include("integrations.odoo.guardian.urls")),
    path("setup/", include("delivery.setup.urls")),
    path("accounts/", include("cockpit.accounts.urls")),
    path("frame/freshness/", freshness_line, name="freshness"),
    path("audit/", include("cockpit.trail.urls")),
    path("notices/", include("cockpit.notify.urls")),
    path("views/", include("cockpit.saved_views.urls")),
    path("", include("cockpit.api.urls")),
    path("frame/language/", languages.speak, name="language"),
    path("search/", search.search, name="search"),
    path("frame/scope/", scope.choose, name="scope"),
    path("hints/odoo/", include("integrations.odoo.hints.urls")),
    path("healthz", healthz, name="healthz"),
]
