"""The addresses of the export and of jobs; phones.urls takes them in."""

from django.urls import path

from phones.views import exports, jobs

patterns = [
    path("phones/export/", exports.export, name="export"),
    path("phones/export/start/", exports.start_export, name="start_export"),
    path("phones/export/list/", exports.export_list, name="export_list"),
    path("jobs/", jobs.job_list, name="jobs"),
    path("jobs/<uuid:pk>/", jobs.job, name="job"),
    path("jobs/<uuid:pk>/cancel/", jobs.cancel_job, name="cancel_job"),
    path("jobs/<uuid:pk>/result/", jobs.job_result, name="job_result"),
]
