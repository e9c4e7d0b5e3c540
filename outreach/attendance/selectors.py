"""Reads about result sheets, shaped for their pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.functional import Promise

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.attendance import content
from outreach.attendance.domain import EventFact, Finding, findings_about_event
from outreach.attendance.inputs import NOT_COLLECTED, Figure
from outreach.attendance.models import (
    ACTIVITY_MEASURES,
    SHEET_MEASURES,
    ResultSheet,
    SheetActivity,
    SheetAudience,
)
from outreach.common import clock
from outreach.scheduling.models import Audience, Event, EventQuerySet


def loggable(user: User) -> EventQuerySet:
    """Return the events whose results ``user`` may log."""
    if user.scope.everything:
        return Event.objects.all()
    return Event.objects.filter(library_id__in=user.scope.libraries(Action.LOG_RESULTS))


def of_duty(user: User) -> Q:
    """Return the condition "this person is on duty there", with a trip or without one."""
    return Q(duties__member__user=user) | Q(trip__duties__member__user=user)


def events_of_day(user: User, day: date, *, only_mine: bool) -> list[Event]:
    """Return the public events of ``day`` that ``user`` may log, in order of time.

    Args:
        only_mine: leave out those at which the person is not on duty.
    """
    public = loggable(user).filter(published_at__isnull=False)
    events = public.meeting(clock.start_of(day), clock.end_of(day))
    return list(_with_sheets(_of(events, user, only_mine)).order_by("starts_at", "pk"))


def events_without_sheet(
    user: User, now: datetime, *, only_mine: bool, with_today: bool = False
) -> EventQuerySet:
    """Return the past public events that stand and have no accepted sheet, latest first.

    Args:
        with_today: count those that have ended today; :func:`events_of_day` has them too.
    """
    until = now if with_today else clock.start_of(clock.local(now).date())
    past = (
        loggable(user)
        .standing()
        .filter(published_at__isnull=False, ends_at__lte=until)
        .exclude(Exists(ResultSheet.objects.accepted().filter(event=OuterRef("pk"))))
    )
    return _with_sheets(_of(past, user, only_mine)).order_by("-starts_at", "-pk")


def recent_sheets(user: User) -> QuerySet[ResultSheet]:
    """Return the versions that count or wait and ``user`` may see, newest first."""
    states = (ResultSheet.State.ACCEPTED, ResultSheet.State.QUEUED)
    return (
        ResultSheet.objects.visible_to(user)
        .filter(state__in=states)
        .select_related("event", "event__venue", "author", "library")
        .order_by("-received_at", "uid")
    )


def waiting_sheets(user: User) -> QuerySet[ResultSheet]:
    """Return the versions that wait for a decision of ``user``, oldest first."""
    libraries = user.scope.libraries(Action.ACCEPT_RESULTS)
    mine = Q() if user.scope.everything else Q(library_id__in=libraries)
    return (
        ResultSheet.objects.queued()
        .filter(mine)
        .select_related("event", "event__venue", "author")
        .order_by("received_at", "uid")
    )


def has_duties(user: User) -> bool:
    """Tell whether the person goes out with the crew."""
    return hasattr(user, "crew_member")


def _of(events: EventQuerySet, user: User, only_mine: bool) -> EventQuerySet:
    if not only_mine:
        return events
    return events.filter(pk__in=Event.objects.filter(of_duty(user)).values("pk"))


def _with_sheets(events: EventQuerySet) -> EventQuerySet:
    live = ResultSheet.objects.filter(
        state__in=(ResultSheet.State.ACCEPTED, ResultSheet.State.QUEUED)
    ).order_by("state")
    return events.for_lists().prefetch_related(Prefetch("sheets", live, to_attr="live_sheets"))


def event_fact(event: Event) -> EventFact:
    """Return the event as the rules of a sheet see it."""
    return EventFact(
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        was_public=event.published_at is not None,
        activity_ids=frozenset(activity.pk for activity in event.activities.all()),
        audiences=dict(Audience.objects.values_list("code", "is_age_band")),
    )


def obstacles(event: Event, now: datetime) -> list[Finding]:
    """Return why no sheet can be logged for this event now; empty where one can."""
    return list(findings_about_event(event_fact(event), now))


# --- One sheet -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of a version, with what a person calls it."""

    label: str | Promise
    figure: Figure
    code: str


@dataclass(frozen=True, slots=True)
class Part:
    """What one activity came to."""

    row: SheetActivity
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Difference:
    """What one version says where another says something else.

    ``before`` and ``after`` are figures, or plain values for what is not a figure.
    """

    label: str | Promise
    before: object
    after: object

    @property
    def is_figure(self) -> bool:
        """Whether the two are figures."""
        return isinstance(self.before, Figure)


