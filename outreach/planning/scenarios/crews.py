"""Which crew goes with which vehicle on which day.

Each vehicle that goes out has one operator and two professional staff (Circular 05/2022). A crew
stays together with its vehicle for a week as far as it can, or nobody could sleep away; from week
to week those go who have gone the least.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from outreach.fleet.models import CrewMember
from outreach.scheduling.domain.crew import MIN_PROFESSIONALS


@dataclass(frozen=True, slots=True)
class Crew:
    """Who goes with a vehicle.

    Attributes:
        operator: key of the one who drives.
        professionals: keys of the others, in order.
    """

    operator: int
    professionals: tuple[int, ...]

    @property
    def members(self) -> tuple[int, ...]:
        """Everybody's key."""
        return (self.operator, *self.professionals)

    @property
    def name(self) -> str:
        """What it is called in a planner's question."""
        return "-".join(str(key) for key in sorted(self.members))


@dataclass(frozen=True, slots=True)
class Outing:
    """A vehicle that could go out on a day.

    Attributes:
        minutes: how long it may be out; what is shared evenly.
    """

    vehicle: int
    on: date
    minutes: int


MayGo = Callable[[int, Outing], bool]
"""Whether the member of this key may go with an outing."""


def crews_for(
    outings: Sequence[Outing], members: Sequence[CrewMember], may_go: MayGo
) -> dict[tuple[int, date], Crew]:
    """Return who goes with each outing, by vehicle and day; those nobody can go with are missing.

    As many vehicles go out on each day as have a crew. The same question has the same answer.
    """
    found: dict[tuple[int, date], Crew] = {}
    minutes = dict.fromkeys((member.pk for member in members), 0)
    weeks: dict[date, list[Outing]] = defaultdict(list)
    for outing in sorted(outings, key=lambda one: (one.on, one.vehicle)):
        weeks[outing.on - timedelta(days=outing.on.weekday())].append(outing)
    for week in weeks.values():
        usual: dict[int, Crew] = {}
        days: dict[date, list[Outing]] = defaultdict(list)
        for outing in week:
            days[outing.on].append(outing)
        free_days = {
            member.pk: sum(any(may_go(member.pk, one) for one in day) for day in days.values())
            for member in members
        }
        for on in sorted(days):
            rank = {key: (-free_days[key], minutes[key], key) for key in minutes}
            day = _Day(days[on], members, may_go, rank)
            for outing, crew in day.crews(usual):
                found[outing.vehicle, on] = crew
                usual.setdefault(outing.vehicle, crew)
                for key in crew.members:
                    minutes[key] += outing.minutes
    return found


class _Day:
    """The crews of one day."""

    def __init__(
        self,
        outings: Sequence[Outing],
        members: Sequence[CrewMember],
        may_go: MayGo,
        rank: Mapping[int, tuple[int, int, int]],
    ) -> None:
        self.outings = outings
        self.rank = rank
        self.may = {
            outing.vehicle: {m.pk for m in members if may_go(m.pk, outing)} for outing in outings
        }
        self.operators = {member.pk for member in members if member.can_operate}
        self.professionals = {member.pk for member in members if member.is_professional}

    def crews(self, usual: Mapping[int, Crew]) -> list[tuple[Outing, Crew]]:
        """Return crews for as many vehicles as there are people for, keeping the usual ones."""
        for number in range(len(self.outings), 0, -1):
            # Those that went in this week already go first.
            ordered = sorted(self.outings, key=lambda one: (one.vehicle not in usual, one.vehicle))
            going = sorted(ordered[:number], key=lambda one: one.vehicle)
            for kept in (usual, {}):
                crews = self._crews(going, kept)
                if crews is not None:
                    return list(zip(going, crews, strict=True))
            if number == 1:
                for outing in ordered[1:]:
                    if crews := self._crews([outing], {}):
                        return [(outing, crews[0])]
        return []

    def _crews(self, going: Sequence[Outing], usual: Mapping[int, Crew]) -> list[Crew] | None:
        """Return a crew for each of these vehicles; ``None`` where they do not suffice."""
        taken: set[int] = set()
        kept: dict[int, Crew] = {}
        for one in going:
            crew = usual.get(one.vehicle)
            if crew is None or not set(crew.members) <= self.may[one.vehicle]:
                continue
            # Two vehicles may have had somebody in common on other days of the week.
            if taken.isdisjoint(crew.members):
                kept[one.vehicle] = crew
                taken.update(crew.members)
        operators: dict[int, int] = {}
        for one in (one for one in going if one.vehicle not in kept):
            found = self._operator(one, usual, taken)
            if found is None:
                return None
            operators[one.vehicle] = found
            taken.add(found)
        crews = []
        for one in going:
            if one.vehicle in kept:
                crews.append(kept[one.vehicle])
                continue
            found_too = self._professionals(one, usual, taken)
            if len(found_too) < MIN_PROFESSIONALS:
                return None
            taken.update(found_too)
            crews.append(Crew(operators[one.vehicle], tuple(sorted(found_too))))
        return crews

    def _operator(
        self, outing: Outing, usual: Mapping[int, Crew], taken: Collection[int]
    ) -> int | None:
        """Return who drives: the usual one, else one who can do nothing else, else any."""
        free = self.operators & self.may[outing.vehicle] - set(taken)
        before = usual.get(outing.vehicle)
        if before is not None and before.operator in free:
            return before.operator
        return min(free, key=lambda key: (key in self.professionals, self.rank[key]), default=None)

    def _professionals(
        self, outing: Outing, usual: Mapping[int, Crew], taken: Collection[int]
    ) -> list[int]:
        """Return who serves readers: the usual ones first, and who cannot drive before others."""
        free = self.professionals & self.may[outing.vehicle] - set(taken)
        before = usual.get(outing.vehicle)
        stays = before.professionals if before is not None else ()
        ordered = sorted(
            free, key=lambda key: (key not in stays, key in self.operators, self.rank[key])
        )
        return ordered[:MIN_PROFESSIONALS]
