"""The desk's pages."""

from django.urls import path

from callback import views

app_name = "callback"
urlpatterns = [
    path("sheet/", views.sheet, name="sheet"),
    path("sheet/hold/", views.hold, name="hold"),
    path("sheet/qr.svg", views.qr, name="qr"),
    path("sheet/keys/", views.keys, name="keys"),
    path("holds/", views.holds, name="holds"),
]
