from django.urls import path

from .views import hint

urlpatterns = [path("<str:given>/", hint, name="odoo-hint")]
