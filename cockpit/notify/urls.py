from django.urls import path

from cockpit.notify import views

urlpatterns = [path("", views.preferences, name="notices")]
