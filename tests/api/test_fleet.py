"""Vehicles and crew are read by their own library; phones by who keeps the fleet."""

from __future__ import annotations

import pytest

from outreach.fleet.models import CrewMember
from tests.api.callers import Caller
from tests.api.world import Ground, World


def test_vehicles_are_those_of_ones_own_libraries(
    ground: Ground, owner: Caller, stranger: Caller
) -> None:
    assert [v["slug"] for v in owner.get("vehicles/")["results"]] == [ground.cast.vehicle.slug]
    assert stranger.get(f"vehicles/{ground.cast.vehicle.slug}/").status == 404


def test_the_officer_of_the_union_sees_all_vehicles(ground: Ground) -> None:
    assert Caller(ground.cast.officer).get("vehicles/")["count"] == 2


def test_vehicles_are_narrowed_by_kind_and_use(ground: Ground, owner: Caller) -> None:
    assert owner.get("vehicles/", kind="boat")["count"] == 0
    assert owner.get("vehicles/", kind="van", is_in_use="true")["count"] == 1
    assert owner.get("vehicles/", kind="zeppelin").status == 400


def test_only_who_keeps_the_fleet_reads_phones(world: World, owner: Caller) -> None:
    member = CrewMember.objects.get(full_name="Lê Thị Riêng Tư")
    assert owner.get(f"crew/{member.pk}/")["phone"] == member.phone
    colleague = Caller(world.cast.colleague)
    assert colleague.get(f"crew/{member.pk}/")["phone"] is None
    assert member.phone not in colleague.get("crew/").text


def test_crew_is_narrowed_by_what_they_can_do(world: World, owner: Caller) -> None:
    everybody = owner.get("crew/")["count"]
    CrewMember.objects.filter(full_name="Lê Thị Riêng Tư").update(can_operate=False)
    assert owner.get("crew/", can_operate="true")["count"] == everybody - 1
    assert owner.get("crew/", is_in_use="false")["count"] == 0


@pytest.mark.parametrize("number", ["0", "999999999", "9999999999999999999999", "-1", "x"])
def test_a_number_nobody_has_is_not_found(owner: Caller, number: str) -> None:
    assert owner.get(f"crew/{number}/").status == 404
