"""Every rule refuses through the form, the API and an import, and says so by its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any

import pytest

from outreach.common import clock
from outreach.common.errors import RuleBroken
from outreach.fleet.models import CrewMember, Unavailability
from outreach.places.models import VenueAccess
from outreach.planning.timetables import importing
from outreach.scheduling import services
from outreach.scheduling.domain import SOFT_RULES, Rule
from outreach.scheduling.models import Event, RuleOverride, RuleSettings, Trip
from outreach.scheduling.services import CrewInput, EventInput
from tests.cast import Cast
from tests.factories import (
    ClosedDatesFactory,
    CrewMemberFactory,
    OpeningWindowFactory,
    TravelTimeFactory,
)
from tests.planning.timetables.files import as_csv, stop
from tests.scheduling.desk import at, make_trip, visit
from tests.scheduling.ways import call, send, typed_stops

pytestmark = pytest.mark.django_db

FORM, API, IMPORT = "form", "api", "import"


@dataclass
class Wanted:
    """A trip that somebody tries to schedule."""

    cast: Cast
    events: Sequence[EventInput]
    departs_at: datetime = field(default_factory=lambda: at(7))
    returns_at: datetime = field(default_factory=lambda: at(17))
    crew: CrewInput | None = None

    @property
    def people(self) -> CrewInput:
        return self.cast.crew if self.crew is None else self.crew


Breaking = Callable[[Cast], Wanted]


# --- What breaks each rule ---------------------------------------------------------------------


def reversed_trip(cast: Cast) -> Wanted:
    return Wanted(cast, [], returns_at=at(7))


def outside_the_trip(cast: Cast) -> Wanted:
    return Wanted(cast, [visit(cast, 6)])


def two_at_once(cast: Cast) -> Wanted:
    return Wanted(cast, [visit(cast, 8), visit(cast, 9, venue=cast.second_venue)])


def too_few(cast: Cast) -> Wanted:
    return Wanted(cast, [visit(cast)], crew=replace(cast.crew, professionals=()))


def nobody_drives(cast: Cast) -> Wanted:
    others = (*cast.crew.professionals, CrewMemberFactory.create(library=cast.library))
    return Wanted(cast, [visit(cast)], crew=CrewInput(None, others))


def a_learner_drives(cast: Cast) -> Wanted:
    CrewMember.objects.filter(pk=cast.operator.pk).update(can_operate=False, is_professional=True)
    return Wanted(cast, [visit(cast)])


def a_driver_serves(cast: Cast) -> Wanted:
    last = cast.crew.professionals[-1]
    CrewMember.objects.filter(pk=last.pk).update(can_operate=True, is_professional=False)
    return Wanted(cast, [visit(cast)])


def one_person_twice(cast: Cast) -> Wanted:
    CrewMember.objects.filter(pk=cast.operator.pk).update(is_professional=True)
    cast.operator.refresh_from_db()
    others = (*cast.crew.professionals, cast.operator)
    return Wanted(cast, [visit(cast)], crew=replace(cast.crew, professionals=others))


def in_the_workshop(cast: Cast) -> Wanted:
    Unavailability.objects.create(
        vehicle=cast.vehicle, starts_at=at(0), ends_at=at(24), reason="bảo dưỡng"
    )
    return Wanted(cast, [visit(cast)])


def ill(cast: Cast) -> Wanted:
    Unavailability.objects.create(
        member=cast.operator, starts_at=at(0), ends_at=at(24), reason="ốm"
    )
    return Wanted(cast, [visit(cast)])


def hurried(cast: Cast) -> Wanted:
    TravelTimeFactory.create(origin=cast.venue, destination=cast.second_venue, minutes=60)
    return Wanted(cast, [visit(cast, 8), visit(cast, 11, venue=cast.second_venue)])


def far(cast: Cast, minutes: int) -> None:
    TravelTimeFactory.create(origin=cast.venue, destination=cast.second_venue, minutes=minutes)


def without_a_break(cast: Cast) -> Wanted:
    far(cast, 250)
    stops = [visit(cast, 7, 1), visit(cast, 14, 1, venue=cast.second_venue)]
    return Wanted(cast, stops)


def all_day_long(cast: Cast) -> Wanted:
    far(cast, 230)
    ends = (cast.venue, cast.second_venue)
    stops = [visit(cast, 2 + 5 * n, 0.5, venue=ends[n % 2]) for n in range(4)]
    return Wanted(cast, stops, departs_at=at(2), returns_at=at(20))


def all_week_long(cast: Cast) -> Wanted:
    far(cast, 200)
    ends = (cast.venue, cast.second_venue)

    def day(number: int) -> list[EventInput]:
        return [visit(cast, 6 + 4 * n, 0.5, number, venue=ends[n % 2]) for n in range(4)]

    for number in range(4):
        make_trip(cast, *day(number), departs_at=at(6, number), returns_at=at(20, number))
    stops = day(4)
    return Wanted(cast, stops, departs_at=at(6, 4), returns_at=at(20, 4))


def four_days(cast: Cast) -> Wanted:
    return Wanted(cast, [visit(cast)], returns_at=at(17, 3))


def after_hours(cast: Cast) -> Wanted:
    OpeningWindowFactory.create(venue=cast.venue, closes=time(9, 59))
    return Wanted(cast, [visit(cast)])


def closed(cast: Cast) -> Wanted:
    day = at(8).date()
    ClosedDatesFactory.create(venue=cast.venue, starts_on=day, ends_on=date(2027, 3, 2))
    return Wanted(cast, [visit(cast)])


def school(cast: Cast) -> None:
    type(cast.venue).objects.filter(pk=cast.venue.pk).update(kind="school")
    cast.venue.refresh_from_db()


def after_school(cast: Cast) -> Wanted:
    school(cast)
    return Wanted(cast, [visit(cast, 15.5)], returns_at=at(19))


def in_the_holidays(cast: Cast) -> Wanted:
    school(cast)
    june = 98
    return Wanted(cast, [visit(cast, day=june)], at(7, june), at(17, june))


def tet(cast: Cast) -> Wanted:
    RuleSettings.objects.filter(library=cast.library).update(holidays="VN")
    liberation_day = 60
    assert at(8, liberation_day).date() == date(2027, 4, 30)
    return Wanted(
        cast, [visit(cast, day=liberation_day)], at(7, liberation_day), at(17, liberation_day)
    )


def too_long_a_vehicle(cast: Cast) -> Wanted:
    type(cast.vehicle).objects.filter(pk=cast.vehicle.pk).update(length_m=8)
    cast.vehicle.refresh_from_db()
    VenueAccess.objects.create(venue=cast.venue, largest_vehicle_m=7.9)
    return Wanted(cast, [visit(cast)])


def cut_off(cast: Cast) -> Wanted:
    march: Any = frozenset({3})
    VenueAccess.objects.create(venue=cast.venue, closed_months=march)
    return Wanted(cast, [visit(cast)])


def a_whole_school(cast: Cast) -> Wanted:
    return Wanted(cast, [visit(cast, expected_classes=7)])


def a_crowd(cast: Cast) -> Wanted:
    VenueAccess.objects.create(venue=cast.venue, room_people=40)
    return Wanted(cast, [visit(cast, expected_people=41)])


def last_year(cast: Cast) -> Wanted:
    return Wanted(cast, [visit(cast, day=-364)], departs_at=at(7, -364), returns_at=at(17, -364))


EVERYWHERE: dict[Rule, tuple[Breaking, tuple[str, ...]]] = {
    Rule.REVERSED: (reversed_trip, (FORM, API)),
    Rule.EVENT_OUTSIDE_TRIP: (outside_the_trip, (FORM, API)),
    Rule.EVENTS_CLASH: (two_at_once, (FORM, API)),
    Rule.TRIP_TOO_LONG: (four_days, (FORM, API)),
    Rule.CANNOT_OPERATE: (a_learner_drives, (API,)),
    Rule.NOT_PROFESSIONAL: (a_driver_serves, (API,)),
    Rule.MEMBER_TWICE: (one_person_twice, (FORM, API)),
    Rule.VEHICLE_OFF: (in_the_workshop, (FORM, API)),
    Rule.MEMBER_OFF: (ill, (FORM, API)),
    Rule.LEG_TOO_SHORT: (hurried, (FORM, API, IMPORT)),
    Rule.DRIVING_UNBROKEN: (without_a_break, (FORM, API, IMPORT)),
    Rule.DRIVING_DAY: (all_day_long, (FORM, API, IMPORT)),
    Rule.DRIVING_WEEK: (all_week_long, (FORM, API)),
    Rule.OUTSIDE_WINDOWS: (after_hours, (FORM, API, IMPORT)),
    Rule.VENUE_CLOSED: (closed, (FORM, API, IMPORT)),
    Rule.OUTSIDE_SCHOOL_HOURS: (after_school, (FORM, API, IMPORT)),
    Rule.OUTSIDE_TERM: (in_the_holidays, (FORM, API, IMPORT)),
    Rule.PUBLIC_HOLIDAY: (tet, (FORM, API, IMPORT)),
    Rule.VEHICLE_TOO_LONG: (too_long_a_vehicle, (FORM, API, IMPORT)),
    Rule.NOT_PASSABLE: (cut_off, (FORM, API, IMPORT)),
    Rule.TOO_MANY_CLASSES: (a_whole_school, (FORM, API)),
    Rule.ROOM_TOO_SMALL: (a_crowd, (FORM, API)),
    Rule.IN_THE_PAST: (last_year, (FORM, API)),
}


ON_PUBLISHING: dict[Rule, Breaking] = {
    Rule.CREW_TOO_SMALL: too_few,
    Rule.NO_OPERATOR: nobody_drives,
}
"""A crew may be made up while the trip is a draft."""


def through(way: str) -> list[Any]:
    return [
        pytest.param(rule, breaking, id=rule)
        for rule, (breaking, ways) in EVERYWHERE.items()
        if way in ways
    ]


# --- The form ----------------------------------------------------------------------------------


def fill(wanted: Wanted, **more: Any) -> Any:
    """Send the form of a new trip."""
    crew = wanted.people
    departs, returns = clock.local(wanted.departs_at), clock.local(wanted.returns_at)
    stops: list[dict[str, Any]] = [
        {
            "venue": event.venue.code,
            "on": f"{clock.local(event.starts_at):%Y-%m-%d}",
            "starts": f"{clock.local(event.starts_at):%H:%M}",
            "ends": f"{clock.local(event.ends_at):%H:%M}",
            "kind_0": "mobile_service",
            "expected_people": str(event.expected_people or ""),
            "expected_classes": str(event.expected_classes or ""),
        }
        for event in wanted.events
    ]
    typed: dict[str, Any] = {
        "vehicle": wanted.cast.vehicle.slug,
        "departs_on": f"{departs:%Y-%m-%d}",
        "departs_time": f"{departs:%H:%M}",
        "returns_on": f"{returns:%Y-%m-%d}",
        "returns_time": f"{returns:%H:%M}",
        "operator": str(crew.operator.pk) if crew.operator else "",
        "professionals": [str(member.pk) for member in crew.professionals],
    }
    return send(wanted.cast.owner, "trip_new", **typed, **typed_stops(*stops), **more)


def shown(answer: Any) -> str:
    """Return everything the forms of a page say against what was typed."""
    form, stops = answer.context["form"], answer.context["stops"]
    said = [str(finding.message) for finding in form.soft]
    for one in (form, *stops.forms):
        said += [message for messages in one.errors.values() for message in messages]
    return " ".join(said)


@pytest.mark.parametrize(("rule", "breaking"), through(FORM))
def test_the_form_refuses(cast: Cast, rule: Rule, breaking: Breaking) -> None:
    wanted = breaking(cast)
    before = Trip.objects.count()
    answer = fill(wanted)
    assert answer.status_code == 200
    assert Trip.objects.count() == before
    assert KEYWORDS[rule] in shown(answer)
    if rule not in SOFT_RULES:
        assert fill(wanted, override_reason="Đã xin phép").status_code == 200
        return
    assert fill(wanted, override_reason="Đã xin phép").status_code == 302
    kept = RuleOverride.objects.get(rule=rule)
    assert (kept.reason, kept.actor, kept.trip) == (
        "Đã xin phép",
        cast.owner,
        Trip.objects.order_by("pk").last(),
    )


@pytest.mark.parametrize(("rule", "breaking"), ON_PUBLISHING.items())
def test_form_and_api_let_a_draft_pass_and_refuse_to_publish_it(
    cast: Cast, rule: Rule, breaking: Breaking
) -> None:
    assert fill(breaking(cast)).status_code == 302
    trip = Trip.objects.get()
    assert not trip.overrides.exists()
    page = send(cast.owner, "trip_publish", trip)
    assert KEYWORDS[rule] in " ".join(finding.message for finding in page.context["form"].soft)
    answer = call(cast.owner, "post", f"trips/{trip.uid}/publish/", {})
    assert answer.status_code == 409
    assert rule in answer.content.decode()
    trip.refresh_from_db()
    assert trip.state == "draft"
    said = {"override_reason": "Đã xin phép"}
    assert call(cast.owner, "post", f"trips/{trip.uid}/publish/", said).status_code == 200
    assert trip.overrides.filter(rule=rule).exists()


KEYWORDS: dict[Rule, str] = {
    Rule.REVERSED: "The end must be after the start.",
    Rule.EVENT_OUTSIDE_TRIP: "is not between the trip's departure and return",
    Rule.EVENTS_CLASH: "are at the same time",
    Rule.TRIP_TOO_LONG: "The trip lasts 4 days",
    Rule.CREW_TOO_SMALL: "A trip needs at least 3 crew",
    Rule.NO_OPERATOR: "A trip needs an operator",
    Rule.MEMBER_TWICE: "is named twice",
    Rule.VEHICLE_OFF: "bảo dưỡng",
    Rule.MEMBER_OFF: "ốm",
    Rule.LEG_TOO_SHORT: "takes about 1 h, and 10 min to spare; the schedule leaves 1 h",
    Rule.DRIVING_UNBROKEN: "drives 4 h 10 min without a break; 4 hours",
    Rule.DRIVING_DAY: "drives 11 h 30 min; 10 hours a day",
    Rule.DRIVING_WEEK: "drives 50 h; 48 hours a week",
    Rule.OUTSIDE_WINDOWS: "07:30–09:59, not 08:00–10:00",
    Rule.VENUE_CLOSED: "is closed on 01/03/2027",
    Rule.OUTSIDE_SCHOOL_HOURS: "15:30–17:30 is outside school hours",
    Rule.OUTSIDE_TERM: "07/06/2027 is outside the school year",
    Rule.PUBLIC_HOLIDAY: "30/04/2027 is a public holiday",
    Rule.VEHICLE_TOO_LONG: "is 8 m long",
    Rule.NOT_PASSABLE: "No vehicle gets through",
    Rule.TOO_MANY_CLASSES: "7 classes need 2 h 20 min",
    Rule.ROOM_TOO_SMALL: "its room holds 40",
    Rule.IN_THE_PAST: "on 02/03/2026 at 07:00: that is in the past",
}


# --- The API -----------------------------------------------------------------------------------


def post(wanted: Wanted, **more: str) -> Any:
    """Send a new trip to the API."""
    crew = wanted.people
    body = {
        "vehicle": wanted.cast.vehicle.slug,
        "departs_at": wanted.departs_at.isoformat(),
        "returns_at": wanted.returns_at.isoformat(),
        "crew": {
            "operator": crew.operator.pk if crew.operator else None,
            "professionals": [member.pk for member in crew.professionals],
        },
        "events": [
            {
                "venue": event.venue.code,
                "starts_at": event.starts_at.isoformat(),
                "ends_at": event.ends_at.isoformat(),
                "activities": [{"kind": "mobile_service"}],
                "expected_people": event.expected_people,
                "expected_classes": event.expected_classes,
            }
            for event in wanted.events
        ],
    }
    return call(wanted.cast.owner, "post", "trips/", body | more)


@pytest.mark.parametrize(("rule", "breaking"), through(API))
def test_the_api_refuses(cast: Cast, rule: Rule, breaking: Breaking) -> None:
    wanted = breaking(cast)
    before = Trip.objects.count()
    answer = post(wanted)
    assert 400 <= answer.status_code < 500
    assert (rule if rule != Rule.REVERSED else KEYWORDS[rule]) in answer.content.decode()
    assert Trip.objects.count() == before
    again = post(wanted, override_reason="Đã xin phép")
    if rule not in SOFT_RULES:
        assert 400 <= again.status_code < 500
        return
    assert again.status_code == 201, again.content
    assert rule in {override["rule"] for override in again.json()["overrides"]}


# --- An import ---------------------------------------------------------------------------------


def as_timetable(wanted: Wanted) -> bytes:
    """Return the stops of a trip as a timetable in the open schema."""
    rows = []
    for event in wanted.events:
        starts, ends = clock.local(event.starts_at), clock.local(event.ends_at)
        venue = event.venue
        rows.append(
            stop(
                organisation="",
                mobile=wanted.cast.vehicle.name,
                community=venue.locality,
                stop=venue.name,
                address=venue.address,
                geox=str(venue.lon),
                geoy=str(venue.lat),
                day=f"{starts:%A}",
                arrival=f"{starts:%H:%M}",
                departure=f"{ends:%H:%M}",
                frequency="",
                start=f"{starts:%Y-%m-%d}",
            )
        )
    return as_csv(*rows)


@pytest.mark.parametrize(("rule", "breaking"), through(IMPORT))
def test_an_import_refuses_where_it_is_to(cast: Cast, rule: Rule, breaking: Breaking) -> None:
    wanted = breaking(cast)
    first = clock.local(wanted.departs_at).date()

    def load(**wishes: Any) -> Any:
        said = importing.Wishes(library=cast.library, since=first, weeks=1, **wishes)
        plan = importing.preview(as_timetable(wanted), said, now=at(0))
        importing.commit(plan, said, actor=cast.owner, now=at(0))
        return plan

    strict = load(strict=True)
    refused = {remark.row for remark in strict.remarks if remark.params.get("rule") == rule}
    assert refused
    assert refused.isdisjoint(strict.imported)
    assert Event.objects.count() == len(strict.visits) < len(wanted.events) + 1

    lenient = load()
    told = [remark for remark in lenient.remarks if remark.params.get("rule") == rule]
    assert told
    assert lenient.refused == 0
    assert all(event.state == "draft" for event in Event.objects.all())
    trip = Trip.objects.get(events__in=Event.objects.order_by("-pk")[:1])
    with pytest.raises(RuleBroken) as refusal:
        services.publish_trip(actor=cast.owner, trip=trip)
    assert refusal.value.findings


def test_every_rule_that_can_stand_in_the_way_is_tried() -> None:
    elsewhere = {
        # A form and an interface ask for an activity before the rules do.
        Rule.NO_ACTIVITY,
        # Asked when a trip is made public.
        Rule.NIGHT_MISSING,
        *ON_PUBLISHING,
        # Asked of pauses, which have tests of their own, and of requests.
        Rule.PAUSE_OUTSIDE_TRIP,
        Rule.PAUSE_CLASHES,
        Rule.SHORT_NOTICE,
        # Pointed out only.
        Rule.LUNCH_MISSING,
        Rule.OFTEN_FLOODED,
    }
    assert set(EVERYWHERE) == set(Rule) - elsewhere
