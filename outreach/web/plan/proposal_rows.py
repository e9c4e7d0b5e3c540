"""What the pages of proposals draw: figures side by side, boards, lines on a map, findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from outreach.common import clock
from outreach.fleet.models import Vehicle
from outreach.maps.plan_map import Line
from outreach.planning.models import Proposal, ProposedTrip, ProposedVisit
from outreach.planning.proposals.findings import Said

Figures = Mapping[str, Any]


# --- Figures side by side ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """A plan in a table of figures.

    Attributes:
        figures: empty while it is worked out.
        proposal: ``None`` for the running season.
        note: what it is beside its name.
    """

    name: str
    figures: Figures
    proposal: Proposal | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure, as it is shown; ``is_best`` of its row."""

    shown: str
    is_best: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of figure over all plans; ``is_few`` tells that less of it is better."""

    label: str
    cells: tuple[Cell, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Kind:
    label: Callable[[], str]
    value: Callable[[Figures], float | None]
    shown: Callable[[Figures], str]
    less_is_better: bool | None = True
    note: Callable[[], str] = lambda: ""


def _number(name: str) -> Callable[[Figures], str]:
    def shown(figures: Figures) -> str:
        value = figures.get(name)
        return "–" if value is None else number_format(round(value), force_grouping=True)

    return shown


def _of(name: str) -> Callable[[Figures], float | None]:
    return lambda figures: figures.get(name)


def _spread(figures: Figures) -> float | None:
    if not figures.get("crew"):
        return None
    return float(figures["crew_most_min"] - figures["crew_least_min"])


def _kinds() -> list[_Kind]:
    return [
        _Kind(
            lambda: _("Visits placed"),
            _of("visits"),
            lambda f: (
                _("%(placed)s of %(promised)s")
                % {"placed": _number("visits")(f), "promised": _number("promised")(f)}
            ),
            less_is_better=False,
        ),
        _Kind(
            lambda: _("Communes served"),
            _of("communes_served"),
            lambda f: (
                _("%(placed)s of %(promised)s")
                % {"placed": _number("communes_served")(f), "promised": _number("communes")(f)}
            ),
            less_is_better=False,
        ),
        _Kind(lambda: _("Kilometres"), _of("km"), _number("km")),
        _Kind(lambda: _("Hours on duty"), _of("duty_min"), lambda f: hours(f.get("duty_min"))),
        _Kind(
            lambda: _("Hours of each of the crew"),
            _spread,
            lambda f: (
                f"{hours(f.get('crew_least_min'))}–{hours(f.get('crew_most_min'))}"
                if f.get("crew")
                else "–"
            ),
            note=lambda: _("from the least to the most; the smaller difference is the better"),
        ),
        _Kind(lambda: _("Vehicle-days"), _of("days_out"), _number("days_out")),
        _Kind(lambda: _("Nights away"), _of("nights"), _number("nights")),
        _Kind(
            lambda: _("Cost in đồng"),
            lambda f: (f.get("money") or {}).get("total"),
            lambda f: _number("total")(f.get("money") or {}),
        ),
        _Kind(
            lambda: _("Changes against the running season"),
            _of("changed"),
            _number("changed"),
            note=lambda: _("visits that lie on another day, at another time or with another van"),
        ),
    ]


def rows_of(columns: Sequence[Column]) -> list[Row]:
    """Return the table of figures, with the best of each row marked where they differ."""
    return [_row(kind, columns) for kind in _kinds()]


def _row(kind: _Kind, columns: Sequence[Column]) -> Row:
    values = [kind.value(one.figures) if one.figures else None for one in columns]
    of_proposals = [
        value
        for value, one in zip(values, columns, strict=True)
        if value is not None and one.proposal is not None
    ]
    best: float | None = None
    if len(set(of_proposals)) > 1:
        best = min(of_proposals) if kind.less_is_better else max(of_proposals)
    cells = tuple(
        Cell(
            kind.shown(one.figures) if one.figures else "–",
            is_best=best is not None and value == best and one.proposal is not None,
        )
        for value, one in zip(values, columns, strict=True)
    )
    return Row(kind.label(), cells, kind.note())


def hours(minutes: float | None) -> str:
    """Return minutes as hours and minutes, ``7:30``; a dash for nothing."""
    if minutes is None:
        return "–"
    whole = round(minutes)
    return f"{number_format(whole // 60, force_grouping=True)}:{whole % 60:02}"


# --- Work under way ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the search for a proposal is."""

    share: int
    km: str
    hours: str
    placed: int | None
    promised: int | None
    left_s: int


