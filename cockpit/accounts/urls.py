"""Sign-in, as much of allauth as we use: people come from Odoo, so nobody signs up, and no mail is sent yet."""

from allauth.account import views
from django.urls import include, path

from cockpit.accounts.welcome import Welcome

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("welcome/<uidb64>/<token>/", Welcome.as_view(), name="welcome"),
    path("2fa/", include("allauth.mfa.urls")),
]
