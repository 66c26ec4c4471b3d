from django.urls import path

from delivery.setup import views

urlpatterns = [
    path("", views.setup, name="setup"),
    path("look/", views.look, name="setup_look"),
    path("me/", views.me, name="setup_me"),
    path("roles/", views.roles, name="setup_roles"),
    path("tiers/", views.tiers, name="setup_tiers"),
    path("policy/", views.policy, name="setup_policy"),
]
