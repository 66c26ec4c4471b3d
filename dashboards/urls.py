from django.urls import path

from dashboards import data_views, views

urlpatterns = [
    path("utilization/", views.utilization, name="utilization"),
    path("utilization/rows/", views.rows, name="utilization_rows"),
    path("utilization/targets/", views.set_target, name="utilization_targets"),
    path("utilization/<slug:part>.csv", views.csv, name="utilization_csv"),
    path("data/", data_views.freshness, name="data"),
    path("data/progress/", data_views.progress, name="data_progress"),
    path("data/<str:name>/", data_views.model, name="data_model"),
    path("data/<str:name>/resync/", data_views.read_anew, name="data_resync"),
]
