"""What the pages of disruptions show of events, hosts and messages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from outreach.common import clock
from outreach.places.models import Venue
from outreach.scheduling.disruption import Preview, Trouble
from outreach.scheduling.disruption.outcome import Step
from outreach.scheduling.disruption.texts import lines_of, reachable, texts_of
from outreach.scheduling.domain import Finding
from outreach.scheduling.models import Disruption, Event, Trip
from outreach.web.disruptions.forms import ChoicesForms, OwnForm

EVENTS_SHOWN_OPEN = 30
"""With more events the days of the second step are closed until somebody opens them."""
COMMUNES_NAMED = 4


@dataclass(slots=True)
class Row:
    """One event of the second step.

    Attributes:
        step: what becomes of it; ``None`` leaves it as it is.
        contact: the venue if somebody there can be told.
        troubles: what stands in the way, in words.
        notes: what is only pointed out, or overridden with a reason.
    """

    event: Event
    form: OwnForm
    step: Step | None
    contact: Venue | None
    troubles: list[str] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """A trip and its events, or the events without one."""

    trip: Trip | None
    form: OwnForm | None
    rows: list[Row] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def name_of_form(self) -> str:
        """Tells the groups of a page apart."""
        return self.trip.uid if self.trip else "none"


@dataclass(slots=True)
class Day:
    """The trips and events that begin on one day.

    Attributes:
        is_open: whether its events are shown before anybody asks for them.
    """

    on: date
    groups: list[Group] = field(default_factory=list)
    is_open: bool = False

    @property
    def rows(self) -> list[Row]:
        """Its events."""
        return [row for group in self.groups for row in group.rows]

    @property
    def count(self) -> int:
        """How many events it has."""
        return len(self.rows)

    @property
    def has_trouble(self) -> bool:
        """Whether something stands in the way, or was not understood."""
        rules = [*(one.findings for one in self.groups), *(row.notes for row in self.rows)]
        own = [*(one.form for one in self.groups if one.form), *(row.form for row in self.rows)]
        return (
            any(group.troubles for group in self.groups)
            or any(row.troubles for row in self.rows)
            or any(not finding.is_note for findings in rules for finding in findings)
            or any(form.is_bound and form.errors for form in own)
        )

    @property
    def communes(self) -> list[str]:
        """The names of the first communes its events are in, and an ellipsis for more."""
        names = list(
            dict.fromkeys(str(row.event.commune) for row in self.rows if row.event.commune)
        )
        return names if len(names) <= COMMUNES_NAMED else [*names[:COMMUNES_NAMED], "…"]


def days_of(groups: Iterable[Group]) -> list[Day]:
    """Return groups by the day of their first event; days are open where few events are touched.

    A day on which something stands in the way is always open.
    """
    days: dict[date, Day] = {}
    for group in groups:
        if group.trip is not None:
            on = clock.local(group.rows[0].event.starts_at).date()
            days.setdefault(on, Day(on)).groups.append(group)
            continue
        for row in group.rows:
            on = clock.local(row.event.starts_at).date()
            day = days.setdefault(on, Day(on))
            own = next((one for one in day.groups if one.trip is None), None)
            if own is None:
                day.groups.append(own := Group(None, None))
            own.rows.append(row)
    found = [days[on] for on in sorted(days)]
    few = sum(day.count for day in found) <= EVENTS_SHOWN_OPEN
    for day in found:
        day.is_open = few or day.has_trouble
    return found


def groups_of(shown: Preview, forms: ChoicesForms, now: datetime) -> list[Group]:
    """Return the events that are touched by trip, in order of time, with what was found."""
    steps = {step.before.pk: step for step in shown.outcome.steps}
    groups: dict[str, Group] = {}
    for event in shown.touched.events:
        key = event.trip.uid if event.trip else ""
        if key not in groups:
            groups[key] = Group(event.trip, forms.trips.get(key))
        contact = event.venue if reachable(event.venue, now) else None
        row = Row(event, forms.events[event.uid], steps.get(event.pk), contact)
        groups[key].rows.append(row)
    _add_obstacles(shown, groups)
    _add_findings(shown, groups)
    return list(groups.values())


def _add_obstacles(shown: Preview, groups: Mapping[str, Group]) -> None:
    rows = {row.event.pk: row for group in groups.values() for row in group.rows}
    sources = {id(run.trip): run.source.uid for run in shown.outcome.runs}
    for obstacle in shown.obstacles:
        wanted = obstacle.wanted
        if isinstance(wanted, Event):
            rows[wanted.pk].troubles.append(obstacle.message)
            continue
        trip = wanted if isinstance(wanted, Trip) else wanted.trip
        if trip is not None:
            groups[sources[id(trip)]].troubles.append(obstacle.message)
        elif not isinstance(wanted, Trip) and wanted.event is not None:
            rows[wanted.event.pk].troubles.append(obstacle.message)


def _add_findings(shown: Preview, groups: Mapping[str, Group]) -> None:
    rows = {row.event.pk: row for group in groups.values() for row in group.rows}
    for ruling in shown.rulings:
        first = ruling.steps[0].before
        shown_now = [one for one in ruling.findings if one.is_note or one in ruling.open_findings]
        if ruling.trip is not None and not ruling.only_new and first.trip is not None:
            groups[first.trip.uid].findings += shown_now
        else:
            rows[first.pk].notes += shown_now


@dataclass(slots=True)
class Host:
    """One host and the text for them.

    Attributes:
        by_mail: whether a mail is on its way, too.
        dial: the phone's digits.
    """

    key: str
    venues: list[Venue]
    text: str
    phone: str = ""
    name: str = ""
    email: str = ""
    dial: str = ""

    @property
    def sms(self) -> str:
        """The address that opens the phone's messages with the text filled in."""
        return f"sms:{self.dial}?body={quote(self.text)}"

    @property
    def zalo(self) -> str:
        """The address that opens a conversation in Zalo."""
        return f"https://zalo.me/{self.dial.lstrip('+')}"

    @property
    def can_be_told(self) -> bool:
        """Whether there is a phone or an address."""
        return bool(self.phone or self.email)