@dataclass(frozen=True, slots=True)
class Version:
    """One version, and what it changed."""

    sheet: ResultSheet
    against: ResultSheet | None
    differences: list[Difference]


def sheet_of(user: User, uid: UUID) -> ResultSheet | None:
    """Return one version with everything its page shows; ``None`` if it is not the person's."""
    return _whole(ResultSheet.objects.visible_to(user)).filter(pk=uid).first()


def versions_of(sheet: ResultSheet) -> list[Version]:
    """Return all versions of the event's sheet, newest first, in a fixed number of queries.

    Each is compared with the one it replaces, or else with the version before it.
    """
    rows = list(_whole(ResultSheet.objects.filter(event=sheet.event_id)).order_by("version"))
    known = {row.pk: row for row in rows}
    versions = []
    for index, row in enumerate(rows):
        earlier = rows[index - 1] if index else None
        against = known.get(row.replaces_id, earlier) if row.replaces_id else earlier
        changed = [] if against is None else list(differences(against, row))
        versions.append(Version(row, against, changed))
    return versions[::-1]


def accepted_sheet(event: Event) -> ResultSheet | None:
    """Return the version of this event that counts."""
    return ResultSheet.objects.accepted().filter(event=event).select_related("author").first()


def lines_of(sheet: ResultSheet) -> list[Line]:
    """Return the sheet's own figures, in the order of the catalogue."""
    return [
        Line(_label(sheet, code), content.figure_of(sheet, code), code) for code in SHEET_MEASURES
    ]


def audience_lines(sheet: ResultSheet) -> list[Line]:
    """Return the audiences that were collected."""
    return [
        Line(row.audience.name, content.figure_of(row, "people"), row.audience_id)
        for row in sheet.audiences.all()
    ]


def parts_of(sheet: ResultSheet) -> list[Part]:
    """Return each activity with the outputs that were collected."""
    return [
        Part(row, [line for line in _outputs(row) if line.figure.is_collected])
        for row in sheet.activities.all()
    ]


def differences(before: ResultSheet, after: ResultSheet) -> Iterator[Difference]:
    """Yield what ``after`` says otherwise than ``before``, field by field."""
    for name in ("outcome", "started_at", "ended_at", "note"):
        yield from _differing(_label(after, name), _shown(before, name), _shown(after, name))
    for code in SHEET_MEASURES:
        one, other = content.figure_of(before, code), content.figure_of(after, code)
        yield from _differing(_label(after, code), one, other)
    yield from _paired(
        {line.code: line for line in audience_lines(before)},
        {line.code: line for line in audience_lines(after)},
    )
    yield from _paired(_activity_lines(before), _activity_lines(after))


def _activity_lines(sheet: ResultSheet) -> dict[str, Line]:
    return {
        f"{row.activity_id}.{line.code}": Line(
            f"{name_of(row)}: {line.label}", line.figure, line.code
        )
        for row in sheet.activities.all()
        for line in _outputs(row)
    }


def name_of(row: SheetActivity) -> str:
    """Return what an activity is called."""
    return row.activity.title or row.activity.kind.name


def _paired(before: dict[str, Line], after: dict[str, Line]) -> Iterator[Difference]:
    for key in {**before, **after}:
        one, other = before.get(key), after.get(key)
        label = (other or one or Line("", NOT_COLLECTED, "")).label
        yield from _differing(
            label, one.figure if one else NOT_COLLECTED, other.figure if other else NOT_COLLECTED
        )


def _differing(label: str | Promise, before: object, after: object) -> Iterator[Difference]:
    if before != after:
        yield Difference(label, before, after)


def _shown(sheet: ResultSheet, name: str) -> object:
    return sheet.get_outcome_display() if name == "outcome" else getattr(sheet, name)


def _outputs(row: SheetActivity) -> list[Line]:
    return [
        Line(_label(row, code), content.figure_of(row, code), code) for code in ACTIVITY_MEASURES
    ]


def _label(row: ResultSheet | SheetActivity, code: str) -> str | Promise:
    label: str | Promise = row._meta.get_field(code).verbose_name  # type: ignore[union-attr]
    return label


def _whole(sheets: QuerySet[ResultSheet]) -> QuerySet[ResultSheet]:
    return sheets.select_related(
        "event", "event__venue", "commune", "commune__parent", "library", "author"
    ).prefetch_related(
        Prefetch("audiences", SheetAudience.objects.select_related("audience")),
        Prefetch("activities", SheetActivity.objects.select_related("activity__kind")),
    )
