"""The pages of config."""

from django.urls import path

from config.views import room, things, types

app_name = "config"
urlpatterns = [
    path("carriers/", things.carriers, name="carriers"),
    path("carriers/<int:pk>/", things.carrier, name="carrier"),
    path("regions/", things.regions, name="regions"),
    path("regions/<int:pk>/", things.region, name="region"),
    path("business-types/", types.business_types, name="business_types"),
    path("business-types/<int:pk>/", types.business_type, name="business_type"),
    path("settings/", room.settings, name="settings"),
]
