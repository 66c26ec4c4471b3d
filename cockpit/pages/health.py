"""`/healthz`: can this process serve pages? For load balancers and the supervisor, so it needs no sign-in."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@never_cache
@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """200 and {"status": "ok", …}, or 503 with the part that fails; never why, for anybody may ask."""
    parts = checks()
    well = all(state == "ok" for state in parts.values())
    return JsonResponse({"status": "ok" if well else "failing", **parts}, status=200 if well else 503)


healthz.no_viewer = True  # type: ignore[attr-defined]  # it answers without the database, whoever asks


def checks() -> dict[str, str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return {"database": "ok", "migrations": "ok" if not _pending() else "pending"}
    except DatabaseError:
        return {"database": "unreachable", "migrations": "unknown"}


_applied = False


def _pending() -> bool:
    """Reading every migration file costs 50 ms: once all were applied, this process doesn't ask again."""
    global _applied
    if not _applied:
        executor = MigrationExecutor(connection)
        _applied = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return not _applied
