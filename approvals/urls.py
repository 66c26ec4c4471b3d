from django.urls import include, path

from approvals import acts, beside, bulk, by_mail, covering, deputies, duty_pages, hand_over_pages, raising, views

urlpatterns = [
    path("queue/", views.queue, name="queue"),
    path("queue/views/", beside.views_counted, name="queue_views"),
    path("queue/bulk/", bulk.bulk, name="bulk"),
    path("queue/news/", views.queue_news, name="queue_news"),
    path("requests/about/<str:model>/<int:odoo_id>/", views.about, name="about"),
    path("queue/R-<int:pk>/", views.request_page, name="request"),
    path("queue/R-<int:pk>/decide/", views.decide, name="decide"),
    path("queue/R-<int:pk>/undo/", views.undo, name="undo"),
    path("queue/R-<int:pk>/snooze/", beside.snooze, name="snooze"),
    path("queue/R-<int:pk>/wake/", beside.wake, name="wake"),
    path("queue/R-<int:pk>/comment/", beside.comment, name="comment"),
    path("queue/R-<int:pk>/documents/<int:document>/", beside.document, name="document"),
    path("queue/R-<int:pk>/documents/<int:document>/content/", beside.document_content, name="document_content"),
    path("queue/R-<int:pk>/status/", views.status, name="request_status"),
    path("queue/R-<int:pk>/beside/", views.beside_list, name="request_beside"),
    path("queue/R-<int:pk>/moved/", views.moved, name="request_moved"),
    path("queue/R-<int:pk>/toast/", views.toast, name="request_toast"),
    path("mail/<str:token>/", by_mail.open_link, name="by_mail"),
    *acts.urlpatterns,
    *raising.urlpatterns,
    *deputies.urlpatterns,
    *covering.urlpatterns,
    *duty_pages.urlpatterns,
    *hand_over_pages.urlpatterns,
    path("", include("approvals.editor.urls")),
]
