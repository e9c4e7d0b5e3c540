"""Addresses of the calendar feeds."""

from __future__ import annotations

from django.urls import path

from outreach.web.calendars import views

urlpatterns = [
    path("calendar/event/<str:uid>.ics", views.calendar_event, name="calendar_event"),
    path("calendar/<str:scope>/<str:slug>.ics", views.calendar_feed, name="calendar_feed"),
]
