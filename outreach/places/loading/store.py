"""Storing what a source says as a set of its own, inactive until somebody activates it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import User
from outreach.common import clock
from outreach.common.errors import Conflict
from outreach.common.folding import slug
from outreach.common.query_planning import learn_sizes
from outreach.places.loading import activation, vietnam
from outreach.places.loading.difference import Change, Difference, boundary_json, compare
from outreach.places.loading.gazetteer import (
    Gazetteer,
    Remark,
    SuccessionRow,
    UnitKey,
    UnitRow,
    check,
)
from outreach.places.loading.known import Known
from outreach.places.loading.same import is_same
from outreach.places.models import (
    AdministrativeUnit,
    Boundary,
    Succession,
    UnitChange,
    UnitSet,
)

_BATCH = 2000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a load came to, or would come to.

    ``rows`` is ``imported + len(refused)``; ``imported`` counts the units that were there already
    as well, so that loading twice reports the same.

    Attributes:
        unit_set: the set that holds it: stored now, or stored before but not activated yet.
            ``None`` where nothing was stored: a dry run, or everything is there and active.
        is_new: ``unit_set`` was stored now.
        effect: what activating it did, where that was asked.
    """

    source: str
    rows: int
    difference: Difference
    refused: list[Remark]
    warnings: list[Remark]
    unit_set: UnitSet | None = None
    is_new: bool = False
    effect: activation.Effect | None = None

    @property
    def imported(self) -> int:
        """Rows that are, or would be, stored as the source says."""
        return self.rows - len(self.refused)


def load(
    gazetteer: Gazetteer,
    *,
    commit: bool,
    activate: bool = False,
    country: str = vietnam.COUNTRY,
    known: Known | None = None,
    name: str = "",
    actor: User | None = None,
    now: datetime | None = None,
) -> Outcome:
    """Compare what a source says with the active units and, with ``commit``, store the difference.

    It is stored as one inactive set: nothing that is active changes. A set of that name that was
    stored but not activated is replaced. Where an inactive set says the same already, that one is
    meant and nothing is stored. Units the source no longer names are left as they are.

    Args:
        commit: store; otherwise only tell what would happen.
        activate: activate the set in the same transaction.
        country: ISO 3166 code the units belong to.
        known: what is active, where the caller has read it already.
        name: address name of the set; made from the source where empty.

    Raises:
        Conflict: if the set cannot be activated, or one it replaces is still referred to.
    """
    known = known or Known(country)
    checked = check(gazetteer, known.spans())
    difference = compare(checked, known)
    unit_set, is_new, effect = None, False, None
    if commit and difference:
        moment = now or clock.now()
        with transaction.atomic():
            unit_set, is_new = _stored(difference, gazetteer.source, name, moment)
            if activate:
                effect = activation.activate(unit_set, actor=actor, now=moment)
    return Outcome(
        source=gazetteer.source,
        rows=len(gazetteer.units) if gazetteer.rows is None else gazetteer.rows,
        difference=difference,
        refused=sorted(checked.refused, key=lambda remark: remark.row),
        warnings=checked.warnings,
        unit_set=unit_set,
        is_new=is_new,
        effect=effect,
    )


def same_set(difference: Difference) -> UnitSet | None:
    """Return the inactive set that says just this."""
    return next((row for row in UnitSet.objects.inactive() if is_same(row, difference)), None)


def _stored(difference: Difference, source: str, name: str, now: datetime) -> tuple[UnitSet, bool]:
    same = same_set(difference)
    if same is not None:
        return same, False
    wanted = slug(name or source.partition(" (")[0])[:70] or "units"
    before = UnitSet.objects.filter(name=wanted).first()
    if before is not None and not before.is_active:
        activation.discard(before)
    unit_set = UnitSet.objects.create(name=_free(wanted), source=source[:200], loaded_at=now)
    _Stage(unit_set, difference).store()
    return unit_set, True


def _free(wanted: str) -> str:
    taken = set(UnitSet.objects.filter(name__startswith=wanted).values_list("name", flat=True))
    if wanted not in taken:
        return wanted
    return next(
        f"{wanted}-{number}"
        for number in range(2, len(taken) + 3)
        if f"{wanted}-{number}" not in taken
    )


