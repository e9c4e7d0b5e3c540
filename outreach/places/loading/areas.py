"""Libraries go on serving their ground when its provinces change."""

from __future__ import annotations

from outreach.places.models import AdministrativeUnit, ServiceArea, Succession, UnitSet

Area = tuple[int, int]
"""Keys of a library and of a province."""


def extend(unit_set: UnitSet) -> int:
    """Let libraries that serve a province serve what it became in a set, and return how many do."""
    missing = _carried(unit_set) - _areas()
    ServiceArea.objects.bulk_create(
        ServiceArea(library_id=library, unit_id=unit) for library, unit in sorted(missing)
    )
    return len(missing)


def withdraw(unit_set: UnitSet) -> None:
    """Take back what :func:`extend` gave."""
    for library, unit in _carried(unit_set) & _areas():
        ServiceArea.objects.filter(library=library, unit=unit).delete()


def _carried(unit_set: UnitSet) -> set[Area]:
    """Return who serves the provinces of a set because of those they were made of."""
    links = Succession.objects.filter(
        unit_set=unit_set,
        successor__unit_set=unit_set,
        successor__level=AdministrativeUnit.Level.PROVINCE,
    ).exclude(predecessor__unit_set=unit_set)
    rows = links.values_list("predecessor__served_by__library", "successor")
    return {(library, unit) for library, unit in rows if library is not None}


def _areas() -> set[Area]:
    return set(ServiceArea.objects.values_list("library_id", "unit_id"))
