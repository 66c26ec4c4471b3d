from django.urls import path

from cockpit.saved_views import views

urlpatterns = [
    path("save/", views.save, name="view_save"),
    path("<int:pk>/remove/", views.remove, name="view_remove"),
]
