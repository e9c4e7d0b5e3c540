"""Where and when the demonstration loads, and that it always comes out the same."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from pytest_django import Settings

from outreach.accounts.models import Library, User
from outreach.attendance.models import ResultSheet
from outreach.config.demo import load
from outreach.fleet.models import CrewMember
from outreach.places.models import AdministrativeUnit, Venue
from outreach.scheduling.models import Duty, Event, RuleOverride, Trip, TripMark, TripPause
from outreach.scheduling.services import rules
from outreach.statistics.models import BuildingFigures

pytestmark = pytest.mark.django_db


def test_it_refuses_production_and_stores_nothing(settings: Settings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        call_command("demo", verbosity=0)
    assert not Library.objects.exists()
    assert not AdministrativeUnit.objects.exists()


def test_it_refuses_a_day_before_the_finished_year_ended() -> None:
    with pytest.raises(CommandError, match="2025-12-01"):
        call_command("demo", today=date(2025, 11, 30))
    assert not User.objects.exists()


def test_it_leaves_a_union_alone_that_is_not_its_own() -> None:
    Library.objects.create(slug="nct", name_vi="Liên hiệp", is_union=True)
    with pytest.raises(CommandError):
        call_command("demo")
    assert Library.objects.count() == 1


def test_a_failure_on_the_way_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("at the very end")

    monkeypatch.setattr("outreach.statistics.services.rebuild", fail)
    with pytest.raises(RuntimeError):
        load.load(date(2026, 3, 4))
    assert not Library.objects.exists()
    assert not Event.objects.exists()


def contents() -> list[list[tuple[Any, ...]]]:
    """Return what the demonstration says, free of database keys."""
    return [
        list(Venue.objects.order_by("code").values_list("code", "name", "lat", "lon")),
        list(Trip.objects.order_by("uid").values_list("uid", "departs_at", "state")),
        list(
            Event.objects.order_by("uid").values_list(
                "uid", "starts_at", "ends_at", "title", "state", "commune__code"
            )
        ),
        list(ResultSheet.objects.order_by("uid").values_list("uid", "people_served")),
        list(
            BuildingFigures.objects.order_by("library__slug", "month").values_list(
                "library__slug", "month", "reader_visits", "items_used", "cards_issued"
            )
        ),
        list(
            Duty.objects.order_by("starts_at", "member__full_name").values_list(
                "member__full_name", "starts_at"
            )
        ),
        list(TripPause.objects.order_by("trip__uid", "starts_at").values_list("kind", "place")),
        list(RuleOverride.objects.order_by("trip__uid", "rule", "finding").values_list("reason")),
        list(CrewMember.objects.order_by("full_name").values_list("full_name", "can_operate")),
    ]


def loaded_on(day: date) -> list[list[tuple[Any, ...]]]:
    """Return what is loaded on a day, and take it back."""
    with transaction.atomic():
        load.load(day)
        found = contents()
        transaction.set_rollback(True)
    return found


def test_trips_on_the_road_have_told_that_they_left_and_none_that_it_is_back() -> None:
    load.load(date(2026, 3, 4))  # a Wednesday; the demonstration stands still at five o'clock
    kinds = TripMark.objects.values_list("trip", "kind")
    assert kinds.filter(kind="left").exists()
    assert kinds.filter(kind="done").exists()
    assert not kinds.filter(kind="back").exists()
    assert not TripMark.objects.exclude(at__lt=F("trip__returns_at")).exists()


def test_it_always_comes_out_the_same() -> None:
    day = date(2026, 3, 4)
    first = loaded_on(day)
    assert all(first)
    assert loaded_on(day) == first


def test_the_finished_year_does_not_depend_on_the_day() -> None:
    def finished(found: list[list[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
        return [row for row in found[2] if row[1].date() < date(2025, 11, 30)]

    assert finished(loaded_on(date(2026, 1, 15))) == finished(loaded_on(date(2027, 9, 9)))


@pytest.mark.parametrize(
    "day",
    [
        date(2025, 12, 1),  # the season has no past yet
        date(2026, 2, 17),  # the first day of the year of the horse
        date(2026, 7, 5),  # a Sunday in the summer holidays
    ],
)
def test_on_any_day_the_crew_goes_out_and_something_is_to_come(day: date) -> None:
    load.load(day)
    crew = Duty.objects.filter(member__user__email="crew@demo.invalid")
    today = Event.objects.filter(starts_at__date=day, trip__duties__in=crew)
    assert 2 <= today.count() <= 3
    assert Event.objects.filter(state="published", starts_at__date__gt=day).count() >= 20
    for trip in Trip.objects.filter(state="published", returns_at__date__gte=day)[:40]:
        found = {finding.mark for finding in rules.stored_trip_findings(trip)}
        assert found <= rules.overridden(trip), trip.uid
    assert not ResultSheet.objects.filter(event__starts_at__date__gte=day).exists()
    assert not Event.objects.filter(
        starts_at__date__gte=date(2025, 12, 1), starts_at__date__lt=day, commune=None
    ).exists()
