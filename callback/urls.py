"""The desk's pages."""

from django.urls import path

from callback.views import holds, lookup, maintenance, sheet

app_name = "callback"
urlpatterns = [
    path("sheet/", sheet.sheet, name="sheet"),
    path("sheet/hold/", sheet.hold, name="hold"),
    path("sheet/qr.svg", sheet.qr, name="qr"),
    path("sheet/keys/", sheet.keys, name="keys"),
    path("holds/", holds.holds, name="holds"),
    path("lookup/", lookup.lookup, name="lookup"),
    path("numbers/<int:pk>/", lookup.number, name="number"),
    path("calls/<int:pk>/amend/", lookup.amend, name="amend"),
    path("db/", maintenance.maintenance, name="maintenance"),
    path("web/db/", maintenance.maintenance_as_in_the_manual, name="maintenance_as_in_the_manual"),
    path("db/archives/<int:pk>/restore/", maintenance.restore, name="restore"),
]
