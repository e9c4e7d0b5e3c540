"""Activating a stored set of units, and taking it back.

Both are one transaction, and inverse: what a set changed about units of other sets is kept with it
(:class:`~outreach.places.models.UnitChange`). Venues, and whoever follows places, come along.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError, Q, QuerySet, RestrictedError
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import User
from outreach.common import clock
from outreach.common.errors import Conflict, NotAllowed
from outreach.common.periods import Period
from outreach.common.query_planning import learn_sizes
from outreach.places.loading import areas
from outreach.places.loading.difference import FIELDS, as_json, boundary_json, from_json
from outreach.places.models import (
    AdministrativeUnit,
    Boundary,
    Succession,
    UnitChange,
    UnitQuerySet,
    UnitSet,
)
from outreach.places.models.units import SuccessionQuerySet
from outreach.places.placing import place_venues

LinkState = tuple[int, int, bool, bool, int | None]
"""A succession as a change keeps it: key, successor, is_main, is_split, key of its set."""

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Effect:
    """What activating a set, or taking it back, did.

    Attributes:
        units: how many units came into force or went.
        changes: how many units of other sets changed.
        venues: how many venues lie in another commune now.
    """

    units: int
    changes: int
    venues: int


MANY = 1_000
"""Units from which on the database must know how many there are now, or it plans for a few."""


@transaction.atomic
def activate(unit_set: UnitSet, *, actor: User | None, now: datetime | None = None) -> Effect:
    """Bring a set into force: its units, its successions, its changes to other units.

    Nothing happens where it is active already.

    Raises:
        NotAllowed: if ``actor`` is not the administrator of the installation.
        Conflict: if it builds on a set that is not active, if units it changes were changed since
            it was stored, or if a code is taken.
    """
    moment = now or clock.now()
    _authorise(actor)
    _lock(unit_set)
    if unit_set.is_active:
        return Effect(0, 0, 0)
    _refuse_without_ground(unit_set)
    changes = _changes(unit_set)
    _refuse_if_changed_since(unit_set, changes)
    _apply(changes, now_is="before", wanted="after")
    _refuse_if_taken(unit_set, unit_set.units.all())
    count = unit_set.units.update(is_active=True)
    if count >= MANY:
        learn_sizes()
    unit_set.activated_at = moment
    unit_set.save(update_fields=["activated_at"])
    areas.extend(unit_set)
    venues = place_venues(actor=actor, now=moment, why=f"{unit_set.name} activated")
    return Effect(count, len(changes), venues)


@transaction.atomic
def deactivate(unit_set: UnitSet, *, actor: User | None, now: datetime | None = None) -> Effect:
    """Take a set back: its units go, what it changed is as it was before.

    Nothing happens where it is not active.

    Raises:
        NotAllowed: if ``actor`` is not the administrator of the installation.
        Conflict: naming a set that was activated later and builds on this one.
    """
    moment = now or clock.now()
    _authorise(actor)
    _lock(unit_set)
    if not unit_set.is_active:
        return Effect(0, 0, 0)
    _refuse_if_built_upon(unit_set)
    changes = _changes(unit_set)
    count = unit_set.units.update(is_active=False)
    _apply(changes, now_is="after", wanted="before")
    touched = AdministrativeUnit.objects.active().filter(
        pk__in=[change.unit_id for change in changes if "valid_to" in change.before]
    )
    _refuse_if_taken(unit_set, touched)
    unit_set.activated_at = None
    unit_set.save(update_fields=["activated_at"])
    areas.withdraw(unit_set)
    venues = place_venues(actor=actor, now=moment, why=f"{unit_set.name} deactivated")
    return Effect(count, len(changes), venues)


@transaction.atomic
def discard(unit_set: UnitSet) -> None:
    """Remove a set that is not active, with all it says.

    Raises:
        Conflict: if it is active, or something still refers to one of its units.
    """
    _lock(unit_set)
    if unit_set.is_active:
        raise Conflict(
            _("The set “%(set)s” is active: deactivate it first."),
            code="unit_set_active",
            params={"set": unit_set.name},
        )
    try:
        for level in (AdministrativeUnit.Level.COMMUNE, AdministrativeUnit.Level.PROVINCE):
            unit_set.units.filter(level=level).delete()
        unit_set.delete()
    except (ProtectedError, RestrictedError) as error:
        raise Conflict(
            _("The set “%(set)s” cannot be removed: venues or records refer to its units."),
            code="unit_set_in_use",
            params={"set": unit_set.name},
        ) from error


def _authorise(actor: User | None) -> None:
    if actor is not None and not actor.is_superuser:
        raise NotAllowed()


def _lock(unit_set: UnitSet) -> None:
    """Let one change of sets happen at a time, and read the set as it is stored now."""
    list(UnitSet.objects.select_for_update().order_by("pk").values_list("pk"))
    unit_set.refresh_from_db()


def _changes(unit_set: UnitSet) -> list[UnitChange]:
    return list(unit_set.changes.select_related("unit").order_by("pk"))


# --- Applying changes ------------------------------------------------------------------------


def _apply(changes: list[UnitChange], *, now_is: str, wanted: str) -> None:
    """Bring the changed units from one side of their changes to the other."""
    units = []
    for change in changes:
        facts = getattr(change, wanted)
        _set_facts(change.unit, facts)
        units.append(change.unit)
        if "boundary" in facts:
            _set_boundary(change.unit, facts["boundary"])
        if "successions" in facts:
            held = getattr(change, now_is)["successions"]
            _set_links(change, held, facts["successions"])
    # Those that end first: a code may pass from one to another.
    units.sort(key=lambda unit: (unit.valid_to is None, unit.valid_to or unit.valid_from))
    AdministrativeUnit.objects.bulk_update(units, [*FIELDS, "parent", "folded"], batch_size=_BATCH)


def _set_facts(unit: AdministrativeUnit, facts: dict[str, Any]) -> None:
    for name in FIELDS:
        if name in facts:
            setattr(unit, name, from_json(name, facts[name]))
    if "parent" in facts:
        unit.parent_id = facts["parent"]
    unit.folded = unit.folded_name()


def _set_boundary(unit: AdministrativeUnit, wanted: dict[str, str] | None) -> None:
    if wanted is None:
        Boundary.objects.filter(unit=unit).delete()
        return
    Boundary.objects.update_or_create(
        unit=unit,
        defaults={"shape": bytes.fromhex(wanted["shape"]), "source": wanted["source"]},
    )


def _set_links(change: UnitChange, held: list[LinkState], wanted: list[LinkState]) -> None:
    """Make the successions of a unit count as wanted, keeping the rows and their keys.

    A row of another set that is no longer wanted goes, and comes back when the change is taken
    back. A row of the set itself stays, and counts only while the set is active.

    Raises:
        Conflict: if a set that is not active says otherwise what became of the unit.
    """
    rows = Succession.objects.filter(predecessor=change.unit_id)
    keys = {state[0] for state in wanted}
    gone = rows.filter(pk__in=[state[0] for state in held if state[0] not in keys])
    gone.filter(~Q(unit_set=change.unit_set_id) | Q(unit_set__isnull=True)).delete()
    rows.filter(pk__in=[state[0] for state in held]).update(is_main=False)
    _refuse_second_main(rows.exclude(pk__in=keys), change)
    present = set(rows.values_list("pk", flat=True))
    for pk, successor, is_main, is_split, set_id in wanted:
        if pk in present:
            rows.filter(pk=pk).update(is_main=is_main, is_split=is_split)
        else:
            Succession.objects.create(
                pk=pk,
                predecessor_id=change.unit_id,
                successor_id=successor,
                is_main=is_main,
                is_split=is_split,
                unit_set_id=set_id,
            )


def _refuse_second_main(others: SuccessionQuerySet, change: UnitChange) -> None:
    other = others.filter(is_main=True).select_related("unit_set").first()
    if other is not None and other.unit_set is not None:
        raise Conflict(
            _(
                "The set “%(other)s”, which is not active, also says what became of %(unit)s:"
                " activate it first, or remove it."
            ),
            code="unit_set_contradicted",
            params={"other": other.unit_set.name, "unit": str(change.unit)},
        )


def link_state(link: Succession) -> LinkState:
    """Return a succession as a change keeps it."""
    return link.pk, link.successor_id, link.is_main, link.is_split, link.unit_set_id


# --- What speaks against it ------------------------------------------------------------------


def _refuse_without_ground(unit_set: UnitSet) -> None:
    """Refuse to activate a set whose provinces, predecessors or changed units are not active."""
    idle = AdministrativeUnit.objects.filter(is_active=False).exclude(unit_set=unit_set)
    needed = (
        idle.filter(communes__unit_set=unit_set)
        | idle.filter(successions__unit_set=unit_set)
        | idle.filter(origins__unit_set=unit_set)
        | idle.filter(changes__unit_set=unit_set)
    )
    missing = needed.select_related("unit_set").first()
    if missing is not None:
        raise Conflict(
            _("“%(set)s” builds on the set “%(other)s”, which is not active (%(unit)s)."),
            code="unit_set_without_ground",
            params={
                "set": unit_set.name,
                "other": missing.unit_set.name,
                "unit": missing.full_name,
            },
        )


def _refuse_if_changed_since(unit_set: UnitSet, changes: list[UnitChange]) -> None:
    for change in changes:
        if any(_held(change, name) != value for name, value in change.before.items()):
            raise Conflict(
                _("%(unit)s has changed since “%(set)s” was stored: load it again."),
                code="unit_set_stale",
                params={"set": unit_set.name, "unit": str(change.unit)},
            )


def _held(change: UnitChange, name: str) -> Any:
    """Return what a changed unit says now, as its change would keep it."""
    if name == "parent":
        return change.unit.parent_id
    if name == "boundary":
        boundary = Boundary.objects.filter(unit=change.unit_id).first()
        return boundary and boundary_json(bytes(boundary.shape), boundary.source)
    if name == "successions":
        links = Succession.objects.active().filter(predecessor=change.unit_id)
        kept = change.before[name]
        held = {link.pk: list(link_state(link)) for link in links}
        # In the order they were kept in, which says nothing.
        return [held.pop(state[0], None) for state in kept] + list(held.values())
    return as_json(getattr(change.unit, name))


def _refuse_if_taken(unit_set: UnitSet, units: UnitQuerySet) -> None:
    """Refuse units whose code an active unit of another set has at the same time.

    The constraint ``unit_code_once`` would refuse them as well, without saying why.
    """
    spans = defaultdict(list)
    ours = list(units)
    others = AdministrativeUnit.objects.active().select_related("unit_set")
    countries = {unit.country for unit in ours}
    for other in others.filter(country__in=countries).iterator(chunk_size=5000):
        spans[other.country, other.level, other.code].append(other)
    for unit in ours:
        for other in spans[unit.country, unit.level, unit.code]:
            if other.pk != unit.pk and _overlap(unit, other):
                raise Conflict(
                    _("%(unit)s (%(code)s) meets %(other)s of the set “%(set)s” in time."),
                    code="unit_code_taken",
                    params={
                        "unit": unit.full_name,
                        "code": unit.code,
                        "other": other.full_name,
                        "set": other.unit_set.name,
                    },
                )


def _overlap(one: AdministrativeUnit, other: AdministrativeUnit) -> bool:
    first = Period(one.valid_from, one.valid_to)
    return first.overlaps(Period(other.valid_from, other.valid_to))


def _refuse_if_built_upon(unit_set: UnitSet) -> None:
    """Refuse to take back a set that another active one needs."""
    other, unit = _built_upon(unit_set)
    if other is not None:
        raise Conflict(
            _("“%(other)s” builds on “%(set)s” (%(unit)s): deactivate that one first."),
            code="unit_set_built_upon",
            params={"other": other.name, "set": unit_set.name, "unit": unit},
        )


def _built_upon(unit_set: UnitSet) -> tuple[UnitSet | None, str]:
    """Return an active set that needs this one, and a unit that shows it."""
    own = Q(unit_set=unit_set)
    inside = AdministrativeUnit.objects.active().exclude(own).filter(parent__unit_set=unit_set)
    if commune := inside.select_related("unit_set").first():
        return commune.unit_set, commune.full_name
    active = Q(unit_set__activated_at__isnull=False)
    changes = UnitChange.objects.filter(active).exclude(own).select_related("unit_set", "unit")
    if change := changes.filter(unit__unit_set=unit_set).first():
        return change.unit_set, change.unit.full_name
    links = Succession.objects.filter(active).exclude(own)
    links = links.filter(Q(predecessor__unit_set=unit_set) | Q(successor__unit_set=unit_set))
    if link := links.select_related("unit_set", "successor").first():
        return link.unit_set, link.successor.full_name
    return _changed_again(unit_set, changes)


def _changed_again(unit_set: UnitSet, changes: QuerySet[UnitChange]) -> tuple[UnitSet | None, str]:
    """Return an active set that later changed what this one changed."""
    mine = {change.unit_id: change for change in unit_set.changes.all()}
    since = changes.filter(
        unit__changes__unit_set=unit_set, unit_set__activated_at__gte=unit_set.activated_at
    )
    for change in since.distinct():
        if change.after.keys() & mine[change.unit_id].after.keys():
            return change.unit_set, change.unit.full_name
    return None, ""