def planned_hosts(trouble: Trouble, shown: Preview, now: datetime) -> list[Host]:
    """Return the hosts that would be told, and what."""
    venues = {event.venue_id: event.venue for event in shown.touched.events}
    return _hosts(texts_of(trouble, lines_of(shown.outcome.steps)), venues, now)


def told_hosts(disruption: Disruption, now: datetime) -> list[Host]:
    """Return the hosts that were told, and what: of a disruption undone, that it is undone."""
    undone = disruption.undone_at is not None
    texts = [text for text in disruption.messages if bool(text.get("is_undoing")) == undone]
    keys = {key for text in texts for key in text["venues"]}
    venues = Venue.objects.select_related("library", "commune").in_bulk(keys)
    return _hosts(texts, venues, now)


def _hosts(texts: Iterable[Any], venues: Mapping[int, Venue], now: datetime) -> list[Host]:
    hosts = []
    for number, text in enumerate(texts):
        places = [venues[key] for key in text["venues"] if key in venues]
        host = Host(f"text-{number}", places, text["text"])
        first = next((venue for venue in places if reachable(venue, now)), None)
        if first is not None:
            host.phone, host.email = first.contact_phone, first.contact_email
            host.name = first.contact_name
            host.dial = re.sub(r"[^\d+]", "", first.contact_phone)
        hosts.append(host)
    return sorted(hosts, key=lambda host: host.can_be_told)


def counted(events: Iterable[Any]) -> dict[str, int]:
    """Return how many events each thing was done to."""
    found: dict[str, int] = defaultdict(int)
    for one in events:
        found[one.what] += 1
    return dict(found)
