"""Addresses under ``/api/v1/``."""

from __future__ import annotations

from django.urls import path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from api.crew import Crew
from api.disruptions import Disruptions
from api.docs import DocsView
from api.events import Events
from api.measures import Measures
from api.owed_visits import OwedVisits
from api.result_sheets import ResultSheets
from api.series import SeriesViews
from api.statistics import Statistics
from api.travel_times import TravelTimes
from api.trips import Trips
from api.units import Units
from api.vehicles import Vehicles
from api.venues import Venues

router = SimpleRouter()
router.register("units", Units, "units")
router.register("venues", Venues, "venues")
router.register("travel-times", TravelTimes, "travel-times")
router.register("vehicles", Vehicles, "vehicles")
router.register("crew", Crew, "crew")
router.register("trips", Trips, "trips")
router.register("series", SeriesViews, "series")
router.register("events", Events, "events")
router.register("disruptions", Disruptions, "disruptions")
router.register("owed-visits", OwedVisits, "owed-visits")
router.register("result-sheets", ResultSheets, "result-sheets")
router.register("measures", Measures, "measures")

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("docs/", DocsView.as_view(), name="api_docs"),
    path("statistics/", Statistics.as_view({"get": "explore"}), name="statistics-list"),
    path("statistics/sheets/", Statistics.as_view({"get": "sheets"}), name="statistics-sheets"),
    *router.urls,
]
