from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@never_cache
def freshness_line(request: HttpRequest) -> HttpResponse:
    """The line at the foot of the rail, asked for again while a page stands open."""
    return render(request, "frame.html#freshness")
