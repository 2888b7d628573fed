"""The site map."""

from django.urls import include, path

from hwcall import views

urlpatterns = [
    path("", views.home, name="home"),
    path("language/", views.language, name="language"),
    path("theme/", views.theme, name="theme"),
    path("manual/", views.manual, name="manual"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("", include("accounts.urls")),
    path("", include("config.urls")),
    path("", include("phones.urls")),
    path("", include("callback.urls")),
    path("", include("stats.urls")),
]

handler400 = "hwcall.views.bad_request"
handler403 = "hwcall.views.forbidden"
handler404 = "hwcall.views.not_found"
handler500 = "hwcall.views.server_error"
