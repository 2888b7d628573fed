"""The pages of phones."""

from django.urls import path

from phones import export_urls
from phones.views import batches, exclusions, first_visit, imports

app_name = "phones"
urlpatterns = [
    path("phones/import/", imports.import_numbers, name="import"),
    path("phones/import/template/", imports.import_template, name="import_template"),
    path("phones/import/<uuid:pk>/", imports.import_check, name="import_check"),
    path("phones/import/<uuid:pk>/confirm/", imports.import_confirm, name="import_confirm"),
    path("phones/import/<uuid:pk>/rejected/", imports.rejected, name="rejected"),
    path("phones/batches/", batches.batches, name="batches"),
    path("phones/batches/<int:pk>/", batches.batch, name="batch"),
    path("phones/exclusions/", exclusions.exclusions, name="exclusions"),
    path("first-visit/", first_visit.first_visit, name="first_visit"),
    *export_urls.patterns,
]
