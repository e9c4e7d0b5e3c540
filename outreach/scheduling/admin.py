"""Administration of the schedule: records to read, and changes through the services only.

What a form here could change would pass by the rules, the followers and the reasons. So records are
read-only, and publishing and cancelling are actions that call the services.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import User
from outreach.common.administration import ReadOnly, ScopedAdmin
from outreach.common.errors import DomainError
from outreach.scheduling import services
from outreach.scheduling.models import (
    Activity,
    ActivityKind,
    Audience,
    Duty,
    Event,
    Reason,
    RuleOverride,
    Trip,
)


class CancelForm(forms.Form):
    """Why the chosen records are called off."""

    why = forms.ModelChoiceField(Reason.objects.filter(in_use=True), label=_("Reason"))
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea)


class DutyInline(ReadOnly, admin.TabularInline[Duty, models.Model]):
    model = Duty
    extra = 0


class OverrideInline(ReadOnly, admin.TabularInline[RuleOverride, models.Model]):
    model = RuleOverride
    extra = 0
    exclude = ["params"]


class ActivityInline(ReadOnly, admin.TabularInline[Activity, Event]):
    model = Activity
    extra = 0


class StopInline(ReadOnly, admin.TabularInline[Event, Trip]):
    model = Event
    extra = 0
    fields = readonly_fields = ("title", "venue", "starts_at", "ends_at", "state")
    show_change_link = True


class ScheduleAdmin(ReadOnly, ScopedAdmin):
    """What trips and events share: the two actions, each record in a transaction of its own."""

    publish_one: Callable[[HttpRequest, Any], None]
    cancel_one: Callable[[HttpRequest, Any, dict[str, Any]], None]

    actions = ["publish", "cancel"]
    date_hierarchy: str | None = None
    list_filter = ["state", "library"]

    @admin.action(description=_("Publish"), permissions=["view"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Publish the chosen records through the service."""
        self._each(request, queryset, lambda record: self.publish_one(request, record))

    @admin.action(description=_("Cancel"), permissions=["view"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Ask for the reason, then cancel the chosen records through the service."""
        form = CancelForm(request.POST if "why" in request.POST else None)
        if form.is_valid():
            self._each(
                request,
                queryset,
                lambda record: self.cancel_one(request, record, form.cleaned_data),
            )
            return None
        context = self.admin_site.each_context(request) | {
            "title": gettext("Cancel"),
            "form": form,
            "records": queryset,
            "checkbox": ACTION_CHECKBOX_NAME,
            "opts": self.model._meta,
        }
        return render(request, "schedule/admin_cancel.html", context)

    def _each(
        self, request: HttpRequest, records: QuerySet[Any], change: Callable[[Any], None]
    ) -> None:
        done = 0
        for record in records:
            try:
                change(record)
            except DomainError as refusal:
                self.message_user(request, f"{record}: {refusal.message}", messages.ERROR)
            else:
                done += 1
        if done:
            self.message_user(request, gettext("Done: %(count)d") % {"count": done})


def _actor(request: HttpRequest) -> User:
    return cast(User, request.user)


@admin.register(Trip)
class TripAdmin(ScheduleAdmin):
    date_hierarchy = "departs_at"
    list_display = ["departs_at", "returns_at", "vehicle", "library", "state"]
    list_select_related = ["vehicle", "library"]
    inlines = [StopInline, DutyInline, OverrideInline]

    def publish_one(self, request: HttpRequest, record: Trip) -> None:
        services.publish_trip(actor=_actor(request), trip=record)

    def cancel_one(self, request: HttpRequest, record: Trip, said: dict[str, Any]) -> None:
        services.cancel_trip(actor=_actor(request), trip=record, **said)


@admin.register(Event)
class EventAdmin(ScheduleAdmin):
    date_hierarchy = "starts_at"
    list_display = ["title", "starts_at", "venue", "library", "state"]
    list_select_related = ["venue", "library"]
    search_fields = ["title", "venue__folded", "uid"]
    inlines = [ActivityInline, DutyInline, OverrideInline]

    def publish_one(self, request: HttpRequest, record: Event) -> None:
        services.publish_event(actor=_actor(request), event=record)

    def cancel_one(self, request: HttpRequest, record: Event, said: dict[str, Any]) -> None:
        services.cancel_event(actor=_actor(request), event=record, **said)


@admin.register(Duty)
class DutyAdmin(ReadOnly, ScopedAdmin):
    list_display = ["member", "role", "starts_at", "ends_at", "is_standing"]
    list_select_related = ["member"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Duty]:
        """Return the duties of trips and events a person may see."""
        user = _actor(request)
        return Duty.objects.filter(
            models.Q(trip__in=Trip.objects.visible_to(user))
            | models.Q(event__in=Event.objects.visible_to(user))
        )


@admin.register(RuleOverride)
class RuleOverrideAdmin(ReadOnly, admin.ModelAdmin[RuleOverride]):
    list_display = ["rule", "finding", "reason", "actor", "made_at", "lapsed_at"]
    list_filter = ["rule"]
    list_select_related = ["actor"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RuleOverride]:
        """Return the overrides at trips and events a person may see."""
        user = _actor(request)
        return RuleOverride.objects.filter(
            models.Q(trip__in=Trip.objects.visible_to(user))
            | models.Q(event__in=Event.objects.visible_to(user))
        )


@admin.register(ActivityKind, Audience, Reason)
class CodedListAdmin(ReadOnly, admin.ModelAdmin[Any]):
    """Reference data: kept in ``fixtures/reference`` and loaded by a command."""

    list_display = ["code", "name_vi", "name_en", "position", "in_use"]
