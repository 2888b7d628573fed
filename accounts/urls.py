"""The pages of accounts."""

from django.urls import path

from accounts.views import door, operators

app_name = "accounts"
urlpatterns = [
    path("login/", door.login, name="login"),
    path("logout/", door.logout, name="logout"),
    path("password/", door.password, name="password"),
    path("operators/", operators.operators, name="operators"),
    path("operators/new/", operators.operator_new, name="operator_new"),
    path("operators/paste/", operators.operators_paste, name="operators_paste"),
    path("operators/passwords/", operators.issued, name="issued"),
    path("operators/<int:pk>/", operators.operator, name="operator"),
]
