"""Templates: a trip without a date, made again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError

from outreach.common import audit
from outreach.common.errors import InvalidInput, NotAllowed, StaleWrite
from outreach.scheduling.models import Event, State, Trip, TripTemplate
from outreach.scheduling.series.obstacles import Obstacle
from outreach.scheduling.series.plan import Deed
from outreach.scheduling.series.templates import (
    Use,
    preview_use,
    remove_template,
    rename_template,
    save_template,
    use_template,
    with_stops,
)
from outreach.scheduling.services import cancel_event
from outreach.scheduling.services.inputs import PauseInput
from tests.cast import Cast
from tests.factories import VehicleFactory
from tests.scheduling.desk import at, make_public_trip, make_trip, storm, visit
from tests.scheduling.series.desk import NOW, day


def kept(cast: Cast, **changes: Any) -> TripTemplate:
    """Keep a trip of two days with a night as a template."""
    trip = make_trip(
        cast,
        visit(cast, 8),
        visit(cast, 9, day=1, venue=cast.second_venue, title="Ngày hội"),
        returns_at=at(17, 1),
        pauses=[PauseInput("night", at(19), at(30), None, "Nhà khách huyện")],
        note="Mang máy phát",
        **changes,
    )
    saved = save_template(actor=cast.owner, trip=trip, name="Tuyến biên giới")
    return with_stops().get(pk=saved.pk)


def test_a_template_has_everything_but_the_date(cast: Cast) -> None:
    template = kept(cast)

    assert (template.vehicle, template.operator) == (cast.vehicle, cast.operator)
    assert set(template.professionals.all()) == set(cast.crew.professionals)
    assert (template.departs.hour, template.minutes) == (7, 34 * 60)
    stops = [(stop.starts_min, stop.ends_min, stop.title) for stop in template.stops.all()]
    assert stops == [(60, 180, "Visit at 8"), (26 * 60, 28 * 60, "Ngày hội")]
    pause = template.pauses.get()
    assert (pause.starts_min, pause.ends_min, pause.place) == (720, 1380, "Nhà khách huyện")


def test_a_template_becomes_the_same_trip_on_other_days(cast: Cast) -> None:
    template = kept(cast)

    plan = use_template(
        actor=cast.owner, template=template, use=Use(days=(day(7), day(14))), now=NOW
    )

    assert plan.made == 4
    first = Trip.objects.get(departs_at=at(7, 7))
    assert (first.returns_at, first.state, first.note) == (at(17, 8), State.DRAFT, "Mang máy phát")
    assert [event.starts_at for event in first.events.order_by("starts_at")] == [
        at(8, 7),
        at(9, 8),
    ]
    assert first.pauses.get().starts_at == at(19, 7)
    assert {duty.member for duty in first.duties.all()} == set(cast.crew.members)


def test_the_same_request_twice_makes_each_trip_once(cast: Cast) -> None:
    template = kept(cast)
    use = Use(days=(day(7),), request=str(uuid4()))

    for _again in range(2):
        plan = use_template(actor=cast.owner, template=template, use=use, now=NOW)

    assert Trip.objects.count() == 2
    assert [line.deed for line in plan.lines] == [Deed.SKIP, Deed.SKIP]


def test_without_its_vehicle_a_template_asks_for_another_one(cast: Cast) -> None:
    template = kept(cast)
    template.vehicle = None
    template.save()

    with pytest.raises(InvalidInput) as refusal:
        preview_use(template, Use(days=(day(7),)), now=NOW)
    assert refusal.value.kind == "vehicle_missing"
    other = VehicleFactory.create(library=cast.library)
    use_template(
        actor=cast.owner, template=template, use=Use(days=(day(7),), vehicle=other), now=NOW
    )

    assert Trip.objects.get(departs_at=at(7, 7)).vehicle == other


def test_another_librarys_vehicle_is_refused(cast: Cast) -> None:
    template = kept(cast)

    with pytest.raises(InvalidInput) as refusal:
        preview_use(template, Use(days=(day(7),), vehicle=cast.foreign_vehicle), now=NOW)

    assert refusal.value.kind == "of_another_library"


def test_a_day_on_which_the_vehicle_is_away_is_left_out(cast: Cast) -> None:
    template = kept(cast)
    make_trip(cast, visit(cast, 14, day=8, venue=cast.second_venue), day=8)

    plan = preview_use(template, Use(days=(day(7), day(14))), now=NOW)

    assert [line.deed for line in plan.lines] == [Deed.SKIP, Deed.SKIP, Deed.MAKE, Deed.MAKE]
    assert plan.lines[0].against is not None
    assert plan.lines[0].against.kind == Obstacle.VEHICLE_BUSY


@pytest.mark.parametrize("days", [(), tuple(day(count) for count in range(61))])
def test_a_template_is_used_on_some_days_but_not_too_many(cast: Cast, days: Any) -> None:
    with pytest.raises(InvalidInput) as refusal:
        preview_use(kept(cast), Use(days=days), now=NOW)

    assert refusal.value.kind == "days_missing"


def test_what_was_called_off_is_no_stop_of_a_template(cast: Cast) -> None:
    trip = make_public_trip(cast, visit(cast, 8), visit(cast, 13, venue=cast.second_venue))
    cancel_event(actor=cast.owner, event=trip.events.all()[0], why=storm())

    template = save_template(actor=cast.owner, trip=trip, name="A")

    assert template.stops.get().venue == cast.second_venue


def test_a_trip_without_events_is_no_template(cast: Cast) -> None:
    trip = make_trip(cast)
    Event.objects.all().delete()

    with pytest.raises(InvalidInput) as refusal:
        save_template(actor=cast.owner, trip=trip, name="A")

    assert refusal.value.kind == "trip_empty"


def test_a_name_is_there_once_in_a_library(cast: Cast) -> None:
    template = kept(cast)
    trip = make_trip(cast, visit(cast, day=21), day=21)

    with pytest.raises(ValidationError):
        save_template(actor=cast.owner, trip=trip, name=template.name)
    other = save_template(actor=cast.owner, trip=trip, name="B")
    with pytest.raises(ValidationError):
        rename_template(actor=cast.owner, template=other, name=template.name)


def test_a_template_changed_meanwhile_is_not_renamed_or_removed(cast: Cast) -> None:
    template = kept(cast)
    seen = audit.version_of(template)
    rename_template(actor=cast.owner, template=template, name="B", expected_version=seen)

    with pytest.raises(StaleWrite):
        rename_template(actor=cast.owner, template=template, name="C", expected_version=seen)
    with pytest.raises(StaleWrite):
        remove_template(actor=cast.owner, template=template, expected_version=seen)
    remove_template(actor=cast.owner, template=template)
    assert not TripTemplate.objects.exists()


def test_only_who_schedules_keeps_and_uses_templates(cast: Cast) -> None:
    template = kept(cast)
    trip = Trip.objects.get()
    use = Use(days=(day(7),))
    for person in (cast.colleague, cast.stranger, cast.officer, cast.host):
        for deed in (
            lambda who: save_template(actor=who, trip=trip, name="X"),
            lambda who: rename_template(actor=who, template=template, name="X"),
            lambda who: remove_template(actor=who, template=template),
            lambda who: use_template(actor=who, template=template, use=use, now=NOW),
        ):
            with pytest.raises(NotAllowed):
                deed(person)


def test_a_trip_that_is_over_midnight_keeps_its_length(cast: Cast) -> None:
    trip = make_trip(cast, visit(cast, 22, 1), departs_at=at(21), returns_at=at(25))

    template = save_template(actor=cast.owner, trip=trip, name="Đêm")

    assert template.minutes == 240
    plan = preview_use(with_stops().get(pk=template.pk), Use(days=(day(7),)), now=NOW)
    assert plan.lines[0].after is not None
    assert plan.lines[0].after.starts_at - at(22) == timedelta(days=7)
