"""Which stored venue a row means that does not spell village, address and point as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import Enum, auto

from outreach.common.folding import fold
from outreach.places.models import AdministrativeUnit, Venue
from outreach.places.search.names import name_of
from outreach.planning.timetables.communes import Communes
from outreach.planning.timetables.names import same_name
from outreach.planning.timetables.notices import Notice, Remark
from outreach.planning.timetables.stops import Stop
from outreach.routing.travel import distance_m

SAME_VENUE_M = 500
"""Stops of one name and village no farther apart are one venue."""
_NAMED = 3
"""Venues a remark names."""


class _Lies(Enum):
    """Whether a venue lies where a row says."""

    THERE = auto()
    PERHAPS = auto()
    ELSEWHERE = auto()


class Namesakes:
    """The stored venues of one library by their names.

    A timetable without points often says the commune only, or nothing at all, of places that we
    know better. Made anew, such a venue would have no kind, no hours and no access, and no rule
    would find anything against a visit there.
    """

    def __init__(self, communes: Communes) -> None:
        self._communes = communes
        self._by_name: dict[str, list[Venue]] = defaultdict(list)

    def add(self, names: Iterable[str], venue: Venue) -> None:
        """Keep a stored venue under its folded names; its commune is loaded."""
        for name in names:
            self._by_name[name].append(venue)

    def meant_by(self, stop: Stop) -> tuple[Venue | None, Remark | None]:
        """Return the one venue of its name that fits a row, and what there is to say.

        Without a venue, the remark names those that might have been meant.
        """
        namesakes = self._by_name.get(same_name(stop.name), [])
        if not namesakes:
            return None, None
        is_said = any(_is_said(venue, stop) for venue in namesakes)
        commune = None if is_said else self._communes.of(stop)
        lies = {venue.pk: _where(venue, stop, commune) for venue in namesakes}
        fitting = [
            venue
            for venue in namesakes
            if lies[venue.pk] is not _Lies.ELSEWHERE and not _contradicts(venue, stop)
        ]
        there = [venue for venue in fitting if lies[venue.pk] is _Lies.THERE]
        near = [venue for venue in fitting if _is_near(venue, stop)]
        for found in (near, there):
            if len(found) == 1:
                return found[0], None
        if not stop.community and len(namesakes) == len(fitting) == 1:
            params = {"venue": _named(fitting[0])}
            return fitting[0], Remark(stop.row, Notice.NAME_ALONE, params, "community")
        doubtful = [venue for venue in namesakes if _may_be_meant(venue, stop, lies[venue.pk])]
        return None, _not_told_apart(doubtful, stop)


def _not_told_apart(venues: Sequence[Venue], stop: Stop) -> Remark | None:
    if not venues:
        return None
    said = [_named(venue) for venue in venues[:_NAMED]]
    if len(venues) > _NAMED:
        said.append("…")
    return Remark(stop.row, Notice.NAMESAKES, {"venues": ", ".join(said)}, "community")


def _named(venue: Venue) -> str:
    commune = venue.commune.full_name if venue.commune else ""
    where = ", ".join(part for part in (venue.locality, commune) if part) or venue.address
    return f"{venue.name} ({where})" if where else venue.name


def _where(venue: Venue, stop: Stop, commune: AdministrativeUnit | None) -> _Lies:
    """Tell whether a venue lies where the row says.

    Args:
        commune: of the row, where that can be told.
    """
    if _is_said(venue, stop):
        return _Lies.THERE
    said, village = same_name(stop.community), same_name(venue.locality)
    if commune is not None and venue.commune is not None:
        if commune.pk != venue.commune.pk:
            return _Lies.ELSEWHERE
        is_other_village = said and village and not _names(stop.community, commune)
        return _Lies.PERHAPS if is_other_village else _Lies.THERE
    is_open = not said or not village or _holds(said, village)
    return _Lies.PERHAPS if is_open else _Lies.ELSEWHERE


def _is_said(venue: Venue, stop: Stop) -> bool:
    """Tell whether the row names the village or the commune of a venue."""
    said = same_name(stop.community)
    is_village = bool(said) and said == same_name(venue.locality)
    return is_village or _names(stop.community, venue.commune)


def _names(text: str, commune: AdministrativeUnit | None) -> bool:
    """Tell whether a text is a commune's name, with or without its kind."""
    if commune is None:
        return False
    said, own = name_of(text), name_of(commune.full_name)
    return bool(said.key) and said.key == own.key and said.kind in ("", own.kind)


def _is_near(venue: Venue, stop: Stop) -> bool:
    if venue.point is None or stop.point is None:
        return False
    return distance_m(venue.point, stop.point) <= SAME_VENUE_M


def _is_far(venue: Venue, stop: Stop) -> bool:
    return venue.point is not None and stop.point is not None and not _is_near(venue, stop)


def _contradicts(venue: Venue, stop: Stop) -> bool:
    """Tell whether points, or addresses where there are none, say that it is another place."""
    if venue.point is not None and stop.point is not None:
        return _is_far(venue, stop)
    ours, theirs = (_street(text, venue.commune) for text in (venue.address, stop.address))
    return bool(ours and theirs) and not _holds(ours, theirs)


def _street(address: str, commune: AdministrativeUnit | None) -> str:
    """Return an address, folded, without the parts that only say the commune."""
    parts = [part for part in address.split(",") if not _names(part, commune)]
    return fold(" ".join(parts))


def _holds(one: str, other: str) -> bool:
    """Tell whether one of two folded texts holds the words of the other, in order."""
    return f" {one} " in f" {other} " or f" {other} " in f" {one} "


def _may_be_meant(venue: Venue, stop: Stop, lies: _Lies) -> bool:
    """Tell whether a person might mean this venue though it does not fit alone."""
    if lies is _Lies.ELSEWHERE:
        return _is_near(venue, stop)
    return lies is _Lies.THERE or not _is_far(venue, stop)
