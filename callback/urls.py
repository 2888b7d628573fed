"""The desk's pages."""

from django.urls import path, re_path

from callback.views import holds, lookup, maintenance, paper, sheet

app_name = "callback"
urlpatterns = [
    path("sheet/", sheet.sheet, name="sheet"),
    path("sheet/hold/", sheet.hold, name="hold"),
    path("sheet/held/", sheet.held, name="held"),
    path("sheet/qr.svg", sheet.qr, name="qr"),
    path("sheet/keys/", sheet.keys, name="keys"),
    path("paper/", paper.paper_sheets, name="paper_sheets"),
    path("paper/<int:pk>/", paper.paper_sheet, name="paper_sheet"),
    path("paper/<int:pk>/print/", paper.paper_print, name="paper_print"),
    path("holds/", holds.holds, name="holds"),
    path("lookup/", lookup.lookup, name="lookup"),
    path("numbers/<int:pk>/", lookup.number, name="number"),
    path("calls/<int:pk>/amend/", lookup.amend, name="amend"),
    # Typed by hand, with or without the slash: where one has to be added, whoever has typed it is told that it exists.
    re_path(r"^db/?$", maintenance.maintenance, name="maintenance"),
    re_path(r"^web/db/?$", maintenance.maintenance_as_in_the_manual, name="maintenance_as_in_the_manual"),
    path("db/archives/<int:pk>/restore/", maintenance.restore, name="restore"),
]
