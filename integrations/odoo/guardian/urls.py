from django.urls import path

from integrations.odoo.guardian import views

urlpatterns = [
    path("", views.show, name="odoo_connection"),
    path("look/", views.look, name="odoo_look"),
    path("key/", views.key, name="odoo_key"),
    path("key/forget/", views.forget, name="odoo_key_forget"),
]
