"""The libraries' monthly building figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from outreach.accounts.models import User
from outreach.attendance.models import How
from outreach.common import bulk, clock
from outreach.common.periods import add_months, evaluation_year, months_between
from outreach.config.demo import inputs
from outreach.config.demo.people import Staff
from outreach.statistics.models import BUILDING_MEASURES, BuildingFigures

_SEASONS = (0.85, 0.7, 1.05, 1.2, 1.1, 1.15, 1.1, 0.95, 1.0, 1.05, 1.0, 0.9)
"""How busy a reading room is from January to December."""
_NOT_COLLECTED = {
    ("hue", 11, "items_used"),
    ("quang-tri", 10, "records_entered"),
    ("ha-tinh", 9, "items_used"),
}
"""Library, month and measure: the building was closed or flooded, nobody counted."""
_ESTIMATED = {("hue", 10), ("quang-tri", 11), ("thanh-hoa", 8)}
_USED, _ISSUED = Fraction(62, 100), Fraction(58, 100)
_COPIES_A_TITLE = Fraction(27, 10)


@dataclass(frozen=True, slots=True)
class _Cell:
    """One library's month."""

    staff: Staff
    month: date

    def weight(self, measure: str) -> float:
        """Return this month's share of a year's figure, before it is scaled."""
        if (self.staff.slug, self.month.month, measure) in _NOT_COLLECTED:
            return 0.0
        die = inputs.dice("building", self.staff.slug, self.month, measure)
        share: float = self.staff.facts["share"]
        return share * _SEASONS[self.month.month - 1] * die.uniform(0.88, 1.12)

    def how(self, measure: str) -> str:
        if (self.staff.slug, self.month.month, measure) in _NOT_COLLECTED:
            return How.NOT_COLLECTED
        is_estimated = measure in ("reader_visits", "items_used")
        if is_estimated and (self.staff.slug, self.month.month) in _ESTIMATED:
            return How.ESTIMATED
        return How.COUNTED


def make(
    staff: Sequence[Staff], event_totals: Mapping[str, int], today: date, now: datetime
) -> None:
    """Store the figures of the finished year, and of every month over since then.

    Together with what the year's events came to, the finished year comes to the published review;
    the later months are of the same size.

    Args:
        event_totals: sums over the finished year's sheets, by code of the measure.
    """
    review = inputs.read("review_2025")
    year = evaluation_year(review["year"])
    assert year.end is not None
    wanted = _building_totals(review, event_totals)
    months = months_between(year.start, year.end)
    later = [add_months(month, 12) for month in months]
    rows = _year_rows(staff, months, wanted)
    while later[0] < today.replace(day=1):
        over = [month for month in later if month < today.replace(day=1)]
        rows += [row for row in _year_rows(staff, later, wanted) if row.month in over]
        later = [add_months(month, 12) for month in later]
    coordinators = {one.library.pk: one.coordinator for one in staff}
    _store(rows, coordinators, now)


def _building_totals(review: Mapping[str, Any], events: Mapping[str, int]) -> dict[str, int]:
    """Return what is left of the review for the buildings, by measure."""
    items = review["items"] - events["items_used"] - events["items_lent"]
    cards = review["cards"] - events["cards_issued"] - events["cards_renewed"]
    used, issued = int(items * _USED), int(cards * _ISSUED)
    return {
        "reader_visits": review["reader_visits"] - events["people_served"],
        "items_used": used,
        "items_lent": items - used,
        "cards_issued": issued,
        "cards_renewed": cards - issued,
        "titles_added": int(review["copies_added"] / _COPIES_A_TITLE),
        "copies_added": review["copies_added"],
        "newspapers_added": review["newspapers_added"],
        "records_entered": review["records_entered"],
    }


def _year_rows(
    staff: Sequence[Staff], months: Iterable[date], wanted: Mapping[str, int]
) -> list[BuildingFigures]:
    cells = [_Cell(one, month) for month in months for one in staff]
    columns: list[dict[str, Any]] = [{} for _cell in cells]
    for measure in BUILDING_MEASURES:
        parts = shared_out(wanted[measure], [cell.weight(measure) for cell in cells])
        for column, cell, part in zip(columns, cells, parts, strict=True):
            how = cell.how(measure)
            column[measure] = None if how == How.NOT_COLLECTED else part
            column[f"{measure}_how"] = how
    return [
        BuildingFigures(library=cell.staff.library, month=cell.month, **column)
        for cell, column in zip(cells, columns, strict=True)
    ]


def shared_out(total: int, weights: Sequence[float]) -> list[int]:
    """Return whole parts in proportion to the weights that come to ``total`` (largest remainder).

    A weight of 0 gets nothing.
    """
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [int(part) for part in exact]
    left = total - sum(parts)
    by_remainder = sorted(
        (number for number, weight in enumerate(weights) if weight),
        key=lambda number: parts[number] - exact[number],
    )
    for number, extra in Counter(by_remainder[:left]).items():
        parts[number] += extra
    return parts


def _store(rows: list[BuildingFigures], coordinators: Mapping[int, User], now: datetime) -> None:
    def entered_at(row: BuildingFigures) -> datetime:
        day = add_months(row.month, 1) + timedelta(days=4)
        return min(clock.at(day, time(9)), now)

    bulk.store(BuildingFigures, rows, by=lambda row: coordinators[row.library_id], at=entered_at)
