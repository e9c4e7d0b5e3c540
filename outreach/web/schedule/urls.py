"""Addresses of the schedule: the week, trips, and events as staff see them."""

from __future__ import annotations

from django.urls import path

from outreach.web.schedule.views import events, retiming, rules, today, trips, week

urlpatterns = [
    path("schedule/", week.schedule, name="schedule"),
    path("schedule/rules/", rules.rule_settings, name="rule_settings"),
    path("schedule/today/", today.schedule_today, name="schedule_today"),
    path("schedule/events/new/", events.event_new, name="event_new"),
    path("schedule/events/<str:uid>/", events.schedule_event, name="schedule_event"),
    path("schedule/events/<str:uid>/edit/", events.event_edit, name="event_edit"),
    path("schedule/events/<str:uid>/move/", events.event_move, name="event_move"),
    path("schedule/events/<str:uid>/publish/", events.event_publish, name="event_publish"),
    path("schedule/events/<str:uid>/cancel/", events.event_cancel, name="event_cancel"),
    path("schedule/events/<str:uid>/restore/", events.event_restore, name="event_restore"),
    path("schedule/events/<str:uid>/remove/", events.event_remove, name="event_remove"),
    path("trips/", week.trips, name="trips"),
    path("trips/new/", trips.trip_new, name="trip_new"),
    path("trips/<str:uid>/", trips.trip, name="trip"),
    path("trips/<str:uid>/edit/", trips.trip_edit, name="trip_edit"),
    path("trips/<str:uid>/move/", trips.trip_move, name="trip_move"),
    path("trips/<str:uid>/times/", retiming.trip_times, name="trip_times"),
    path("trips/<str:uid>/mark/", today.trip_mark, name="trip_mark"),
    path("trips/<str:uid>/unmark/", today.trip_unmark, name="trip_unmark"),
    path("trips/<str:uid>/publish/", trips.trip_publish, name="trip_publish"),
    path("trips/<str:uid>/cancel/", trips.trip_cancel, name="trip_cancel"),
    path("trips/<str:uid>/remove/", trips.trip_remove, name="trip_remove"),
    path("trips/<str:uid>/events/new/", trips.trip_add_event, name="trip_add_event"),
]
