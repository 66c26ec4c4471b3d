from django.urls import path

from cockpit.exception_queue import views

urlpatterns = [
    path("", views.exceptions, name="exceptions"),
    path("<int:pk>/close/", views.close, name="case_close"),
    path("<int:pk>/retry/", views.retry, name="case_retry"),
]
