from django.urls import path

from approvals.editor import acting, moving, rows, views
from approvals.editor.what_if import what_if

urlpatterns = [
    path("policies/", views.overview, name="policies"),
    path("policies/<slug:kind>/", views.policy, name="policy"),
    path("policies/<slug:kind>/begin/", acting.begin, name="policy_begin"),
    path("policies/<slug:kind>/compare/", views.compare, name="policy_compare"),
    path("policies/<slug:kind>/running/", moving.running, name="policy_running"),
    path("policies/<slug:kind>/v<int:number>/", views.version, name="policy_version"),
    path("policies/<slug:kind>/v<int:number>/file/", views.as_file, name="policy_file"),
    path("policies/<slug:kind>/v<int:number>/what-if/", what_if, name="policy_what_if"),
    path("policies/<slug:kind>/v<int:number>/take-file/", acting.take_file, name="policy_take_file"),
    path("policies/<slug:kind>/v<int:number>/terms/", acting.terms, name="policy_terms"),
    path("policies/<slug:kind>/v<int:number>/ask/", acting.ask, name="policy_ask"),
    path("policies/<slug:kind>/owner/", acting.owner, name="policy_owner"),
    path("policies/<slug:kind>/v<int:number>/go-on/", acting.go_on, name="policy_go_on"),
    path("policies/<slug:kind>/v<int:number>/take-back/", acting.take_back, name="policy_take_back"),
    path("policies/<slug:kind>/v<int:number>/drop/", acting.drop, name="policy_drop"),
    path("policies/<slug:kind>/v<int:number>/rows/<int:place>/", rows.row, name="policy_row"),
    path("policies/<slug:kind>/v<int:number>/rows/<int:place>/move/", rows.move, name="policy_row_move"),
    path("policies/<slug:kind>/v<int:number>/rows/<int:place>/delete/", rows.delete, name="policy_row_delete"),
]
