"""The pages of config."""

from django.urls import path

from config import views

app_name = "config"
urlpatterns = [
    path("carriers/", views.carriers, name="carriers"),
    path("carriers/<int:pk>/", views.carrier, name="carrier"),
    path("regions/", views.regions, name="regions"),
    path("regions/<int:pk>/", views.region, name="region"),
    path("business-types/", views.business_types, name="business_types"),
    path("business-types/<int:pk>/", views.business_type, name="business_type"),
]
