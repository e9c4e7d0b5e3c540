"""What was found, as the page and the suggestions say it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

from django.urls import reverse
from django.utils.translation import gettext as _

from outreach.places.models import AdministrativeUnit
from outreach.places.search import Match


class Option(TypedDict):
    """One place to choose, in force on the day that was asked for."""

    key: str
    code: str
    name: str
    area: str
    note: str
    url: str
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the page.

    Attributes:
        name: the unit that was understood.
        area: what it lies or lay in.
        remark: what became of it, or why it is listed; empty where the name says it all.
        today: where it is today, the main unit first; empty where ``url`` leads to the unit itself.
    """

    name: str
    area: str
    url: str
    remark: str
    today: tuple[AdministrativeUnit, ...]
    is_former: bool
    is_approximate: bool


def found(match: Match) -> Found:
    """Return a match as the page shows it."""
    return Found(
        name=match.unit.full_name,
        area=_area(match.unit),
        url="" if match.is_former else address_of(match.unit),
        remark=_("Was part of %(district)s") % {"district": match.district}
        if match.district
        else "",
        today=match.today if match.is_former else (),
        is_former=match.is_former,
        is_approximate=match.is_approximate,
    )


def options(matches: Iterable[Match]) -> list[Option]:
    """Return the places of today that are meant, each once, where it first appears."""
    chosen: dict[int, Option] = {}
    for match in matches:
        for unit in match.today:
            chosen.setdefault(unit.pk, _option(match, unit))
    return list(chosen.values())


def _option(match: Match, unit: AdministrativeUnit) -> Option:
    return {
        "key": str(unit.pk),
        "code": unit.code,
        "name": unit.full_name,
        "area": unit.parent.full_name if unit.parent else "",
        "note": _note(match),
        "url": address_of(unit),
        "lat": unit.lat,
        "lon": unit.lon,
    }


def _note(match: Match) -> str:
    if match.district:
        return _("was part of %(district)s") % {"district": match.district}
    if not match.is_former:
        return ""
    if match.is_approximate:
        return _("a part of %(place)s, which was divided") % {"place": match.name_in_full}
    return _("formerly %(place)s") % {"place": match.name_in_full}


def _area(unit: AdministrativeUnit) -> str:
    province = unit.parent.full_name if unit.parent else ""
    return ", ".join(part for part in (unit.within, province) if part)


def address_of(unit: AdministrativeUnit) -> str:
    """Return the address of a unit's page."""
    return reverse("place", args=[unit.code])
