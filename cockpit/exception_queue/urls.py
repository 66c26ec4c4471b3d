from django.urls import path

from cockpit.exception_queue import views
from cockpit.exception_queue.acting import VERBS

urlpatterns = [
    path("", views.exceptions, name="exceptions"),
    path("bulk/", views.bulk, name="cases_bulk"),
    path("E-<int:pk>/", views.case_page, name="case"),
    *(path(f"E-<int:pk>/{verb}/", views.act, {"verb": verb}, name=f"case_{verb}") for verb in VERBS),
]
