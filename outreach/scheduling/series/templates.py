"""Templates: trips kept without a date, to be made again on one day or on several."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import User
from outreach.common import audit, clock
from outreach.common.constraints import violated_constraint
from outreach.common.errors import Conflict, InvalidInput, NotFound
from outreach.common.locking import locked
from outreach.fleet.models import CrewMember, Vehicle
from outreach.scheduling.models import (
    Duty,
    Event,
    TemplatePause,
    TemplateStop,
    Trip,
    TripTemplate,
    TripTemplateQuerySet,
)
from outreach.scheduling.series import batch as batches
from outreach.scheduling.series.carrying_out import carry_out
from outreach.scheduling.series.drafting import (
    DraftWishes,
    StopDraft,
    TripDraft,
    plan_drafts,
    there_already,
)
from outreach.scheduling.series.obstacles import Hindrance, Obstacle
from outreach.scheduling.series.plan import Plan
from outreach.scheduling.series.seating import instant
from outreach.scheduling.services import records, rules
from outreach.scheduling.services.inputs import ActivityInput, PauseInput

MOST_DAYS = 60
"""Days on which a template is used at once."""


@dataclass(frozen=True, slots=True)
class Use:
    """How a template is used.

    Attributes:
        days: on which a trip departs.
        vehicle: instead of the template's own, which may have been removed.
        request: names the request, so that sending it twice makes each trip once.
    """

    days: tuple[date, ...]
    vehicle: Vehicle | None = None
    request: str = ""
    wishes: DraftWishes = field(default_factory=DraftWishes)


@transaction.atomic
def save_template(
    *, actor: User, trip: Trip, name: str, now: datetime | None = None
) -> TripTemplate:
    """Keep a trip as a template: vehicle, crew, stops and pauses, as minutes after its departure.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        InvalidInput: if the trip has no stop.
        ValidationError: if the library has a template of that name, or the trip is too long.
        Conflict: if somebody else took the name at the same moment.
    """
    rules.authorise(actor, trip.library_id)
    trip = records.lock_trip(trip)
    events = list(
        trip.events.standing()
        .select_related("venue")
        .prefetch_related("activities__kind", "activities__audience")
        .order_by("starts_at")
    )
    if not events:
        raise InvalidInput(_("A trip without events is no template."), code="trip_empty")
    duties = list(trip.duties.select_related("member"))
    template = TripTemplate(
        library=trip.library,
        name=name.strip(),
        vehicle=trip.vehicle,
        operator=next((one.member for one in duties if one.role == Duty.Role.OPERATOR), None),
        departs=trip.departs_at.astimezone(trip.library.zone).time(),
        minutes=_minutes(trip.departs_at, trip.returns_at, trip),
        note=trip.note,
    )
    _save(template, actor)
    template.professionals.set([one.member for one in duties if one.role == Duty.Role.PROFESSIONAL])
    TemplateStop.objects.bulk_create([_stop_of(template, trip, event) for event in events])
    TemplatePause.objects.bulk_create(
        [
            TemplatePause(
                template=template,
                kind=pause.kind,
                starts_min=_minutes(trip.departs_at, pause.starts_at, trip),
                ends_min=_minutes(trip.departs_at, pause.ends_at, trip),
                venue=pause.venue,
                place=pause.place,
            )
            for pause in trip.pauses.select_related("venue")
        ]
    )
    return template


@transaction.atomic
def rename_template(
    *, actor: User, template: TripTemplate, name: str, expected_version: int | None = None
) -> TripTemplate:
    """Give a template another name.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        ValidationError: if the library has a template of that name.
        StaleWrite: if somebody changed it since ``expected_version``.
    """
    template = _held(actor, template, expected_version)
    if template.name != name.strip():
        template.name = name.strip()
        _save(template, actor)
    return template


@transaction.atomic
def remove_template(
    *, actor: User, template: TripTemplate, expected_version: int | None = None
) -> None:
    """Remove a template; the trips that were made from it stay.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        StaleWrite: if somebody changed it since ``expected_version``.
    """
    audit.delete(_held(actor, template, expected_version), actor=actor)


def preview_use(template: TripTemplate, use: Use, *, now: datetime | None = None) -> Plan:
    """Return what making trips from a template would do; nothing is written.

    Raises:
        InvalidInput: if no day is named, too many are, or there is no vehicle.
    """
    moment = now or clock.now()
    if not use.days or len(use.days) > MOST_DAYS:
        raise InvalidInput(
            _("Name between 1 and %(most)d days."),
            code="days_missing",
            field="days",
            params={"most": MOST_DAYS},
        )
    vehicle = use.vehicle or template.vehicle
    if vehicle is None:
        raise InvalidInput(_("Choose a vehicle."), code="vehicle_missing", field="vehicle")
    records.check_ownership(template.library, vehicle)
    drafts = [_draft(template, vehicle, day, use.request) for day in sorted(set(use.days))]
    taken = there_already(Trip, [draft.uid for draft in drafts])
    there = Hindrance(Obstacle.THERE_ALREADY)
    drafts = [replace(one, against=there) if one.uid in taken else one for one in drafts]
    return plan_drafts(template.library, drafts, use.wishes, moment)


@transaction.atomic
def use_template(
    *,
    actor: User,
    template: TripTemplate,
    use: Use,
    reason: str = "",
    seen: str = "",
    now: datetime | None = None,
) -> Plan:
    """Make draft trips from a template on some days, all or nothing.

    Those of the crew who are free go along.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        InvalidInput: as in :func:`preview_use`.
        Conflict: if the schedule was changed since the preview.
    """
    rules.authorise(actor, template.library_id)
    batches.hold(template.library)
    moment = now or clock.now()
    plan = preview_use(template, use, now=moment)
    carry_out(plan, actor=actor, library=template.library, now=moment, reason=reason, seen=seen)
    return plan


def with_stops() -> TripTemplateQuerySet:
    """Return all templates with everything they consist of, in a fixed number of queries."""
    stops = TemplateStop.objects.select_related("venue__commune", "kind", "audience")
    return TripTemplate.objects.select_related(
        "library", "vehicle__base", "operator"
    ).prefetch_related(
        Prefetch("stops", stops),
        Prefetch("pauses", TemplatePause.objects.select_related("venue")),
        "professionals",
    )


# --- How ---------------------------------------------------------------------------------------


def _minutes(start: datetime, moment: datetime, trip: Trip) -> int:
    """Return the minutes on the clocks of the library between two instants."""
    zone = trip.library.zone
    wall = [one.astimezone(zone).replace(tzinfo=None) for one in (start, moment)]
    return round((wall[1] - wall[0]).total_seconds() / 60)


def _stop_of(template: TripTemplate, trip: Trip, event: Event) -> TemplateStop:
    first = event.activities.all()[0]
    is_own = event.title != f"{first.kind.name_vi} – {event.venue.name}"[:160]
    return TemplateStop(
        template=template,
        venue=event.venue,
        starts_min=max(_minutes(trip.departs_at, event.starts_at, trip), 0),
        ends_min=_minutes(trip.departs_at, event.ends_at, trip),
        kind=first.kind,
        audience=first.audience,
        title=event.title if is_own else "",
    )


def _draft(template: TripTemplate, vehicle: Vehicle, day: date, request: str) -> TripDraft:
    uid = uuid.uuid5(uuid.UUID(request), day.isoformat()) if request else uuid.uuid4()
    departs = datetime.combine(day, template.departs)

    def at(minutes: int) -> tuple[datetime, bool]:
        wall = departs + timedelta(minutes=minutes)
        moment = instant(wall.date(), wall.time(), template.library)
        if moment is None:
            return wall.replace(tzinfo=template.library.zone).astimezone(UTC), False
        return moment, True

    stops = tuple(
        StopDraft(
            name=f"{day.isoformat()}-{place}",
            uid=str(uuid.uuid5(uid, str(place))),
            venue=stop.venue,
            starts_at=at(stop.starts_min)[0],
            ends_at=at(stop.ends_min)[0],
            activities=(ActivityInput(stop.kind, audience=stop.audience),),
            title=stop.title or f"{stop.kind.name_vi} – {stop.venue.name}"[:160],
        )
        for place, stop in enumerate(template.stops.all())
    )
    (departs_at, is_real), (returns_at, ends_real) = at(0), at(template.minutes)
    return TripDraft(
        uid=str(uid),
        vehicle=vehicle,
        departs_at=departs_at,
        returns_at=returns_at,
        stops=stops,
        crew=_crew(template),
        pauses=tuple(
            PauseInput(
                pause.kind,
                at(pause.starts_min)[0],
                at(pause.ends_min)[0],
                pause.venue,
                pause.place,
            )
            for pause in template.pauses.all()
        ),
        note=template.note,
        against=None if is_real and ends_real else Hindrance(Obstacle.CLOCKS_CHANGE),
    )


def _crew(template: TripTemplate) -> Sequence[tuple[CrewMember, str]]:
    crew: list[tuple[CrewMember, str]] = []
    if template.operator is not None:
        crew.append((template.operator, Duty.Role.OPERATOR))
    crew += [(member, Duty.Role.PROFESSIONAL) for member in template.professionals.all()]
    return crew


def _held(actor: User, template: TripTemplate, expected_version: int | None) -> TripTemplate:
    rules.authorise(actor, template.library_id)
    stored = locked(TripTemplate.objects.select_related("library"), template.pk)
    if stored is None:
        raise NotFound()
    audit.refuse_stale(stored, expected_version)
    return stored


def _save(template: TripTemplate, actor: User) -> None:
    try:
        with transaction.atomic():
            audit.save(template, actor=actor)
    except IntegrityError as error:
        # Somebody else was quicker between our check and our write.
        if violated_constraint(error) is None and "UNIQUE" not in str(error):
            raise
        raise Conflict(
            _("This library has a template of that name."), code="template_name_once", field="name"
        ) from error
