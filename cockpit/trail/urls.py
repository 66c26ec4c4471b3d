from django.urls import path

from cockpit.trail import views

urlpatterns = [
    path("", views.trail, name="trail"),
    path("verify/", views.verify, name="trail_verify"),
    path("packet/", views.export, name="trail_packet"),
]
