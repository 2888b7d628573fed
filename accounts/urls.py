"""The pages of accounts."""

from django.urls import path

from accounts.views import account, door, one_time, operators, tables

app_name = "accounts"
urlpatterns = [
    path("login/", door.login, name="login"),
    path("logout/", door.logout, name="logout"),
    path("password/", door.password, name="password"),
    path("operators/", operators.operators, name="operators"),
    path("operators/new/", account.operator_new, name="operator_new"),
    path("operators/paste/", account.operators_paste, name="operators_paste"),
    path("operators/passwords/", one_time.issued, name="issued"),
    path("operators/<int:pk>/", account.operator, name="operator"),
    path("operators/<int:pk>/reset/", account.reset, name="reset"),
    path("tables/", tables.arrange, name="arrange_table"),
    path("filters/", tables.saved, name="saved_filters"),
    path("filters/<int:pk>/delete/", tables.forget, name="forget_filter"),
]
