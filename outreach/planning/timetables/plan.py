"""What an import would do: the records to store, to change and to leave, and every remark."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from outreach.planning.timetables.checks import Window
from outreach.planning.timetables.notices import Remark
from outreach.planning.timetables.traffic import Wanted
from outreach.scheduling.models import Event

IMPORT_REASON = "timetable imported"
"""Of history rows, by which a later import knows what people have not touched."""


@dataclass(slots=True)
class Kept:
    """Records of one kind: those to be stored, those to be changed, and how many stay."""

    new: list[Any] = field(default_factory=list)
    changed: list[Any] = field(default_factory=list)
    unchanged: int = 0

    def counts(self) -> dict[str, int]:
        """Return how many there are of each."""
        return {"new": len(self.new), "changed": len(self.changed), "unchanged": self.unchanged}


@dataclass(slots=True)
class Plan:
    """Everything an import would do.

    Attributes:
        retimed: keys of the changed series that say other dates or times than before.
        series_of: keys of the stored series that rows mean, by row.
        drafts: visits that are stored already and stay, as long as nobody has made them public.
    """

    window: Window
    rows: int = 0
    imported: set[int] = field(default_factory=set)
    names: dict[int, str] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    libraries: Kept = field(default_factory=Kept)
    vehicles: Kept = field(default_factory=Kept)
    venues: Kept = field(default_factory=Kept)
    series: Kept = field(default_factory=Kept)
    retimed: set[int] = field(default_factory=set)
    series_of: dict[int, int] = field(default_factory=dict)
    promises: Kept = field(default_factory=Kept)
    visits: list[Wanted] = field(default_factory=list)
    drafts: list[Wanted] = field(default_factory=list)
    visits_unchanged: int = 0
    removed: list[Event] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """How many rows are not imported."""
        return self.rows - len(self.imported)

    @property
    def warned(self) -> int:
        """How many imported rows somebody should look at."""
        return len({remark.row for remark in self.remarks if remark.row in self.imported})

    @property
    def warnings(self) -> list[Remark]:
        """The remarks that are no refusals."""
        return [remark for remark in self.remarks if not remark.is_refusal]

    @property
    def changes_nothing(self) -> bool:
        """Whether everything is stored already as the file says."""
        kinds = (self.libraries, self.vehicles, self.venues, self.series, self.promises)
        return not (self.visits or self.removed or any(kept.new or kept.changed for kept in kinds))

    def counts(self) -> dict[str, dict[str, int]]:
        """Return what would be new, changed and unchanged, by kind of record."""
        return {
            "libraries": self.libraries.counts(),
            "vehicles": self.vehicles.counts(),
            "venues": self.venues.counts(),
            "series": self.series.counts(),
            "promises": self.promises.counts(),
            "visits": {
                "new": len(self.visits),
                "changed": 0,
                "unchanged": self.visits_unchanged,
                "removed": len(self.removed),
            },
        }
