"""The notice to a commune: what comes when and where, and what is asked of it; a page for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _

from outreach.accounts.models import User
from outreach.common import clock
from outreach.common.errors import NotFound
from outreach.places.models import AdministrativeUnit
from outreach.planning.approval.content import events_in, standing_in
from outreach.planning.models import Season
from outreach.printing.kinds import Order
from outreach.scheduling.models import Event, EventQuerySet, State, Trip
from outreach.web.printing.papers import within_sentence, written
from outreach.web.printing.season_plan import season_of, stem


@dataclass(frozen=True, slots=True)
class Notice:
    """What one commune is told; ``events`` in order of time, at least one."""

    commune: AdministrativeUnit
    events: list[Event]

    @property
    def commune_name(self) -> str:
        """The commune's name within a sentence."""
        return within_sentence(self.commune.full_name)

    @property
    def is_draft(self) -> bool:
        """Whether one of its events is not certain yet."""
        return any(event.state == State.DRAFT for event in self.events)

    @property
    def first_on(self) -> date:
        """The day of the first event."""
        return clock.local(self.events[0].starts_at).date()

    @property
    def last_on(self) -> date:
        """The day on which the last of the events is over."""
        return clock.local(max(event.ends_at for event in self.events)).date()

    @property
    def days(self) -> str:
        """From when until when, as it is written on the notice."""
        ends = dict.fromkeys((self.first_on, self.last_on))
        return " – ".join(f"{day:%d/%m/%Y}" for day in ends)


class CommuneNotice:
    """Notices of a ``season`` or a ``trip``, to one ``commune`` (its code) or to all of them.

    Those of a season tell what is still to come, or with ``whole`` what is over too.
    """

    label: Promise = gettext_lazy("Notice to the communes")

    def order(self, wanted: Mapping[str, str], reader: User) -> Order:
        """Return the order; see :class:`outreach.printing.kinds.DocumentKind`."""
        about = _about(wanted, reader)
        if isinstance(about, Trip):
            params = {"trip": about.uid}
            name = f"notice-{about.library.slug}-{clock.local(about.departs_at):%Y-%m-%d}"
        else:
            params, name = {"season": str(about.pk)}, stem(about, "notice")
            if wanted.get("whole"):
                params["whole"] = "1"
        if wanted.get("commune"):
            params["commune"] = wanted["commune"]
            name += f"-{wanted['commune']}"
        if not notices_of(_events(about, params), wanted.get("commune", "")):
            raise NotFound(_("There is no commune to be told anything."))
        title = _("Notice to the communes – %(library)s") % {"library": about.library.name}
        return Order(library=about.library, title=title, stem=name, params=params)

    def html(self, order: Order, reader: User, toolbar: str = "") -> str:
        """Return the document."""
        events = _events(_about(order.params, reader), order.params)
        return written(
            "documents/commune_notice.html",
            order,
            toolbar,
            notices=notices_of(events, order.params.get("commune", "")),
            language=get_language(),
            draft=pgettext("watermark", "Draft"),
        )


def communes_of(season: Season) -> list[tuple[str, str]]:
    """Return code and name of each commune that a season still comes to, by name."""
    rows = _to_come(events_in(season), season).filter(commune__isnull=False).order_by()
    found = set(rows.values_list("commune__code", "commune__full_name"))
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def tells_of_the_past(season: Season) -> bool:
    """Return whether the notices of the whole season say more than those of what is to come."""
    started = clock.start_of(clock.today(season.library.zone), season.library.zone)
    return events_in(season).filter(commune__isnull=False, ends_at__lte=started).exists()


def events_without_commune(season: Season) -> list[Event]:
    """Return the events of a season that are in no notice, in order of time."""
    rows = events_in(season).filter(commune__isnull=True).select_related("venue")
    return list(rows.order_by("starts_at", "pk"))


def notices_of(events: Iterable[Event], commune: str = "") -> list[Notice]:
    """Return the notice to each commune, by its name; events without a commune are in none.

    Args:
        commune: the code of the only one wanted.
    """
    found: dict[int, list[Event]] = defaultdict(list)
    units: dict[int, AdministrativeUnit] = {}
    for event in events:
        if event.commune is not None and commune in ("", event.commune.code):
            units[event.commune.pk] = event.commune
            found[event.commune.pk].append(event)
    notices = [Notice(units[key], found[key]) for key in found]
    return sorted(notices, key=lambda one: (one.commune.full_name, one.commune.code))


def _about(wanted: Mapping[str, str], reader: User) -> Season | Trip:
    uid = wanted.get("trip", "")
    if not uid:
        return season_of(wanted, reader)
    visible = Trip.objects.visible_to(reader).select_related("library__union")
    trip = visible.filter(uid=uid[:36]).first()
    if trip is None:
        raise NotFound()
    return trip


def _to_come(events: EventQuerySet, season: Season) -> EventQuerySet:
    """Return those of a season's events that were not over when today began."""
    zone = season.library.zone
    return events.filter(ends_at__gt=clock.start_of(clock.today(zone), zone))


def _events(about: Season | Trip, wanted: Mapping[str, str]) -> EventQuerySet:
    if isinstance(about, Season):
        events = standing_in(about).prefetch_related(None).prefetch_related("activities__kind")
        return events if wanted.get("whole") else _to_come(events, about)
    return (
        Event.objects.filter(trip=about)
        .standing()
        .select_related("venue", "commune", "trip__vehicle")
        .prefetch_related("activities__kind")
        .order_by("starts_at", "pk")
    )
