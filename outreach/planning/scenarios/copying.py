"""Copying what belongs to one scenario into another."""

from __future__ import annotations

from typing import Any

from django.db import models

from outreach.planning.models import (
    Scenario,
    ScenarioClosure,
    ScenarioMember,
    ScenarioPin,
    ScenarioStop,
    ScenarioVehicle,
)


def copy_into(scenario: Scenario, source: Scenario) -> None:
    """Store what belongs to ``source`` for ``scenario`` too, in a fixed number of queries.

    Pins and closed ways only within one season.
    """
    _copy(ScenarioMember, scenario, source)
    _copy(ScenarioStop, scenario, source)
    _copy_with(ScenarioVehicle, scenario, source, ["sleeps_at"])
    if scenario.season_id == source.season_id:
        _copy(ScenarioPin, scenario, source)
        _copy_with(ScenarioClosure, scenario, source, ["units", "venues"])


def _copy(model: type[Any], scenario: Scenario, source: Scenario) -> dict[int, Any]:
    """Return the copies by the keys of what they are copied from."""
    rows = list(model.objects.filter(scenario=source).order_by("pk"))
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    copies = []
    for row in rows:
        copy = model(**{field.attname: getattr(row, field.attname) for field in fields})
        copy.scenario_id = scenario.pk
        copies.append(copy)
    made = model.objects.bulk_create(copies)
    return dict(zip((row.pk for row in rows), made, strict=True))


def _copy_with(
    model: type[models.Model], scenario: Scenario, source: Scenario, several: list[str]
) -> None:
    copies = _copy(model, scenario, source)
    for name in several:
        through: Any = model._meta.get_field(name).remote_field.through  # type: ignore[union-attr]
        own, other = (field.attname for field in through._meta.concrete_fields[1:3])
        links = through.objects.filter(**{f"{own}__in": list(copies)}).order_by("pk")
        through.objects.bulk_create(
            through(**{own: copies[getattr(link, own)].pk, other: getattr(link, other)})
            for link in links
        )
