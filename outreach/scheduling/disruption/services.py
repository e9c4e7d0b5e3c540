"""Doing what was looked at: cancelling, postponing and moving indoors, all of it or nothing."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import Library, User
from outreach.common import audit, clock
from outreach.common.errors import Conflict, InvalidInput, RuleBroken, StaleWrite
from outreach.scheduling.disruption.area import tidy
from outreach.scheduling.disruption.checks import Obstacle
from outreach.scheduling.disruption.inputs import MOST_DAYS, Choices, Trouble, What
from outreach.scheduling.disruption.outcome import Outcome, Step
from outreach.scheduling.disruption.preview import Preview, Ruling, preview
from outreach.scheduling.disruption.selectors import touched_keys
from outreach.scheduling.disruption.texts import lines_of, texts_of
from outreach.scheduling.disruption.writing import Writing, write
from outreach.scheduling.domain import Finding
from outreach.scheduling.followers import EventChange, Happening, tell_all
from outreach.scheduling.models import (
    DisruptedEvent,
    Disruption,
    Duty,
    Event,
    RuleOverride,
    Trip,
    new_uid,
)
from outreach.scheduling.services import overrides, records, rules
from outreach.scheduling.services.trips import explain

HAPPENINGS = {
    What.CANCEL: Happening.CANCELLED,
    What.POSTPONE: Happening.MOVED,
    What.INDOORS: Happening.CHANGED,
}


class InTheWay(Conflict):
    """Something is taken at the times that were chosen.

    Attributes:
        obstacles: what, one for each event, trip or person that finds no place.
    """

    code = "places_taken"

    def __init__(self, obstacles: Sequence[Obstacle], message: Any = None) -> None:
        self.obstacles = list(obstacles)
        told = [str(message)] if message else []
        super().__init__(
            " ".join([*told, *(obstacle.message for obstacle in obstacles)]).replace("%", "%%"),
            params={"count": len(obstacles)},
        )


@transaction.atomic
def disrupt(
    *,
    actor: User,
    trouble: Trouble,
    choices: Choices,
    override_reason: str = "",
    expected_state: str = "",
    uid: str = "",
    now: datetime | None = None,
) -> Disruption:
    """Do what was chosen with every event that ``trouble`` touches, in one transaction.

    Followers are told of all changes together, so that a host gets one mail.

    Args:
        actor: who does it; must schedule for the library.
        choices: what to do with which event; what is left as it is stays untouched.
        override_reason: why soft rules should not hold where events are postponed; one for all.
        expected_state: what the preview was of (:attr:`Preview.state`); empty takes what is there.
        uid: names the request: sent again under the same one, it returns what was stored first.
        now: the present instant.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        InvalidInput: if the period is empty, nothing would be done, a choice makes no sense, or a
            vehicle, person or venue belongs to another library.
        StaleWrite: if the events, or which they are, changed since ``expected_state``.
        InTheWay: if a vehicle, person or venue is taken at a new time.
        RuleBroken: if a rule refuses a new time.
        Conflict: if another library has taken the ``uid``.
    """
    rules.authorise(actor, trouble.library.pk)
    _check(trouble, choices)
    if uid and (made := _made_before(uid, trouble.library)):
        return made
    moment = now or clock.now()
    _lock(trouble, moment)
    shown = preview(trouble, choices, now=moment)
    if expected_state and expected_state != shown.state:
        raise StaleWrite()
    _refuse_unknown(choices, shown)
    if not shown.outcome.steps:
        raise InvalidInput(_("Choose for at least one event what to do."), code="nothing_to_do")
    overridden = _settle(shown, actor=actor, override_reason=override_reason)
    disruption = _make(trouble, uid, shown.outcome, actor=actor, now=moment)
    reason = explain(trouble.why, trouble.note)
    write(
        _writing(shown.outcome, trouble, moment),
        actor=actor,
        reason=reason,
        why=trouble.why,
        now=moment,
    )
    for ruling, findings in overridden:
        rules.record_overrides(
            findings,
            actor=actor,
            reason=override_reason,
            now=moment,
            trip=ruling.trip,
            event=None if ruling.trip else ruling.steps[0].after,
        )
    RuleOverride.objects.bulk_create(_taken_over(shown))
    _review(shown.outcome, now=moment)
    DisruptedEvent.objects.bulk_create(_rows(disruption, shown.outcome))
    tell_all(list(_changes(shown.outcome, trouble, actor=actor, reason=reason, now=moment)))
    return disruption


def _check(trouble: Trouble, choices: Choices) -> None:
    if trouble.ends_at <= trouble.starts_at:
        raise InvalidInput(
            _("The end must be after the start."), code="period_reversed", field="ends_at"
        )
    owned = (trouble.vehicle, trouble.member, trouble.venue)
    records.check_ownership(trouble.library, *owned)
    for choice in (choices.otherwise, *choices.by_event.values()):
        if choice.what == What.POSTPONE and not 1 <= choice.days <= MOST_DAYS:
            raise InvalidInput(
                _("Postpone by 1 to 366 days."), code="days_out_of_range", field="days"
            )


def _refuse_unknown(choices: Choices, shown: Preview) -> None:
    """Refuse a choice for an event that is not touched: it would be passed over without a word."""
    known = {event.uid for event in shown.touched.events}
    for uid in choices.by_event:
        if uid not in known:
            raise InvalidInput(
                _("The event %(uid)s is not touched by this."),
                code="event_not_touched",
                field="events",
                params={"uid": uid},
            )


def _made_before(uid: str, library: Library) -> Disruption | None:
    # One after the other, so that the second of two equal requests sees the first.
    Library.objects.select_for_update(no_key=True).get(pk=library.pk)
    stored = Disruption.objects.filter(uid=uid).first()
    if stored is not None and stored.library_id != library.pk:
        raise Conflict(_("This id is taken."), code="uid_taken")
    return stored


def _lock(trouble: Trouble, now: datetime) -> None:
    """Hold what is touched still, trips before events, as every change of one does."""
    keys = touched_keys(trouble, now=now)
    trips = Trip.objects.filter(events__in=keys).values_list("pk", flat=True)
    hold(set(trips), keys)


def hold(trips: set[int], events: set[int]) -> None:
    """Lock trips, all their events, and further events until the transaction ends."""
    rows = Trip.objects.filter(pk__in=trips).order_by("pk")
    list(rows.select_for_update(of=("self",)).values_list("pk"))
    keys = events | set(Event.objects.filter(trip__in=trips).values_list("pk", flat=True))
    stops = Event.objects.filter(pk__in=keys).order_by("pk")
    list(stops.select_for_update(of=("self",)).values_list("pk"))


def _settle(
    shown: Preview, *, actor: User, override_reason: str
) -> list[tuple[Ruling, list[Finding]]]:
    """Return what to record as overridden, or refuse with everything that stands in the way."""
    refused: list[Finding] = []
    overridden = []
    for ruling in shown.rulings:
        try:
            findings = rules.settle(
                ruling.findings,
                actor=actor,
                library_id=shown.touched.events[0].library_id,
                override_reason=override_reason,
                already=ruling.already,
            )
        except RuleBroken as refusal:
            refused += refusal.findings
        else:
            overridden.append((ruling, findings))
    if shown.obstacles:
        raise InTheWay(shown.obstacles)
    if refused:
        raise RuleBroken(refused, field="override_reason")
    return overridden


def _taken_over(shown: Preview) -> Iterator[RuleOverride]:
    """Yield for each new trip what was overridden for its source and still stands against it."""
    found = {id(ruling.trip): {one.mark for one in ruling.found} for ruling in shown.rulings}
    for run in shown.outcome.runs:
        overrides = run.source.overrides.all() if run.trip.pk != run.source.pk else ()
        for one in overrides:
            if one.stands and one.found.mark in found[id(run.trip)]:
                taken = copy.copy(one)
                taken.pk, taken.trip = None, run.trip
                yield taken


def _review(outcome: Outcome, *, now: datetime) -> None:
    befores = [step.before for step in outcome.steps]
    overrides.review(
        now=now,
        trips={event.trip_id for event in befores if event.trip_id is not None},
        events={event.pk for event in befores if event.trip_id is None},
    )


def _make(
    trouble: Trouble, uid: str, outcome: Outcome, *, actor: User, now: datetime
) -> Disruption:
    disruption = Disruption(
        uid=uid or new_uid(),
        library=trouble.library,
        why=trouble.why,
        note=trouble.note,
        starts_at=trouble.starts_at,
        ends_at=trouble.ends_at,
        area=tidy(trouble.area) if trouble.area is not None else None,
        vehicle=trouble.vehicle,
        member=trouble.member,
        venue=trouble.venue,
        messages=texts_of(trouble, lines_of(outcome.steps)),
        made_by=actor,
        made_at=now,
    )
    audit.save(disruption, actor=actor, reason=explain(trouble.why, trouble.note))
    disruption.units.set(trouble.units)
    return disruption


def _writing(outcome: Outcome, trouble: Trouble, now: datetime) -> Writing:
    """Return the records as they are to be stored."""
    called_off = {trip.pk for trip in outcome.called_off}
    cancelled = [step.after for step in outcome.steps if step.what == What.CANCEL]
    for event in cancelled:
        event.cancel_reason, event.cancel_note = trouble.why, trouble.note
        event.cancelled_at = now
    duties = list(
        Duty.objects.filter(trip__in=called_off)
        | Duty.objects.filter(event__in=[event.pk for event in cancelled])
    )
    for duty in duties:
        duty.is_standing = False
    return Writing(
        events=[step.after for step in outcome.steps],
        trips=[*outcome.called_off, *(run.trip for run in outcome.runs)],
        duties=[
            *duties,
            *(duty for run in outcome.runs for duty in run.duties),
            *(duty for _step, moved in outcome.lone for duty in moved),
        ],
        pauses=[pause for run in outcome.runs for pause in run.pauses],
    )


def _rows(disruption: Disruption, outcome: Outcome) -> list[DisruptedEvent]:
    """Return what is needed to undo it, once everything has been stored."""
    changed = [*outcome.called_off, *(run.trip for run in outcome.runs)]
    revisions = {trip.pk: trip.revision for trip in changed}
    return [
        DisruptedEvent(
            disruption=disruption,
            event=step.after,
            what=step.what,
            before=_before(step, revisions),
            revision_after=step.after.revision,
        )
        for step in outcome.steps
    ]


def _before(step: Step, revisions: dict[int, int]) -> dict[str, Any]:
    event, source, now_on = step.before, step.before.trip, step.after.trip
    kept: dict[str, Any] = {
        "starts_at": event.starts_at.isoformat(),
        "ends_at": event.ends_at.isoformat(),
        "state": event.state,
        "venue": event.venue_id,
        "trip": event.trip_id,
        "note": event.note,
        "commune": event.commune_id,
        "is_indoors": event.is_indoors,
        "days": step.days,
    }
    if source is not None and now_on is not None:
        kept |= {
            # As it is after the change: another one says that somebody changed it since.
            "trip_revision": revisions.get(source.pk, source.revision),
            "departs_at": source.departs_at.isoformat(),
            "returns_at": source.returns_at.isoformat(),
            "trip_state": source.state,
            "new_trip": now_on.pk if now_on.pk != source.pk else None,
        }
    return kept


def _changes(
    outcome: Outcome, trouble: Trouble, *, actor: User, reason: str, now: datetime
) -> Iterator[EventChange]:
    for step in outcome.steps:
        moves = step.what == What.POSTPONE
        yield EventChange(
            happening=HAPPENINGS[step.what],
            event=step.after,
            actor=actor,
            reason=reason,
            at=now,
            previous_starts_at=step.before.starts_at if moves else None,
            previous_ends_at=step.before.ends_at if moves else None,
            why=trouble.why,
            note=trouble.note,
            tells_hosts=step.what == What.INDOORS,
        )