class _Stage:
    """Writes one difference as an inactive set."""

    def __init__(self, unit_set: UnitSet, difference: Difference) -> None:
        self.unit_set = unit_set
        self.difference = difference
        self.units = {key: unit.pk for key, unit in difference.known.units.items()}

    def store(self) -> None:
        """Write units, boundaries, successions and changes."""
        self._store_units()
        relinked = dict(self.difference.relinked)
        plain = []
        elsewhere = self._linked_elsewhere()
        for row in self.difference.links:
            if self.units[row.predecessor] in elsewhere:
                relinked.setdefault(row.predecessor, []).append(row)
            else:
                plain.append(row)
        links = [self._succession(row, is_main=row.is_main) for row in plain]
        Succession.objects.bulk_create(links, batch_size=_BATCH)
        self._store_changes(relinked)
        if len(self.difference.new) >= activation.MANY:
            learn_sizes()

    def _linked_elsewhere(self) -> set[int]:
        """Return the units of which a set that is not active says what became of them."""
        others = Succession.objects.filter(unit_set__activated_at__isnull=True)
        others = others.filter(unit_set__isnull=False)
        return set(others.values_list("predecessor_id", flat=True))

    def _store_units(self) -> None:
        for level in AdministrativeUnit.Level.values:
            rows = [row for row in self.difference.new if row.level == level]
            units = [self._unit(row) for row in rows]
            AdministrativeUnit.objects.bulk_create(units, batch_size=_BATCH)
            self.units.update((row.key, unit.pk) for row, unit in zip(rows, units, strict=True))
        Boundary.objects.bulk_create(
            [
                Boundary(unit_id=self.units[row.key], shape=row.shape, source=self.unit_set.source)
                for row in self.difference.new
                if row.shape is not None
            ],
            batch_size=_BATCH,
        )

    def _unit(self, row: UnitRow) -> AdministrativeUnit:
        unit = AdministrativeUnit(
            unit_set=self.unit_set,
            country=self.difference.known.country,
            level=row.level,
            code=row.code,
            name=row.name,
            full_name=row.full_name,
            within=row.within or "",
            parent_id=self.units[row.parent] if row.parent else None,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            lat=row.lat,
            lon=row.lon,
            area_km2=row.area_km2,
            is_active=False,
        )
        unit.folded = unit.folded_name()
        return unit

    def _succession(self, row: SuccessionRow, *, is_main: bool) -> Succession:
        return Succession(
            unit_set=self.unit_set,
            predecessor_id=self.units[row.predecessor],
            successor_id=self.units[row.successor],
            is_main=is_main,
            is_split=row.is_split,
        )

    def _store_changes(self, relinked: dict[UnitKey, list[SuccessionRow]]) -> None:
        changes = []
        for key in {**self.difference.changes, **dict.fromkeys(relinked)}:
            change = self.difference.changes.get(key)
            before = dict(change.before) if change else {}
            after = self._after(change) if change else {}
            if key in relinked:
                before["successions"], after["successions"] = self._relink(key, relinked[key])
            changes.append(
                UnitChange(
                    unit_set=self.unit_set, unit_id=self.units[key], before=before, after=after
                )
            )
        UnitChange.objects.bulk_create(changes, batch_size=_BATCH)

    def _after(self, change: Change) -> dict[str, Any]:
        after = dict(change.after)
        if change.parent is not None:
            after["parent"] = self.units[change.parent]
        if change.shape is not None:
            after["boundary"] = boundary_json(change.shape, self.unit_set.source)
        return after

    def _relink(
        self, key: UnitKey, rows: list[SuccessionRow]
    ) -> tuple[list[activation.LinkState], list[activation.LinkState]]:
        """Return the successions of a unit as they count now and as they are to count.

        Those that are missing are stored as minor ones: a unit has one main successor in all, and
        the one of today stays it until the set is activated.
        """
        unit = self.units[key]
        stored = {
            link.successor_id: link for link in Succession.objects.active().filter(predecessor=unit)
        }
        before = [activation.link_state(link) for link in stored.values()]
        after = []
        for row in rows:
            link = stored.get(self.units[row.successor])
            if link is None:
                link = self._minor_link(row)
            state = activation.link_state(link)
            after.append((*state[:2], row.is_main, row.is_split, state[4]))
        return before, after

    def _minor_link(self, row: SuccessionRow) -> Succession:
        link = self._succession(row, is_main=False)
        same = Succession.objects.filter(
            predecessor_id=link.predecessor_id, successor_id=link.successor_id
        )
        other = same.select_related("unit_set", "predecessor").first()
        if other is not None and other.unit_set is not None:
            raise Conflict(
                _(
                    "The set “%(other)s”, which is not active, also says what became of %(unit)s:"
                    " activate it first, or remove it."
                ),
                code="unit_set_contradicted",
                params={"other": other.unit_set.name, "unit": str(other.predecessor)},
            )
        link.save()
        return link