def progress_of(proposal: Proposal) -> Progress:
    """Return how far a proposal is, from the last word of the search."""
    said = proposal.progress or {}
    share = min(max(float(said.get("share") or 0), 0), 1)
    metres, duty_s = said.get("metres"), said.get("duty_s")
    gone_s = float(said.get("seconds") or 0)
    return Progress(
        share=round(100 * share),
        km="–" if metres is None else number_format(round(metres / 1000), force_grouping=True),
        hours=hours(None if duty_s is None else duty_s / 60),
        placed=said.get("placed"),
        promised=said.get("promised"),
        left_s=max(round(proposal.seconds - gone_s), 0),
    )


# --- The board ---------------------------------------------------------------------------------


@dataclass(slots=True)
class BoardVisit:
    """A visit on the board, with what is wrong with it."""

    visit: ProposedVisit
    findings: list[Said] = field(default_factory=list)


@dataclass(slots=True)
class BoardTrip:
    """What a vehicle does on a day."""

    trip: ProposedTrip
    visits: list[BoardVisit]
    findings: list[Said] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BoardCell:
    """A vehicle's day on the board."""

    on: date
    vehicle: Vehicle
    trip: BoardTrip | None


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A vehicle and its days."""

    vehicle: Vehicle
    cells: tuple[BoardCell, ...]


def board_of(
    trips: Sequence[ProposedTrip],
    vehicles: Sequence[Vehicle],
    first_on: date,
    days: int,
    findings: Mapping[tuple[int, int | None], Sequence[Said]],
) -> list[BoardRow]:
    """Return the rows of the board.

    Args:
        findings: by trip and visit; with ``None`` for a visit, those of the trip as a whole.
    """
    known = {(trip.vehicle_id, trip.on): trip for trip in trips}
    rows = []
    for vehicle in vehicles:
        cells = []
        for number in range(days):
            on = first_on + timedelta(days=number)
            trip = known.get((vehicle.pk, on))
            cells.append(BoardCell(on, vehicle, _board_trip(trip, findings) if trip else None))
        rows.append(BoardRow(vehicle, tuple(cells)))
    return rows


def _board_trip(
    trip: ProposedTrip, findings: Mapping[tuple[int, int | None], Sequence[Said]]
) -> BoardTrip:
    visits = [
        BoardVisit(visit, list(findings.get((trip.pk, visit.pk), ())))
        for visit in trip.visits.all()
    ]
    return BoardTrip(trip, visits, list(findings.get((trip.pk, None), ())))


def weeks_of(proposal: Proposal) -> list[date]:
    """Return the Mondays of the season's weeks."""
    season = proposal.scenario.season
    first = season.starts_on - timedelta(days=season.starts_on.weekday())
    found = []
    while first < season.ends_on:
        found.append(first)
        first += timedelta(days=7)
    return found


# --- The map -----------------------------------------------------------------------------------


def lines_of(trips: Sequence[ProposedTrip], looks: Mapping[int, int]) -> list[tuple[str, Line]]:
    """Return the trips as named lines.

    Args:
        looks: the number of each vehicle's look, by its key.
    """
    found = []
    for trip in trips:
        visits = list(trip.visits.all())
        venues = [trip.start, *(one.stop.venue for one in visits), trip.end]
        points = tuple(venue.point for venue in venues if venue.point is not None)
        stops = tuple(
            (one.stop.venue.point, _stop_text(one))
            for one in visits
            if one.stop.venue.point is not None
        )
        name = f"{trip.vehicle.name}, {date_format(trip.on, 'D d/m/Y')}"
        found.append((name, Line(looks.get(trip.vehicle_id, 0), points, stops)))
    return found


def _stop_text(visit: ProposedVisit) -> str:
    when = clock.local(visit.starts_at)
    return f"{visit.stop.venue.name}, {date_format(when, 'D d/m/Y')}, {when:%H:%M}"


def looks_of(vehicles: Sequence[Vehicle]) -> dict[int, int]:
    """Return the number of each vehicle's look."""
    return {vehicle.pk: number for number, vehicle in enumerate(vehicles)}
